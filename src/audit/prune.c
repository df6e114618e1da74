/* SPDX-License-Identifier: PostgreSQL */
/* Prune: removes the oldest records of the audit trail, on record itself. */
#include "audit/prune.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "audit/anchor.h"
#include "audit/store_internal.h"

#define SHRINK_PAGES 256 /* a step, 1 MB: what an append may have to wait for */
#define SHRINK_STEPS_MAX 1000000

bool store_anchor(Store *store, StoreAnchor *ret_anchor, Err *err)
{
    return anchor_read(store, ret_anchor, err);
}

bool store_read_pruned(Store *store, StoreHashVisitor *visit, void *context, Err *err)
{
    StoreAnchor anchor;
    sqlite3_stmt *row;
    int result;

    if (!anchor_read(store, &anchor, err))
        return false;
    if (anchor.sequence == 0)
        return true;
    if (!store_prepare(store, "SELECT sequence, hash FROM pruned ORDER BY sequence", &row, err))
        return false;
    while ((result = sqlite3_step(row)) == SQLITE_ROW) {
        const char *hash = (const char *) sqlite3_column_text(row, 1);

        if (!visit(context, sqlite3_column_int64(row, 0), hash ? hash : ""))
            break;
    }
    if (result != SQLITE_ROW && result != SQLITE_DONE)
        (void) store_fail(store, "read", err);
    (void) sqlite3_finalize(row);
    return result == SQLITE_ROW || result == SQLITE_DONE;
}

int64_t store_size(const Store *store)
{
    static const char *const suffixes[] = {"", "-wal"};
    int64_t size = 0;

    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        char path[PATH_MAX];
        struct stat status;

        if (snprintf(path, sizeof(path), "%s%s", store->path, suffixes[i]) < (int) sizeof(path) &&
            stat(path, &status) == 0)
            size += status.st_size;
    }
    return size;
}

/* Runs a statement with one record's sequence and hash. */
static bool execute_with(Store *store, const char *sql, int64_t sequence, const char *hash,
                         Err *err)
{
    sqlite3_stmt *statement;
    int result;

    if (!store_prepare(store, sql, &statement, err))
        return false;
    (void) sqlite3_bind_int64(statement, 1, sequence);
    if (hash)
        (void) sqlite3_bind_text(statement, 2, hash, -1, SQLITE_STATIC);
    result = sqlite3_step(statement);
    if (result != SQLITE_DONE && result != SQLITE_ROW)
        (void) store_fail(store, "prune", err);
    (void) sqlite3_finalize(statement);
    return result == SQLITE_DONE || result == SQLITE_ROW;
}

/* The record up to which is pruned is still the one that it was. */
static bool is_unchanged(Store *store, const StorePrune *prune, Err *err)
{
    sqlite3_stmt *row;
    bool same;

    if (!store_prepare(store, "SELECT 1 FROM record WHERE sequence = ? AND hash = ?", &row, err))
        return false;
    (void) sqlite3_bind_int64(row, 1, prune->through);
    (void) sqlite3_bind_text(row, 2, prune->hash, -1, SQLITE_STATIC);
    same = sqlite3_step(row) == SQLITE_ROW;
    (void) sqlite3_finalize(row);
    return same || store_refuse(store, err, "records were removed or changed since it was read",
                                "Run \"pgquell log verify\".");
}

/* Keeps the hashes of what goes, which the triggers want to see before they let it go. */
static bool keep_hashes(Store *store, AnchorStatement *statement, Err *err)
{
    int64_t count = 0;

    if (!execute_with(store,
                      "INSERT INTO pruned SELECT sequence, hash FROM record WHERE sequence <= ?"
                      " ORDER BY sequence",
                      statement->anchor.sequence, NULL, err) ||
        !anchor_digest(store, statement->hashes, &count, err))
        return false;
    return count == statement->anchor.sequence ||
           store_refuse(store, err, "records are missing from its beginning",
                        "Run \"pgquell log verify\".");
}

/* A prune on its way. */
typedef struct Pruning {
    const StorePrune *order;
    Arena *arena;
    Record chained[2]; /* the newest so far, and the record of this prune */
    StorePruned pruned;
} Pruning;

/* Appends the record that says so. */
static bool put_on_record(Store *store, Pruning *pruning, const AnchorStatement *statement,
                          Err *err)
{
    const StorePrune *order = pruning->order;
    Record *record = &pruning->chained[1];

    *record = (Record){.at_us = order->at_us,
                       .run = order->run,
                       .kind = RECORD_PRUNE,
                       .session = "",
                       .body = anchor_body(order->body, order->from, statement, pruning->arena)};
    assert(record->body);
    return store_insert(store, pruning->chained, 1, pruning->arena, err);
}

static bool write_anchor(Store *store, const StoreAnchor *anchor, Err *err)
{
    char sql[160];

    (void) snprintf(sql, sizeof(sql), "INSERT INTO anchor VALUES (?, ?, %lld, %lld)",
                    (long long) anchor->at_us, (long long) anchor->recorded);
    return execute_with(store, sql, anchor->sequence, anchor->hash, err) &&
           execute_with(store, "DELETE FROM anchor WHERE sequence < ?", anchor->sequence, NULL,
                        err) &&
           execute_with(store, "DELETE FROM record WHERE sequence <= ?", anchor->sequence, NULL,
                        err);
}

/* In the open transaction; leaves pruned.records at 0 where another prune came in between. */
static bool remove_records(Store *store, Pruning *pruning, Err *err)
{
    const StorePrune *order = pruning->order;
    AnchorStatement statement = {.anchor = {.sequence = order->through, .at_us = order->at_us}};
    StoreAnchor before;

    if (!anchor_read(store, &before, err))
        return false;
    pruning->pruned.anchor = before;
    if (before.sequence != order->from - 1) /* then what was decided about is gone */
        return true;
    (void) snprintf(statement.anchor.hash, sizeof(statement.anchor.hash), "%s", order->hash);
    if (!is_unchanged(store, order, err) || !keep_hashes(store, &statement, err))
        return false;
    statement.anchor.recorded = pruning->chained[0].sequence + 1;
    if (!put_on_record(store, pruning, &statement, err) ||
        !write_anchor(store, &statement.anchor, err))
        return false;
    pruning->pruned.anchor = statement.anchor;
    pruning->pruned.records = order->through - order->from + 1;
    return true;
}

bool store_prune(Store *store, const StorePrune *prune, Arena *arena, StorePruned *ret_pruned,
                 Err *err)
{
    Pruning pruning = {.order = prune, .arena = arena};

    assert(store->mode == STORE_APPEND && prune->from > 0 && prune->through >= prune->from);
    if (!store_execute(store, "PRAGMA secure_delete = ON", "prune", err))
        return false;
    if (!store_begin(store, "prune", pruning.chained, arena, err) ||
        !remove_records(store, &pruning, err) ||
        (pruning.pruned.records > 0 && !store_execute(store, "COMMIT", "prune", err))) {
        store_rollback(store);
        return false;
    }
    store_rollback(store); /* where nothing was done */
    if (pruning.pruned.records > 0)
        store_advance(store, &pruning.chained[1]);
    *ret_pruned = pruning.pruned;
    return true;
}

static bool ask_number(Store *store, const char *sql, int64_t *ret_number, Err *err)
{
    sqlite3_stmt *row;
    bool read;

    if (!store_prepare(store, sql, &row, err))
        return false;
    read = sqlite3_step(row) == SQLITE_ROW || store_fail(store, "shrink", err);
    if (read)
        *ret_number = sqlite3_column_int64(row, 0);
    (void) sqlite3_finalize(row);
    return read;
}

/* A store of the first schema knows no steps until it was made anew once, in one go. */
static bool shrink_file(Store *store, Err *err)
{
    int64_t mode = 0;
    int64_t left = 0;
    char sql[64];

    if (!ask_number(store, "PRAGMA auto_vacuum", &mode, err))
        return false;
    if (mode == 0)
        return store_execute(store, "PRAGMA auto_vacuum = INCREMENTAL; VACUUM", "shrink", err);
    (void) snprintf(sql, sizeof(sql), "PRAGMA incremental_vacuum(%d)", SHRINK_PAGES);
    for (int i = 0; i < SHRINK_STEPS_MAX; i++) {
        if (!ask_number(store, "PRAGMA freelist_count", &left, err))
            return false;
        if (left == 0)
            break;
        if (!store_execute(store, sql, "shrink", err))
            return false;
    }
    return true;
}

bool store_shrink(Store *store, bool *ret_whole, Err *err)
{
    int64_t busy = 0;

    if (!shrink_file(store, err) ||
        !ask_number(store, "PRAGMA wal_checkpoint(TRUNCATE)", &busy, err))
        return false;
    *ret_whole = busy == 0;
    return true;
}
