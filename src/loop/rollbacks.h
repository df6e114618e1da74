/* SPDX-License-Identifier: PostgreSQL */
/* Rollbacks: performs core/rollback.h on a server and in the audit store, one transaction after the
 * other, each on a connection to its own database.
 *
 * A connection that breaks is made anew until the time of that transaction is up; what may have
 * been sent is only looked for then. */
#ifndef PGQUELL_LOOP_ROLLBACKS_H
#define PGQUELL_LOOP_ROLLBACKS_H

#include "audit/store.h"
#include "core/rollback.h"
#include "loop/loop.h"
#include "loop/mandate.h"

typedef struct RollbacksSetup {
    Loop *loop;
    Link *link; /* ready: the log line goes here, and siblings of it to the databases */
    Store *store;
    const World *world;
    const Mandate *mandate;
    Rollback *list; /* judged */
    size_t count;
    int64_t timeout_us;                                       /* for each of them */
    void (*on_done)(void *context, const Rollback *rollback); /* it has its outcome */
    void *context;
    Err *ret_log_err; /* set when a line could not be written to the server's log */
} RollbacksSetup;

/* Answers false only when the audit store failed (ERR_AUDIT): then nothing more was sent from that
 * moment on. */
FALLIBLE bool rollbacks_run(const RollbacksSetup *setup, Err *err);

#endif
