/* SPDX-License-Identifier: PostgreSQL */
/* Blocking: who waits for whom. */
#include "core/blocking.h"

#include <assert.h>
#include <stdlib.h>

static int first_blocker(const Blocking *blocking, int pid)
{
    for (size_t i = 0; i < blocking->count; i++)
        if (blocking->edges[i].waiter == pid)
            return blocking->edges[i].blocker;
    return COUNT_UNKNOWN;
}

/* A waiter with the first of its blockers. */
typedef struct First {
    int waiter;
    int blocker;
} First;

static int compare_firsts(const void *a, const void *b)
{
    return ((const First *) a)->waiter - ((const First *) b)->waiter;
}

/* By waiter; answers how many. */
static size_t list_firsts(const Blocking *blocking, First *ret_firsts)
{
    size_t count = 0;

    for (size_t i = 0; i < blocking->count; i++)
        if (i == 0 || blocking->edges[i].waiter != blocking->edges[i - 1].waiter)
            ret_firsts[count++] = (First){blocking->edges[i].waiter, blocking->edges[i].blocker};
    qsort(ret_firsts, count, sizeof(First), compare_firsts);
    return count;
}

static int root_of(const First *firsts, size_t count, int pid)
{
    int root = COUNT_UNKNOWN;

    for (size_t hops = 0; hops <= count; hops++) {
        const First key = {.waiter = pid};
        const First *first = bsearch(&key, firsts, count, sizeof(First), compare_firsts);

        if (!first)
            return root;
        root = pid = first->blocker;
    }
    return COUNT_UNKNOWN;
}

static int compare_sessions(const void *a, const void *b)
{
    return (*(Session *const *) a)->pid - (*(Session *const *) b)->pid;
}

/* A waiter's edges stand together, so that a duplicate meets the same last waiter. */
static void count_waiters(const Blocking *blocking, Session **sorted, size_t count, int *last)
{
    for (size_t i = 0; i < blocking->count; i++) {
        Session wanted = {.pid = blocking->edges[i].blocker};
        Session *key = &wanted;
        Session **found = bsearch(&key, sorted, count, sizeof(Session *), compare_sessions);

        if (!found || last[found - sorted] == blocking->edges[i].waiter)
            continue;
        last[found - sorted] = blocking->edges[i].waiter;
        (*found)->waiters++;
    }
}

void blocking_fill(const Blocking *blocking, Session *sessions, size_t count, Arena *arena)
{
    First *firsts = ARENA_ARRAY(arena, First, blocking->count + 1);
    Session **sorted = ARENA_ARRAY(arena, Session *, count + 1);
    size_t first_count = list_firsts(blocking, firsts);

    for (size_t i = 0; i < count; i++) {
        sorted[i] = &sessions[i];
        sessions[i].waiters = 0;
        sessions[i].root_blocker = root_of(firsts, first_count, sessions[i].pid);
    }
    qsort(sorted, count, sizeof(Session *), compare_sessions);
    count_waiters(blocking, sorted, count, ARENA_ARRAY(arena, int, count + 1));
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
