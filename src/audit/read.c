/* SPDX-License-Identifier: PostgreSQL */
/* Read: the audit trail's records in order, and whether they are those that were written. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit/anchor.h"
#include "audit/chain.h"
#include "audit/store.h"
#include "audit/store_internal.h"

#define COLUMNS "sequence, at_us, run, target, kind, session, body, previous, hash"

#define SEQUENCE_MAX (INT64_C(1) << 62) /* far from what would overflow */

enum {
    AT_SEQUENCE,
    AT_AT_US,
    AT_RUN,
    AT_TARGET,
    AT_KIND,
    AT_SESSION,
    AT_BODY,
    AT_PREVIOUS,
    AT_HASH
};

static const int column_types[] = {
    [AT_SEQUENCE] = SQLITE_INTEGER, [AT_AT_US] = SQLITE_INTEGER, [AT_RUN] = SQLITE_TEXT,
    [AT_TARGET] = SQLITE_INTEGER,   [AT_KIND] = SQLITE_TEXT,     [AT_SESSION] = SQLITE_TEXT,
    [AT_BODY] = SQLITE_TEXT,        [AT_PREVIOUS] = SQLITE_TEXT, [AT_HASH] = SQLITE_TEXT,
};

/* Statements are made per reading, so that a visitor may read as well. */
static bool select_records(Store *store, const char *run, int target, sqlite3_stmt **ret_statement,
                           Err *err)
{
    static const char all[] = "SELECT " COLUMNS " FROM record ORDER BY sequence";
    static const char some[] = "SELECT " COLUMNS " FROM record"
                               " WHERE run = ?1 AND (?2 < 0 OR target = ?2) ORDER BY sequence";

    if (!store_prepare(store, run ? some : all, ret_statement, err))
        return false;
    if (run) {
        (void) sqlite3_bind_text(*ret_statement, 1, run, -1, SQLITE_STATIC);
        (void) sqlite3_bind_int(*ret_statement, 2, target);
    }
    return true;
}

static bool kind_named(const char *name, RecordKind *ret_kind)
{
    for (RecordKind kind = RECORD_INTENT; kind < RECORD_KINDS; kind++)
        if (strcmp(record_kind_name(kind), name) == 0) {
            *ret_kind = kind;
            return true;
        }
    return false;
}

/* The name of the first column that pgquell cannot have written, or NULL: SQLite stores anything
 * anywhere, and what a C type cuts off would escape the hash. */
static const char *foreign_column(sqlite3_stmt *row)
{
    RecordKind kind;

    for (int i = AT_SEQUENCE; i <= AT_HASH; i++) {
        bool foreign = sqlite3_column_type(row, i) != column_types[i];

        if (!foreign && column_types[i] == SQLITE_TEXT) {
            const char *text = (const char *) sqlite3_column_text(row, i);

            foreign = !text || strlen(text) != (size_t) sqlite3_column_bytes(row, i) ||
                      (i == AT_KIND && !kind_named(text, &kind));
        }
        if (foreign ||
            (i == AT_TARGET && sqlite3_column_int(row, i) != sqlite3_column_int64(row, i)))
            return sqlite3_column_name(row, i);
    }
    return NULL;
}

/* The texts are SQLite's, good until the statement moves on. */
static Record row_record(sqlite3_stmt *row)
{
    const char *texts[AT_HASH + 1] = {0};
    Record record = {0};
    bool known;

    for (int i = AT_SEQUENCE; i <= AT_HASH; i++)
        if (column_types[i] == SQLITE_TEXT)
            texts[i] = (const char *) sqlite3_column_text(row, i);
    known = kind_named(texts[AT_KIND], &record.kind);
    assert(known); /* foreign_column() has looked */
    (void) known;
    record.sequence = sqlite3_column_int64(row, AT_SEQUENCE);
    record.at_us = sqlite3_column_int64(row, AT_AT_US);
    record.run = texts[AT_RUN];
    record.target = sqlite3_column_int(row, AT_TARGET);
    record.session = texts[AT_SESSION];
    record.body = texts[AT_BODY];
    record.previous = texts[AT_PREVIOUS];
    record.hash = texts[AT_HASH];
    return record;
}

static bool refuse_row(const Store *store, sqlite3_stmt *row, Err *err)
{
    (void) err_set(
        err, ERR_AUDIT, "could not read audit store \"%s\": record %" PRId64 " has an invalid %s",
        store->path, (int64_t) sqlite3_column_int64(row, AT_SEQUENCE), foreign_column(row));
    return err_hint(err, "Run \"pgquell log verify\".");
}

bool store_read(Store *store, const StoreReading *reading, Err *err)
{
    sqlite3_stmt *row;
    bool good = true;
    int result;

    if (!select_records(store, reading->run, reading->target, &row, err))
        return false;
    while ((result = sqlite3_step(row)) == SQLITE_ROW) {
        Record record;

        good = !foreign_column(row);
        if (!good) {
            (void) refuse_row(store, row, err);
            break;
        }
        record = row_record(row);
        if (!reading->visit(reading->context, &record))
            break;
    }
    if (result != SQLITE_ROW && result != SQLITE_DONE)
        good = store_fail(store, "read", err);
    (void) sqlite3_finalize(row);
    return good;
}

/* A sentence on why the row is not the record `expected` that follows `head`, or NULL. Answers
 * false where that cannot be told. */
static bool find_fault(sqlite3_stmt *row, const StoreVerdict *verdict, Arena *arena,
                       const char **ret_fault, Err *err)
{
    int64_t expected = verdict->anchor.sequence + verdict->records + 1;
    int64_t sequence = sqlite3_column_int64(row, AT_SEQUENCE);
    const char *column = foreign_column(row);
    char hash[STORE_HASH_MAX];
    Record record;

    *ret_fault = NULL;
    if (sequence < expected)
        *ret_fault =
            arena_printf(arena, "A record has the impossible number %" PRId64 ".", sequence);
    else if (sequence == expected + 1)
        *ret_fault = arena_printf(arena, "Record %" PRId64 " is missing.", expected);
    else if (sequence > expected)
        *ret_fault = arena_printf(arena, "Records %" PRId64 " to %" PRId64 " are missing.",
                                  expected, sequence - 1);
    else if (column)
        *ret_fault = arena_printf(arena, "Record %" PRId64 " was changed: its %s is invalid.",
                                  sequence, column);
    if (*ret_fault)
        return true;
    record = row_record(row);
    if (!chain_hash(&record, hash, err))
        return false;
    if (strcmp(hash, record.hash) != 0)
        *ret_fault =
            arena_printf(arena, "Record %" PRId64 " was changed: its hash does not fit.", sequence);
    else if (strcmp(record.previous, verdict->head) != 0)
        *ret_fault = arena_printf(arena, "Record %" PRId64 " does not continue the one before it.",
                                  sequence);
    return true;
}

/* Goes through the chain from the anchor on, and keeps what its last prune states. */
static bool verify_chain(Store *store, StoreVerdict *verdict, AnchorStatement *ret_statement,
                         Arena *arena, Err *err)
{
    sqlite3_stmt *row;
    bool good = true;
    int result;

    if (!select_records(store, NULL, 0, &row, err))
        return false;
    while ((result = sqlite3_step(row)) == SQLITE_ROW) {
        Record record;

        good = find_fault(row, verdict, arena, &verdict->fault, err);
        if (!good || verdict->fault)
            break;
        record = row_record(row);
        if (record.kind == RECORD_PRUNE)
            anchor_stated(&record, ret_statement);
        verdict->records++;
        (void) snprintf(verdict->head, sizeof(verdict->head), "%s", record.hash);
    }
    if (result != SQLITE_ROW && result != SQLITE_DONE)
        good = store_fail(store, "read", err);
    (void) sqlite3_finalize(row);
    return good;
}

/* It is the beginning that is not accounted for. */
static void break_beginning(StoreVerdict *verdict, const char *fault)
{
    verdict->fault = fault;
    verdict->broken_at = 1;
    verdict->records = 0;
    (void) snprintf(verdict->head, sizeof(verdict->head), "%s", CHAIN_START);
}

static bool verify(Store *store, StoreVerdict *verdict, Arena *arena, Err *err)
{
    AnchorStatement statement = {0};

    if (!anchor_read(store, &verdict->anchor, err))
        return false;
    if (verdict->anchor.sequence < 0 || verdict->anchor.sequence > SEQUENCE_MAX) {
        break_beginning(verdict, "The anchor where the trail begins was changed.");
        return true;
    }
    (void) snprintf(verdict->head, sizeof(verdict->head), "%s", verdict->anchor.hash);
    if (!verify_chain(store, verdict, &statement, arena, err))
        return false;
    if (verdict->fault) {
        verdict->broken_at = verdict->anchor.sequence + verdict->records + 1;
        return true;
    }
    if (!anchor_find_fault(store, &statement, arena, verdict, err))
        return false;
    if (verdict->fault)
        break_beginning(verdict, verdict->fault);
    return true;
}

bool store_hold(Store *store, Err *err)
{
    return store_execute(store, "BEGIN", "read", err);
}

void store_release(Store *store)
{
    store_rollback(store);
}

/* In one transaction, since another process may prune meanwhile. */
bool store_verify(Store *store, Arena *arena, StoreVerdict *ret_verdict, Err *err)
{
    bool held = !sqlite3_get_autocommit(store->db);
    StoreVerdict verdict = {0};
    bool good;

    if (!held && !store_hold(store, err))
        return false;
    good = verify(store, &verdict, arena, err);
    if (!held)
        store_release(store);
    if (good)
        *ret_verdict = verdict;
    return good;
}
