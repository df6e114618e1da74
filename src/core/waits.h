/* SPDX-License-Identifier: PostgreSQL */
/* Waits: who waits for whom and for which lock, as trees with the root blockers on top.
 *
 * pg_blocking_pids() says who blocks; the locks say how. A session waits in one place of the trees:
 * below the one that holds a lock which conflicts with what it asks for, or, where no blocker does,
 * below the first in the queue before it. A ring (a deadlock about to be found) hangs below the one
 * of its sessions that has waited longest. The facts were read one after the other, so what does
 * not fit together any more is left out rather than guessed. */
#ifndef PGQUELL_CORE_WAITS_H
#define PGQUELL_CORE_WAITS_H

#include "core/blocking.h"
#include "core/lock.h"
#include "core/prepared.h"

#define WAITS_NONE SIZE_MAX

/* All borrowed. */
typedef struct WaitFacts {
    const Session *sessions;
    size_t session_count;
    const Prepared *prepared;
    size_t prepared_count;
    const Lock *locks; /* awaited ones, and held ones that may be in their way */
    size_t lock_count;
    Blocking blocking;
} WaitFacts;

/* A session or a prepared transaction that waits, or that others wait for. */
typedef struct WaitNode {
    const Session *session;   /* NULL: a prepared transaction, or a session that has left */
    const Prepared *prepared; /* NULL: a session, or one that could not be told from others */
    const Lock *awaited;      /* NULL: it waits for none, or for which is not known */
    const Lock *in_way;       /* what its parent holds that conflicts; NULL: none is known, so the
                                 parent stands before it in the queue */
    const Lock *row;          /* what it wants, while it waits for the transaction that changed
                                 it; NULL: none is known */
    int64_t since_us;         /* since when it waits, at the latest; TIME_UNKNOWN: it does not */
    size_t parent;            /* index of the node above; WAITS_NONE: a root */
    size_t depth;             /* 0: a root */
    size_t children;          /* nodes right below */
    size_t behind;            /* nodes below, at any depth */
    int64_t
        longest_since_us; /* of all below, since when the first has waited; TIME_UNKNOWN: none */
    const int *others;    /* pids, 0 a prepared transaction, that also hold what conflicts */
    size_t other_count;
    int pid;             /* 0: a prepared transaction */
    bool in_ring;        /* it waits for itself through others */
    const int *blockers; /* what pg_blocking_pids() said, each once; 0: prepared */
    size_t blocker_count;
} WaitNode;

/* Depth first; roots with the most behind them first, siblings with the longest wait first. */
typedef struct Waits {
    const WaitNode *nodes;
    size_t count;
} Waits;

Waits waits_grow(const WaitFacts *facts, Arena *arena);

/* The node of a session; NULL: it neither waits nor is waited for. */
const WaitNode *waits_of_pid(const Waits *waits, int pid);

/* The root of the tree that a node is in; itself for a root. */
const WaitNode *waits_root(const Waits *waits, const WaitNode *node);

#endif
