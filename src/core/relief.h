/* SPDX-License-Identifier: PostgreSQL */
/* Relief: whom it frees when some sessions or prepared transactions end. */
#ifndef PGQUELL_CORE_RELIEF_H
#define PGQUELL_CORE_RELIEF_H

#include "core/waits.h"

/* What will end; borrowed. */
typedef struct Ending {
    const int *pids; /* ascending */
    size_t pid_count;
    const uint32_t *xids; /* of prepared transactions */
    size_t xid_count;
    bool keeps_advisory; /* a mere cancel: advisory locks of the sessions stay */
} Ending;

/* Of those who wait behind one that will end, as the trees have them; each waiter counts for one
 * ending only, the nearest above it. */
typedef struct Relief {
    size_t freed;             /* nobody else is in their way */
    size_t moved;             /* somebody still is: they move up in the queue */
    size_t perhaps;           /* they wait for an advisory lock, which may be one that stays */
    int64_t longest_since_us; /* of the freed; TIME_UNKNOWN: none, or not known */
} Relief;

bool ending_has_pid(const Ending *ending, int pid);

/* `node` is one of what will end. `locks` are those that the trees were grown from: they tell
 * prepared transactions apart, which pg_blocking_pids() does not. */
Relief relief_of(const Waits *waits, const WaitNode *node, const Ending *ending, const Lock *locks,
                 size_t lock_count);

#endif
