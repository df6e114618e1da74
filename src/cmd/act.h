/* SPDX-License-Identifier: PostgreSQL */
/* Act: what cancel, stop, terminate and kick have in common, from targets to outcomes. */
#ifndef PGQUELL_CMD_ACT_H
#define PGQUELL_CMD_ACT_H

#include "cmd/aim.h"
#include "cmd/command.h"
#include "cmd/report.h"
#include "loop/runner.h"

/* The options of every action. */
#define ACT_OPTIONS (OPTION_FILTER | OPTION_ACTION | OPTION_OUTPUT | OPTION_CONNECTION)

#define ACT_HOST_MAX 256

/* Everything that one action has in hand. */
typedef struct Act {
    Scene *scene;
    OrderKind kind;
    Aim aim;
    Engine *engine;
    Store *store; /* NULL until act_open_store() */
    Report report;
    char run[RUN_ID_MAX];
    char host[ACT_HOST_MAX];
    Mandate mandate; /* borrows from the act, which therefore must not move */
} Act;

/* Cancel, stop and terminate as a whole. */
ErrCode act_run(Scene *scene, OrderKind kind, Err *err);

/* The parts, for a command that has more to do. act_begin() takes the act's aim, which may be
 * empty, as targets; act_request() adds those of another. */
void act_begin(Act *act, Scene *scene, OrderKind kind, const Aim *aim);
void act_request(Act *act, const Aim *aim);
void act_end(Act *act);

size_t act_planned(const Act *act);

/* Opens the audit store to append. */
FALLIBLE bool act_open_store(Act *act, Err *err);

/* Whether act_confirm() will ask. */
bool act_asks(const Act *act, size_t count);

/* Asks where there is somebody to ask; elsewhere one thing to do needs no --yes, several do. `what`
 * names them: "sessions would be signalled". */
FALLIBLE bool act_confirm(const Act *act, size_t count, const char *what, const char *question,
                          Err *err);

/* Does what was requested and not done yet. Fails only with the audit store. */
FALLIBLE bool act_perform(Act *act, Err *err);

/* The exit status of all: the first that applies, as docs/design.md lists them. */
ErrCode act_status(const Act *act);

#endif
