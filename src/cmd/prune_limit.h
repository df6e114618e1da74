/* SPDX-License-Identifier: PostgreSQL */
/* Prune limit: how much of the audit trail's beginning may be removed.
 *
 * The longest beginning whose records are all old enough, that cuts no action in two, and in which
 * every action has ended and every door that was closed was opened again since. */
#ifndef PGQUELL_CMD_PRUNE_LIMIT_H
#define PGQUELL_CMD_PRUNE_LIMIT_H

#include "audit/store.h"

typedef struct PruneLimit {
    int64_t first;      /* the oldest record there is; 0: there is none */
    int64_t through;    /* the last record that may go; 0: none may */
    const char *hash;   /* its hash */
    int64_t until_us;   /* the newest instant among those that may go */
    int64_t records;    /* how many may go */
    size_t actions;     /* how many they are, prunes not counted */
    const char *keeper; /* what keeps records that are old enough, as a part of a sentence
                         * (untrusted); NULL: nothing does */
} PruneLimit;

/* `before_us`: records are old enough when they are older. Texts are in the arena. The store is
 * held (store_hold()), since it is read more than once. */
FALLIBLE bool prune_limit_find(Store *store, int64_t before_us, Arena *arena, PruneLimit *ret_limit,
                               Err *err);

#endif
