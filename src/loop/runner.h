/* SPDX-License-Identifier: PostgreSQL */
/* Runner: performs the engine's plans on a server and in the audit store, and feeds back what
 * comes.
 *
 * It decides nothing: actions are performed in order, completions become events. When contact is
 * lost it reconnects, and the engine looks before anything else. */
#ifndef PGQUELL_LOOP_RUNNER_H
#define PGQUELL_LOOP_RUNNER_H

#include "audit/store.h"
#include "core/engine.h"
#include "loop/loop.h"
#include "loop/mandate.h"
#include "pg/ask.h"

#define RUN_ID_MAX 17 /* 16 hex digits and the terminator */

typedef struct RunnerSetup {
    Loop *loop;
    Link *link; /* ready */
    Store *store;
    Engine *engine;
    const World *world;
    Mandate mandate;
    Err *ret_log_err;   /* set when a line could not be written to the server's log; may be NULL */
    int64_t give_up_us; /* how long contact may stay lost before what is open counts as unknown */
    void (*on_turn)(void *context); /* for live progress; may be NULL */
    void *context;
} RunnerSetup;

/* Gives the go-ahead and returns when every target has its outcome; may be called again with the
 * same engine when more were requested. The link is left as it is, nothing pending on it. Answers
 * false only when the audit store failed (ERR_AUDIT): then nothing more was sent from that moment
 * on. */
FALLIBLE bool runner_run(const RunnerSetup *setup, Err *err);

/* A random id for an invocation. */
void runner_make_id(char id[RUN_ID_MAX]);

#endif
