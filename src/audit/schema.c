/* SPDX-License-Identifier: PostgreSQL */
/* Schema: the store's tables, their version and its migrations. */
#include "audit/schema.h"

#include <stdio.h>
#include <string.h>

#define APPLICATION_ID 0x70677175 /* "pgqu", in the file's header; file(1) shows it */
#define WAL_ATTEMPTS 500          /* 5 s */
#define WAL_PAUSE_MS 10

/* The triggers on INSERT are for INSERT OR REPLACE, which deletes without firing those on DELETE.
 * No STRICT table, which SQLite before 3.37 cannot read: what reads a row checks its types. The
 * second step lets records go that are older than an anchor and whose hashes were kept. */
const char *const schema_steps[] = {
    "CREATE TABLE record ("
    "  sequence INTEGER PRIMARY KEY,"
    "  at_us INTEGER NOT NULL,"
    "  run TEXT NOT NULL,"
    "  target INTEGER NOT NULL,"
    "  kind TEXT NOT NULL,"
    "  session TEXT NOT NULL,"
    "  body TEXT NOT NULL,"
    "  previous TEXT NOT NULL,"
    "  hash TEXT NOT NULL);"
    "CREATE INDEX record_run ON record (run);"
    "CREATE TRIGGER record_update BEFORE UPDATE ON record BEGIN"
    "  SELECT RAISE(ABORT, 'the audit trail is append-only'); END;"
    "CREATE TRIGGER record_delete BEFORE DELETE ON record BEGIN"
    "  SELECT RAISE(ABORT, 'the audit trail is append-only'); END;"
    "CREATE TRIGGER record_insert BEFORE INSERT ON record"
    "  WHEN NEW.sequence <= (SELECT max(sequence) FROM record) BEGIN"
    "  SELECT RAISE(ABORT, 'the audit trail is append-only'); END;",

    "CREATE TABLE anchor ("
    "  sequence INTEGER PRIMARY KEY,"
    "  hash TEXT NOT NULL,"
    "  at_us INTEGER NOT NULL,"
    "  recorded INTEGER NOT NULL);"
    "CREATE TABLE pruned ("
    "  sequence INTEGER PRIMARY KEY,"
    "  hash TEXT NOT NULL);"
    "CREATE TRIGGER anchor_update BEFORE UPDATE ON anchor BEGIN"
    "  SELECT RAISE(ABORT, 'the audit trail is append-only'); END;"
    "CREATE TRIGGER anchor_delete BEFORE DELETE ON anchor"
    "  WHEN OLD.sequence = (SELECT max(sequence) FROM anchor) BEGIN"
    "  SELECT RAISE(ABORT, 'the audit trail is append-only'); END;"
    "CREATE TRIGGER anchor_insert BEFORE INSERT ON anchor"
    "  WHEN NEW.sequence <= (SELECT max(sequence) FROM anchor) BEGIN"
    "  SELECT RAISE(ABORT, 'the audit trail is append-only'); END;"
    "CREATE TRIGGER pruned_update BEFORE UPDATE ON pruned BEGIN"
    "  SELECT RAISE(ABORT, 'the audit trail is append-only'); END;"
    "CREATE TRIGGER pruned_delete BEFORE DELETE ON pruned BEGIN"
    "  SELECT RAISE(ABORT, 'the audit trail is append-only'); END;"
    "CREATE TRIGGER pruned_insert BEFORE INSERT ON pruned"
    "  WHEN NEW.sequence <= (SELECT max(sequence) FROM pruned) BEGIN"
    "  SELECT RAISE(ABORT, 'the audit trail is append-only'); END;"
    "DROP TRIGGER record_delete;"
    "CREATE TRIGGER record_delete BEFORE DELETE ON record"
    "  WHEN OLD.sequence > coalesce((SELECT max(sequence) FROM anchor), 0)"
    "  OR NOT EXISTS (SELECT 1 FROM pruned WHERE sequence = OLD.sequence AND hash = OLD.hash) BEGIN"
    "  SELECT RAISE(ABORT, 'the audit trail is append-only'); END;",
};
const int schema_version = sizeof(schema_steps) / sizeof(schema_steps[0]);

/* The version of the schema, 0 for an empty file. One statement, so that another process's
 * migration is seen whole or not at all. */
static bool read_version(Store *store, int newest, int *ret_version, Err *err)
{
    sqlite3_stmt *statement;
    int application;
    int version;
    int objects;

    if (!store_prepare(store,
                       "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_master)"
                       " FROM pragma_application_id, pragma_user_version",
                       &statement, err))
        return false;
    if (sqlite3_step(statement) != SQLITE_ROW) {
        (void) store_fail(store, "open", err);
        (void) sqlite3_finalize(statement);
        return false;
    }
    application = sqlite3_column_int(statement, 0);
    version = sqlite3_column_int(statement, 1);
    objects = sqlite3_column_int(statement, 2);
    (void) sqlite3_finalize(statement);
    if (application != APPLICATION_ID && (application != 0 || version != 0 || objects != 0))
        return store_refuse(store, err, "it is another program's database",
                            "Name another store with --audit.");
    if (version > newest) {
        char reason[128];

        (void) snprintf(reason, sizeof(reason),
                        "its schema has version %d, and this pgquell knows versions up to %d",
                        version, newest);
        return store_refuse(store, err, reason, "Use the newer pgquell that made it.");
    }
    *ret_version = version;
    return true;
}

/* Asks for write-ahead logging once; answers SQLite's result. */
static int ask_for_wal(Store *store, bool *ret_granted)
{
    sqlite3_stmt *statement;
    int result = sqlite3_prepare_v2(store->db, "PRAGMA journal_mode = WAL", -1, &statement, NULL);
    const char *mode;

    if (result != SQLITE_OK)
        return result;
    result = sqlite3_step(statement);
    mode = result == SQLITE_ROW ? (const char *) sqlite3_column_text(statement, 0) : NULL;
    *ret_granted = mode && strcmp(mode, "wal") == 0;
    (void) sqlite3_finalize(statement);
    return result == SQLITE_ROW ? SQLITE_OK : result;
}

/* SQLite does not wait where several processes switch a new file at once, whatever busy_timeout
 * says. */
static bool turn_wal_on(Store *store, Err *err)
{
    bool granted = false;
    int result = SQLITE_BUSY;

    for (int i = 0; i < WAL_ATTEMPTS && result == SQLITE_BUSY; i++) {
        if (i > 0)
            (void) sqlite3_sleep(WAL_PAUSE_MS);
        result = ask_for_wal(store, &granted);
    }
    if (result != SQLITE_OK)
        return store_fail(store, "open", err);
    if (!granted)
        return store_refuse(store, err, "its file system does not support write-ahead logging",
                            "Name a store on a local disk with --audit.");
    return true;
}

static bool take_steps(Store *store, const char *const steps[], int count, Err *err)
{
    char sql[48];
    int version = 0;

    if (!read_version(store, count, &version, err)) /* again, now that nobody else may write */
        return false;
    for (; version < count; version++)
        if (!store_execute(store, steps[version], "migrate", err))
            return false;
    (void) snprintf(sql, sizeof(sql), "PRAGMA application_id = %d", APPLICATION_ID);
    if (!store_execute(store, sql, "migrate", err))
        return false;
    (void) snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", count);
    return store_execute(store, sql, "migrate", err);
}

bool schema_prepare(Store *store, const char *const steps[], int count, Err *err)
{
    int version = 0;

    if (!read_version(store, count, &version, err))
        return false;
    /* Must be said before there is a page; later only VACUUM heeds it. */
    if (version == 0 && !store_execute(store, "PRAGMA auto_vacuum = INCREMENTAL", "open", err))
        return false;
    if (!turn_wal_on(store, err))
        return false;
    if (version == count)
        return true;
    if (!store_execute(store, "BEGIN IMMEDIATE", "migrate", err))
        return false;
    if (take_steps(store, steps, count, err) && store_execute(store, "COMMIT", "migrate", err))
        return true;
    store_rollback(store);
    return false;
}

bool schema_check(Store *store, Err *err)
{
    int version = 0;

    if (!read_version(store, schema_version, &version, err))
        return false;
    if (version == 0)
        return store_refuse(store, err, "it holds no audit trail",
                            "Name the store that was written with --audit.");
    return true;
}
