/* SPDX-License-Identifier: PostgreSQL */
/* Blocking: who waits for whom, from pg_blocking_pids() of the sessions that wait on a lock. */
#ifndef PGQUELL_CORE_BLOCKING_H
#define PGQUELL_CORE_BLOCKING_H

#include "core/session.h"

/* One answer of pg_blocking_pids(): duplicates and 0 (a prepared transaction) as PostgreSQL gives
 * them. Parallel workers appear as their leader. */
typedef struct BlockingEdge {
    int waiter;
    int blocker; /* 0: a prepared transaction */
} BlockingEdge;

typedef struct Blocking {
    const BlockingEdge *edges; /* borrowed */
    size_t count;
} Blocking;

/* How many different sessions wait for this one directly. */
int blocking_waiters(const Blocking *blocking, int pid);

/* The pid at the head of the queue that `pid` waits in, 0 for a prepared transaction, COUNT_UNKNOWN
 * when it does not wait or waits in a ring (a deadlock about to be found). The first blocker of the
 * first is followed, so that the answer is one. */
int blocking_root(const Blocking *blocking, int pid);

/* Whether `pid` waits, directly or through others, behind `other`, along the same path. */
bool blocking_behind(const Blocking *blocking, int pid, int other);

#endif
