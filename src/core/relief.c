/* SPDX-License-Identifier: PostgreSQL */
/* Relief: whom it frees when some sessions or prepared transactions end. */
#include "core/relief.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

bool ending_has_pid(const Ending *ending, int pid)
{
    return ending->pid_count > 0 &&
           bsearch(&pid, ending->pids, ending->pid_count, sizeof(int), pid_compare);
}

static bool ends_xid(const Ending *ending, uint32_t xid)
{
    for (size_t i = 0; i < ending->xid_count; i++)
        if (ending->xids[i] == xid)
            return true;
    return false;
}

static bool ends_node(const Ending *ending, const WaitNode *node)
{
    if (node->pid != 0)
        return ending_has_pid(ending, node->pid);
    assert(node->prepared); /* a root, and it is no way up from a waiter that goes past an ending */
    return ends_xid(ending, node->prepared->xid);
}

/* What is called 0 may be any prepared transaction: the locks say which are in the way. */
static bool prepared_stays(const WaitNode *waiter, const Ending *ending, const Lock *locks,
                           size_t lock_count)
{
    bool any = false;

    for (size_t i = 0; waiter->awaited && i < lock_count; i++) {
        const Lock *lock = &locks[i];

        if (lock->prepared_xid == 0 || !lock->granted ||
            !lock_modes_conflict(lock->mode, waiter->awaited->mode) ||
            !lock_tags_same(&lock->tag, &waiter->awaited->tag))
            continue;
        if (!ends_xid(ending, lock->prepared_xid))
            return true;
        any = true;
    }
    return !any;
}

static bool is_freed(const WaitNode *waiter, const Ending *ending, const Lock *locks,
                     size_t lock_count)
{
    for (size_t i = 0; i < waiter->blocker_count; i++) {
        if (waiter->blockers[i] != 0 && !ending_has_pid(ending, waiter->blockers[i]))
            return false;
        if (waiter->blockers[i] == 0 && prepared_stays(waiter, ending, locks, lock_count))
            return false;
    }
    return true;
}

static bool waits_for_advisory(const WaitNode *waiter)
{
    return waiter->awaited && strcmp(waiter->awaited->tag.type, "advisory") == 0;
}

/* The nearest node above that will end. */
static const WaitNode *ending_above(const Waits *waits, const WaitNode *waiter,
                                    const Ending *ending)
{
    const WaitNode *above = &waits->nodes[waiter->parent];

    while (!ends_node(ending, above))
        above = &waits->nodes[above->parent];
    return above;
}

static void count(Relief *relief, const WaitNode *waiter)
{
    relief->freed++;
    if (relief->longest_since_us ==
        TIME_UNKNOWN) /* siblings come by their wait, the longest first */
        relief->longest_since_us = waiter->since_us;
}

Relief relief_of(const Waits *waits, const WaitNode *node, const Ending *ending, const Lock *locks,
                 size_t lock_count)
{
    Relief relief = {.longest_since_us = TIME_UNKNOWN};
    size_t first = (size_t) (node - waits->nodes) + 1;

    assert(ends_node(ending, node));
    for (size_t i = first; i < first + node->behind; i++) {
        const WaitNode *waiter = &waits->nodes[i];

        if (ends_node(ending, waiter) || ending_above(waits, waiter, ending) != node)
            continue;
        if (!is_freed(waiter, ending, locks, lock_count))
            relief.moved++;
        else if (ending->keeps_advisory && waits_for_advisory(waiter))
            relief.perhaps++;
        else
            count(&relief, waiter);
    }
    return relief;
}
