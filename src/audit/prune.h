/* SPDX-License-Identifier: PostgreSQL */
/* Prune: removes the oldest records of the audit trail, on record itself.
 *
 * What goes leaves an anchor (sequence and hash of the last record removed), from which the chain
 * is verified, and its hashes, so that heads in a server's log are still known. A RECORD_PRUNE,
 * newest in the chain, states the anchor and a digest over those hashes: without it the beginning
 * counts as cut off. The body of that record is the only one that the store looks into. */
#ifndef PGQUELL_AUDIT_PRUNE_H
#define PGQUELL_AUDIT_PRUNE_H

#include "audit/store.h"

typedef struct StorePrune {
    int64_t from;     /* the first record to remove, which is the first of all */
    int64_t through;  /* the last record to remove */
    const char *hash; /* its hash, as it was when that was decided */
    int64_t at_us;    /* now */
    const char *run;
    const char *body; /* a JSON object: who and why; the store adds from, to, records, hash and
                       * hashes */
} StorePrune;

typedef struct StorePruned {
    int64_t records; /* that were removed; 0: another prune came in between */
    StoreAnchor anchor;
} StorePruned;

/* Removes every record up to `through`, all of it or nothing, in one durable transaction; what was
 * removed is overwritten. Refused where that record is not what it was. Needs about as much room
 * for the moment as it removes. What is older than the chain's first record was not verified: do
 * that first. */
FALLIBLE bool store_prune(Store *store, const StorePrune *prune, Arena *arena,
                          StorePruned *ret_pruned, Err *err);

/* Gives the room of what was removed back to the file system, in steps, so that who appends never
 * waits for long; a failure costs the room only. `ret_whole` is false where a reader kept the log
 * from being emptied, in which what was removed may still stand until the next checkpoint. */
FALLIBLE bool store_shrink(Store *store, bool *ret_whole, Err *err);

/* What the file and its log take on disk, in bytes. */
int64_t store_size(const Store *store);

FALLIBLE bool store_anchor(Store *store, StoreAnchor *ret_anchor, Err *err);

/* Reads the hashes of removed records in order; a visitor that answers false ends that. */
typedef bool StoreHashVisitor(void *context, int64_t sequence, const char *hash);

FALLIBLE bool store_read_pruned(Store *store, StoreHashVisitor *visit, void *context, Err *err);

#endif
