/* SPDX-License-Identifier: PostgreSQL */
/* Pruning: prunes of a fixture's store. */
#include "audit/pruning.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const char who[] = "{\"operator\":\"jane\",\"reason\":\"old\"}";

static bool find_hash(void *context, const Record *record)
{
    Record *wanted = context;

    if (record->sequence != wanted->sequence)
        return true;
    (void) snprintf((char *) wanted->hash, STORE_HASH_MAX, "%s", record->hash);
    return false;
}

const char *pruning_hash(Fixture *fixture, Store *store, int64_t sequence)
{
    char *hash = arena_alloc(&fixture->arena, STORE_HASH_MAX, 1);
    Record wanted = {.sequence = sequence, .hash = hash};
    StoreReading reading = {.visit = find_hash, .context = &wanted};

    assert_true(store_read(store, &reading, &fixture->err));
    return hash;
}

StorePrune pruning_order(Fixture *fixture, Store *store, int64_t through)
{
    StoreAnchor anchor;

    assert_true(store_anchor(store, &anchor, &fixture->err));
    return (StorePrune){.from = anchor.sequence + 1,
                        .through = through,
                        .hash = pruning_hash(fixture, store, through),
                        .at_us = PRUNING_AT_US,
                        .run = PRUNING_RUN,
                        .body = who};
}

StorePruned pruning_do(Fixture *fixture, Store *store, int64_t through)
{
    StorePrune wanted = pruning_order(fixture, store, through);
    StorePruned pruned = {.records = -1};

    if (!store_prune(store, &wanted, &fixture->arena, &pruned, &fixture->err))
        fail_msg("%s", fixture->err.message);
    return pruned;
}

void pruning_fill(Fixture *fixture, int count, int64_t through)
{
    Store *store;

    fixture_fill(fixture, count);
    store = fixture_open(fixture, STORE_APPEND);
    (void) pruning_do(fixture, store, through);
    store_close(store);
}
