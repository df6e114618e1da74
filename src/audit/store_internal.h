/* SPDX-License-Identifier: PostgreSQL */
/* What the files of the audit store share. */
#ifndef PGQUELL_AUDIT_STORE_INTERNAL_H
#define PGQUELL_AUDIT_STORE_INTERNAL_H

#include <sqlite3.h>

#include "audit/store.h"

struct Store {
    sqlite3 *db;
    sqlite3_stmt *newest;
    sqlite3_stmt *insert; /* NULL in a store that is open for reading */
    char *path;           /* as it was named */
    StoreMode mode;
    int64_t sequence; /* of the newest record that this store has seen */
    char head[STORE_HASH_MAX];
};

/* Turns SQLite's last error into ours, "could not `doing` audit store ...", with a hint; answers
 * false. */
bool store_fail(const Store *store, const char *doing, Err *err);

/* Refuses the store for a reason of our own; answers false. */
bool store_refuse(const Store *store, Err *err, const char *reason, const char *hint);

FALLIBLE bool store_execute(Store *store, const char *sql, const char *doing, Err *err);
FALLIBLE bool store_prepare(Store *store, const char *sql, sqlite3_stmt **ret_statement, Err *err);

/* Opens the writing transaction; in it, `ret_newest` is the record to continue from. */
FALLIBLE bool store_begin(Store *store, const char *doing, Record *ret_newest, Arena *arena,
                          Err *err);

/* Appends chained[1] to chained[count] in the open transaction; chained[0] is the newest so far. */
FALLIBLE bool store_insert(Store *store, Record *chained, size_t count, Arena *arena, Err *err);

/* Once they are durable: the newest record that this store has seen. */
void store_advance(Store *store, const Record *newest);

/* After a failure; SQLite itself may have ended the transaction already. */
void store_rollback(Store *store);

#endif
