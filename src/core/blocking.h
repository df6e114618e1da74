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

/* Fills in, of all the sessions in one go (a queue of two hundred has twenty thousand edges):
 * `waiters`, how many different sessions wait for it directly; `root_blocker`, the pid at the head
 * of the queue that it waits in, 0 for a prepared transaction, COUNT_UNKNOWN when it does not wait
 * or waits in a ring (a deadlock about to be found). The first blocker of the first is followed, so
 * that the answer is one. */
void blocking_fill(const Blocking *blocking, Session *sessions, size_t count, Arena *arena);

/* Whether `pid` waits, directly or through others, behind `other`, along the same path. */
bool blocking_behind(const Blocking *blocking, int pid, int other);

#endif
