/* SPDX-License-Identifier: PostgreSQL */
/* Blocking: who waits for whom. */
#include "core/blocking.h"

#include <assert.h>

int blocking_waiters(const Blocking *blocking, int pid)
{
    int waiters = 0;
    int previous = COUNT_UNKNOWN;

    assert(pid > 0);
    for (size_t i = 0; i < blocking->count; i++) {
        const BlockingEdge *edge = &blocking->edges[i];

        /* A waiter's edges stand together, so that a duplicate follows its first. */
        if (edge->blocker == pid && edge->waiter != previous) {
            previous = edge->waiter;
            waiters++;
        }
    }
    return waiters;
}

static int first_blocker(const Blocking *blocking, int pid)
{
    for (size_t i = 0; i < blocking->count; i++)
        if (blocking->edges[i].waiter == pid)
            return blocking->edges[i].blocker;
    return COUNT_UNKNOWN;
}

int blocking_root(const Blocking *blocking, int pid)
{
    int root = first_blocker(blocking, pid);

    for (size_t hops = 0; hops <= blocking->count; hops++) {
        int next;

        if (root <= 0)
            return root;
        next = first_blocker(blocking, root);
        if (next == COUNT_UNKNOWN)
            return root;
        root = next;
    }
    return COUNT_UNKNOWN;
}

bool blocking_behind(const Blocking *blocking, int pid, int other)
{
    int next = first_blocker(blocking, pid);

    for (size_t hops = 0; next > 0 && hops <= blocking->count; hops++) {
        if (next == other)
            return true;
        next = first_blocker(blocking, next);
    }
    return false;
}
