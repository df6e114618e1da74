/* SPDX-License-Identifier: PostgreSQL */
/* Store: the audit trail's file; opening it and appending to it. */
#include "audit/store.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/chain.h"
#include "audit/place.h"
#include "audit/schema.h"
#include "audit/store_internal.h"
#include "base/strbuf.h"

#define BUSY_TIMEOUT_MS 5000

const char *record_kind_name(RecordKind kind)
{
    static const char *const names[] = {
        [RECORD_INTENT] = "intent",
        [RECORD_SIGNAL] = "signal",
        [RECORD_OBSERVATION] = "observation",
        [RECORD_OUTCOME] = "outcome",
        [RECORD_PRUNE] = "prune",
    };

    assert(kind >= RECORD_INTENT && kind < RECORD_KINDS);
    return names[kind];
}

bool store_default_path(Arena *arena, const char **ret_path, Err *err)
{
    return place_default(arena, PLACE_SHARED, ret_path, err);
}

/* What a person can do about it. */
static const char *failure_hint(int result, int system_error)
{
    if (system_error == EFBIG || system_error == EDQUOT || system_error == ENOSPC)
        result = SQLITE_FULL;
    switch (result) {
    case SQLITE_FULL:
        return "Free space on its file system, or name another store with --audit.";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return "Another process has it locked; see who has the file open (fuser).";
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        return "Keep the file for examination, and name another store with --audit.";
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
        return "Give this user access to the file and its directory, or name another store with "
               "--audit.";
    default:
        return "Name another store with --audit.";
    }
}

/* The system's error behind SQLite's. After a failed COMMIT only the log's own file knows it. */
static int system_error_of(sqlite3 *db, int result)
{
    sqlite3_file *log = NULL;
    int code = 0;

    if (result != SQLITE_IOERR && result != SQLITE_CANTOPEN)
        return 0;
    (void) sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    if (result == SQLITE_IOERR && log && log->pMethods)
        (void) log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &code);
    return code != 0 ? code : sqlite3_system_errno(db);
}

bool store_fail(const Store *store, const char *doing, Err *err)
{
    int result = sqlite3_errcode(store->db) & 0xff;
    int system_error = system_error_of(store->db, result);
    const char *reason = sqlite3_errmsg(store->db);

    if (system_error != 0) /* says more than "disk I/O error" */
        reason = strerror(system_error);
    (void) err_set(err, ERR_AUDIT, "could not %s audit store \"%s\": %s", doing, store->path,
                   reason);
    return err_hint(err, "%s", failure_hint(result, system_error));
}

bool store_refuse(const Store *store, Err *err, const char *reason, const char *hint)
{
    (void) err_set(err, ERR_AUDIT, "could not use audit store \"%s\": %s", store->path, reason);
    return err_hint(err, "%s", hint);
}

bool store_execute(Store *store, const char *sql, const char *doing, Err *err)
{
    if (sqlite3_exec(store->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return store_fail(store, doing, err);
    return true;
}

bool store_prepare(Store *store, const char *sql, sqlite3_stmt **ret_statement, Err *err)
{
    if (sqlite3_prepare_v2(store->db, sql, -1, ret_statement, NULL) != SQLITE_OK)
        return store_fail(store, "read", err);
    return true;
}

void store_rollback(Store *store)
{
    if (!sqlite3_get_autocommit(store->db))
        (void) sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
}

static bool read_newest(Store *store, int64_t *ret_sequence, char ret_hash[STORE_HASH_MAX],
                        Err *err)
{
    int result = sqlite3_step(store->newest);

    if (result == SQLITE_ROW) {
        const unsigned char *hash = sqlite3_column_text(store->newest, 1);

        *ret_sequence = sqlite3_column_int64(store->newest, 0);
        (void) snprintf(ret_hash, STORE_HASH_MAX, "%s", hash ? (const char *) hash : "");
    } else if (result == SQLITE_DONE) {
        *ret_sequence = 0;
        memcpy(ret_hash, CHAIN_START, STORE_HASH_MAX);
    } else {
        (void) store_fail(store, "read", err);
    }
    (void) sqlite3_reset(store->newest);
    return result == SQLITE_ROW || result == SQLITE_DONE;
}

/* `name` is a path or, with SQLITE_OPEN_URI among the flags, a URI. */
static bool connect_to(Store *store, const char *name, int flags, Err *err)
{
    if (sqlite3_open_v2(name, &store->db, flags, NULL) != SQLITE_OK)
        return store_fail(store, "open", err);
    (void) sqlite3_busy_timeout(store->db, BUSY_TIMEOUT_MS);
    return store_execute(store, "PRAGMA trusted_schema = OFF", "open", err);
}

static bool open_to_append(Store *store, const char *name, Err *err)
{
    if (!connect_to(store, name, SQLITE_OPEN_READWRITE, err))
        return false;
    if (sqlite3_db_readonly(store->db, "main")) /* what SQLite falls back to, silently */
        return store_refuse(store, err, "it may not be written", failure_hint(SQLITE_READONLY, 0));
    if (!schema_prepare(store, schema_steps, schema_version, err))
        return false;
    if (!store_execute(store, "PRAGMA synchronous = FULL", "open", err))
        return false;
    return store_prepare(store, "INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                         &store->insert, err);
}

/* The URI by which SQLite neither locks nor looks for a log. */
static void immutable_uri(const char *name, StrBuf *buf)
{
    strbuf_add(buf, name[0] == '/' ? "file://" : "file:");
    for (const char *c = name; *c; c++) {
        if (strchr("%?#", *c))
            strbuf_printf(buf, "%%%02X", (unsigned) *c);
        else
            strbuf_add_char(buf, *c);
    }
    strbuf_add(buf, "?immutable=1");
}

/* Even to read, SQLite wants to make its log and index beside the file. Where it cannot, nobody can
 * write there, and all there is to read is the file: unless a log was copied with it. */
static bool open_to_read(Store *store, const char *name, Err *err)
{
    int result;
    StrBuf uri;
    bool opened;

    if (!connect_to(store, name, SQLITE_OPEN_READONLY, err))
        return false;
    result = sqlite3_exec(store->db, "SELECT 1 FROM sqlite_master LIMIT 1", NULL, NULL, NULL);
    if (result != SQLITE_CANTOPEN && result != SQLITE_READONLY)
        return schema_check(store, err);
    if (place_has_log(store->path)) {
        (void) store_fail(store, "read", err);
        return err_hint(err, "Copy the file, with the -wal file beside it, to a directory that may "
                             "be written.");
    }
    (void) sqlite3_close(store->db);
    store->db = NULL;
    strbuf_init(&uri);
    immutable_uri(name, &uri);
    opened = connect_to(store, uri.text, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, err);
    strbuf_done(&uri);
    return opened && schema_check(store, err);
}

static bool open_database(Store *store, Err *err)
{
    StrBuf name;
    bool opened;

    strbuf_init(&name);
    if (store->path[0] != '/') /* or ":memory:" and "file:..." would not mean files of that name */
        strbuf_add(&name, "./");
    strbuf_add(&name, store->path);
    opened = store->mode == STORE_APPEND ? open_to_append(store, name.text, err)
                                         : open_to_read(store, name.text, err);
    strbuf_done(&name);
    return opened &&
           store_prepare(store, "SELECT sequence, hash FROM record ORDER BY sequence DESC LIMIT 1",
                         &store->newest, err) &&
           read_newest(store, &store->sequence, store->head, err);
}

bool store_open(const char *path, StoreMode mode, Store **ret_store, Err *err)
{
    Store *store;

    if (!(mode == STORE_APPEND ? place_prepare(path, err) : place_check_readable(path, err)))
        return false;
    store = xcalloc(1, sizeof(*store));
    store->path = xstrdup(path);
    store->mode = mode;
    if (!open_database(store, err)) {
        store_close(store);
        return false;
    }
    *ret_store = store;
    return true;
}

void store_close(Store *store)
{
    if (!store)
        return;
    (void) sqlite3_finalize(store->newest);
    (void) sqlite3_finalize(store->insert);
    (void) sqlite3_close(store->db);
    free(store->path);
    free(store);
}

const char *store_head(const Store *store)
{
    return store->head;
}

bool store_begin(Store *store, const char *doing, Record *ret_newest, Arena *arena, Err *err)
{
    static const char advice[] =
        "Keep the file for examination, and name another store with --audit.";
    char *hash = arena_alloc(arena, STORE_HASH_MAX, 1);
    int moved = 0;

    (void) sqlite3_file_control(store->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    if (moved) /* appending would go on, into a file that has no name any more */
        return store_refuse(store, err, "its file was moved, replaced or removed", advice);
    if (!store_execute(store, "BEGIN IMMEDIATE", doing, err))
        return false;
    if (!read_newest(store, &ret_newest->sequence, hash, err))
        return false;
    if (ret_newest->sequence < store->sequence ||
        (ret_newest->sequence == store->sequence && strcmp(hash, store->head) != 0))
        return store_refuse(store, err, "records were removed or changed since it was opened",
                            advice);
    ret_newest->hash = hash;
    return true;
}

static bool insert_record(Store *store, const Record *record, Err *err)
{
    const char *const texts[] = {
        [3] = record->run,      [5] = record_kind_name(record->kind),
        [6] = record->session,  [7] = record->body,
        [8] = record->previous, [9] = record->hash,
    };
    sqlite3_stmt *insert = store->insert;
    int result = SQLITE_OK;

    (void) sqlite3_bind_int64(insert, 1, record->sequence);
    (void) sqlite3_bind_int64(insert, 2, record->at_us);
    (void) sqlite3_bind_int(insert, 4, record->target);
    for (int i = 1; i <= 9 && result == SQLITE_OK; i++) /* fails where the text is too big */
        if (i != 1 && i != 2 && i != 4)
            result = sqlite3_bind_text(insert, i, texts[i], -1, SQLITE_STATIC);
    if (result == SQLITE_OK)
        result = sqlite3_step(insert);
    if (result != SQLITE_DONE)
        (void) store_fail(store, "append to", err);
    (void) sqlite3_reset(insert);
    (void) sqlite3_clear_bindings(insert);
    return result == SQLITE_DONE;
}

bool store_insert(Store *store, Record *chained, size_t count, Arena *arena, Err *err)
{
    for (size_t i = 1; i <= count; i++) {
        char *hash = arena_alloc(arena, STORE_HASH_MAX, 1);
        Record *record = &chained[i];

        record->sequence = chained[i - 1].sequence + 1;
        record->previous = chained[i - 1].hash;
        if (!chain_hash(record, hash, err))
            return false;
        record->hash = hash;
        if (!insert_record(store, record, err))
            return false;
    }
    return true;
}

void store_advance(Store *store, const Record *newest)
{
    store->sequence = newest->sequence;
    (void) snprintf(store->head, sizeof(store->head), "%s", newest->hash);
}

bool store_append(Store *store, Record *records, size_t count, Arena *arena, Err *err)
{
    Record *chained = ARENA_ARRAY(arena, Record, count + 1);

    assert(store->mode == STORE_APPEND && count > 0);
    for (size_t i = 0; i < count; i++)
        assert(records[i].kind != RECORD_PRUNE); /* only with what it says done */
    memcpy(chained + 1, records, count * sizeof(*records));
    if (!store_begin(store, "append to", chained, arena, err) ||
        !store_insert(store, chained, count, arena, err) ||
        !store_execute(store, "COMMIT", "append to", err)) {
        store_rollback(store);
        return false;
    }
    memcpy(records, chained + 1, count * sizeof(*records));
    store_advance(store, &chained[count]);
    return true;
}
