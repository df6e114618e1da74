/* SPDX-License-Identifier: PostgreSQL */
/* Log actions: the records of the audit trail put together as actions, one per target of a run.
 *
 * Texts live in the arena that was given and are as the trail has them (untrusted); NULL is unknown
 * or none. */
#ifndef PGQUELL_CMD_LOG_ACTIONS_H
#define PGQUELL_CMD_LOG_ACTIONS_H

#include <jansson.h>

#include "audit/store.h"

#define LOG_PRUNED "pruned" /* the outcome of a prune */

typedef struct LogAction {
    int64_t id;    /* sequence of its first record */
    int64_t at_us; /* of that record */
    const char *run;
    int target;
    int64_t last;        /* sequence of its last record so far */
    const char *session; /* of a door: "database apps"; of a prune: "" */
    bool door;           /* it is no session that was acted on */
    bool prune;          /* nor is it here: the trail was pruned */
    int pid;             /* 0: unknown */
    const char *role;
    const char *database;
    const char *application;
    const char *client;
    const char *operator_name;
    const char *host;
    const char *operator_reason;
    const char *ticket;
    const char *command;
    const char *scope;
    const char *reason;  /* why this remedy, or why none */
    const char *outcome; /* NULL: open */
    double elapsed_ms;   /* negative: unknown */
    const char *note;
} LogAction;

typedef struct LogActions {
    LogAction *actions; /* in the order of their first records */
    size_t count;
} LogActions;

/* Reads the whole trail once. */
FALLIBLE bool log_actions_read(Store *store, Arena *arena, LogActions *ret_actions, Err *err);

/* The object that `log list --json` prints. */
json_t *log_action_json(const LogAction *action, Arena *arena);

#endif
