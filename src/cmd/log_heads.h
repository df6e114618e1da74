/* SPDX-License-Identifier: PostgreSQL */
/* Log heads: the heads of audit chains that pgquell wrote into a server's log.
 *
 * Every LOG line about a signal ends in `audit run RUN head HASH` (loop/runner.c), in whatever
 * format the server writes its log. */
#ifndef PGQUELL_CMD_LOG_HEADS_H
#define PGQUELL_CMD_LOG_HEADS_H

#include "audit/store.h"
#include "loop/runner.h"

typedef struct LogHead {
    size_t line; /* of the server's log, from 1 */
    char run[RUN_ID_MAX];
    char hash[STORE_HASH_MAX];
    bool found;  /* the trail has a record with that hash */
    bool pruned; /* or had one, before it was pruned */
} LogHead;

typedef struct LogHeads {
    LogHead *heads; /* in the arena, in the order of the log */
    size_t count;
} LogHeads;

/* The next head at or after *text, which moves on behind it. */
bool log_heads_next(const char **text, LogHead *ret_head);

/* All heads that the server's log has. */
FALLIBLE bool log_heads_read(const char *path, Arena *arena, LogHeads *ret_heads, Err *err);

/* Marks those that the trail has or had. */
FALLIBLE bool log_heads_compare(LogHeads *heads, Store *store, Err *err);

#endif
