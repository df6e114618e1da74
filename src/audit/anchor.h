/* SPDX-License-Identifier: PostgreSQL */
/* Anchor: where the chain begins after a prune, and what has to account for that. */
#ifndef PGQUELL_AUDIT_ANCHOR_H
#define PGQUELL_AUDIT_ANCHOR_H

#include "audit/store_internal.h"

/* What the record of a prune states. */
typedef struct AnchorStatement {
    StoreAnchor anchor;
    char hashes[STORE_HASH_MAX]; /* digest over the hashes of all removed records */
} AnchorStatement;

/* The store's anchor; of a store that was never pruned, or has no room for one yet, its sequence is
 * 0 and its hash that before the first record. */
FALLIBLE bool anchor_read(Store *store, StoreAnchor *ret_anchor, Err *err);

/* SHA-256 over the removed records' hashes, and how many they are. `ret_count` is negative where
 * they are not those of records 1, 2, 3 ... . */
FALLIBLE bool anchor_digest(Store *store, char ret_hashes[STORE_HASH_MAX], int64_t *ret_count,
                            Err *err);

/* The body of a prune's record: `body` and the statement. NULL where `body` is no JSON object. */
char *anchor_body(const char *body, int64_t from, const AnchorStatement *statement, Arena *arena);

/* What such a record states; where it is not such a record, an anchor that none can be. */
void anchor_stated(const Record *record, AnchorStatement *ret_statement);

/* Sets the verdict's fault where the last statement in the chain (its `recorded` is 0 where there
 * is none) does not account for the anchor and for what else the store has. */
FALLIBLE bool anchor_find_fault(Store *store, const AnchorStatement *statement, Arena *arena,
                                StoreVerdict *verdict, Err *err);

#endif
