/* SPDX-License-Identifier: PostgreSQL */
/* Fixture: an audit store in a private directory, and a hand that tampers with it. */
#include "audit/fixture.h"

#include <ftw.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "audit/schema.h"

#define NOBODY 65534

int fixture_setup(void **state)
{
    Fixture *fixture = xcalloc(1, sizeof(*fixture));

    (void) snprintf(fixture->directory, sizeof(fixture->directory), "/tmp/pgquell-audit-XXXXXX");
    if (!mkdtemp(fixture->directory)) {
        free(fixture);
        return -1;
    }
    (void) snprintf(fixture->path, sizeof(fixture->path), "%s/audit.db", fixture->directory);
    arena_init(&fixture->arena);
    *state = fixture;
    return 0;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
    (void) status;
    (void) type;
    (void) ftw;
    return remove(path);
}

int fixture_teardown(void **state)
{
    Fixture *fixture = *state;
    int result = nftw(fixture->directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);

    arena_done(&fixture->arena);
    free(fixture);
    return result;
}

char *fixture_path(Fixture *fixture, const char *name)
{
    return arena_printf(&fixture->arena, "%s/%s", fixture->directory, name);
}

Record fixture_record(RecordKind kind, const char *body)
{
    return (Record){.at_us = INT64_C(1795000000123456),
                    .run = "c0ffee",
                    .target = 0,
                    .kind = kind,
                    .session = "673dd2b1.13e0f",
                    .body = body};
}

Store *fixture_open(Fixture *fixture, StoreMode mode)
{
    Store *store = NULL;

    if (!store_open(fixture->path, mode, &store, &fixture->err))
        fail_msg("%s", fixture->err.message);
    return store;
}

void fixture_append(Fixture *fixture, Store *store, int count)
{
    for (int i = 0; i < count; i++) {
        Record record = fixture_record((RecordKind) (i % RECORD_PRUNE), "{\"pid\": 4711}");

        if (!store_append(store, &record, 1, &fixture->arena, &fixture->err))
            fail_msg("%s", fixture->err.message);
    }
}

void fixture_fill(Fixture *fixture, int count)
{
    Store *store = fixture_open(fixture, STORE_APPEND);

    fixture_append(fixture, store, count);
    store_close(store);
}

/* The records are made by a store of today and copied; their hashes know no schema. */
void fixture_fill_old(Fixture *fixture, int count)
{
    char *path = fixture_path(fixture, "today.db");

    fixture_fill(fixture, count);
    assert_int_equal(rename(fixture->path, path), 0);
    fixture_sql(fixture, schema_steps[0]);
    fixture_sql(fixture, "PRAGMA application_id = 0x70677175; PRAGMA user_version = 1;"
                         "PRAGMA journal_mode = WAL");
    fixture_sql(fixture, arena_printf(&fixture->arena,
                                      "ATTACH '%s' AS today;"
                                      "INSERT INTO record SELECT * FROM today.record",
                                      path));
    assert_int_equal(unlink(path), 0);
}

StoreVerdict fixture_verify(Fixture *fixture)
{
    Store *store = fixture_open(fixture, STORE_READ);
    StoreVerdict verdict = {0};

    if (!store_verify(store, &fixture->arena, &verdict, &fixture->err))
        fail_msg("%s", fixture->err.message);
    store_close(store);
    return verdict;
}

void fixture_assert_intact(Fixture *fixture, int64_t records)
{
    StoreVerdict verdict = fixture_verify(fixture);

    if (verdict.fault)
        fail_msg("%s", verdict.fault);
    assert_int_equal(verdict.broken_at, 0);
    assert_int_equal(verdict.records, records);
}

void fixture_sql(Fixture *fixture, const char *sql)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(fixture->path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    (void) sqlite3_close(db);
}

void fixture_tamper(Fixture *fixture, const char *sql)
{
    fixture_sql(fixture, "DROP TRIGGER record_update; DROP TRIGGER record_delete;"
                         "DROP TRIGGER record_insert");
    fixture_sql(fixture, sql);
}

int fixture_in_child(Fixture *fixture, int (*run)(Fixture *), bool nobody)
{
    int status;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        if (nobody && geteuid() == 0 && setresuid(NOBODY, NOBODY, NOBODY) != 0)
            _exit(127);
        _exit(run(fixture));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void fixture_assert_error(const Fixture *fixture, const char *text)
{
    if (!strstr(fixture->err.message, text))
        fail_msg("\"%s\" is not in \"%s\"", text, fixture->err.message);
    assert_int_equal(fixture->err.code, ERR_AUDIT);
    assert_true(fixture->err.hint[0] != '\0');
}
