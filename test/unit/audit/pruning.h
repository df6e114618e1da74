/* SPDX-License-Identifier: PostgreSQL */
/* Pruning: prunes of a fixture's store. */
#ifndef PGQUELL_TEST_AUDIT_PRUNING_H
#define PGQUELL_TEST_AUDIT_PRUNING_H

#include "audit/fixture.h"
#include "audit/prune.h"

#define PRUNING_AT_US INT64_C(1799000000123456)
#define PRUNING_RUN "decade"

/* The hash of a record, in the arena. */
const char *pruning_hash(Fixture *fixture, Store *store, int64_t sequence);

/* What to ask of store_prune(), by jane. */
StorePrune pruning_order(Fixture *fixture, Store *store, int64_t through);

/* These fail the test where the store does not obey. */
StorePruned pruning_do(Fixture *fixture, Store *store, int64_t through);

/* Appends `count` records to the store that is not open yet, and prunes. */
void pruning_fill(Fixture *fixture, int count, int64_t through);

#endif
