/* SPDX-License-Identifier: PostgreSQL */
/* Schema: what a store's tables allow, which files are taken for stores, and migrations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "audit/fixture.h"
#include "audit/schema.h"

#define FIRST_OPENERS 8
#define FIRST_ROUNDS 20

static void assert_not_opened(Fixture *fixture, StoreMode mode, const char *text)
{
    Store *store = NULL;

    assert_false(store_open(fixture->path, mode, &store, &fixture->err));
    assert_null(store);
    fixture_assert_error(fixture, text);
    assert_non_null(strstr(fixture->err.message, fixture->path));
}

static void write_file(const Fixture *fixture, const char *text)
{
    FILE *file = fopen(fixture->path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    (void) fclose(file);
}

static int64_t number(Store *store, const char *sql)
{
    sqlite3_stmt *statement;
    int64_t result;

    assert_int_equal(sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    result = sqlite3_column_int64(statement, 0);
    (void) sqlite3_finalize(statement);
    return result;
}

static void a_new_store_is_set_up(void **state)
{
    Fixture *fixture = *state;
    Store *store = fixture_open(fixture, STORE_APPEND);

    assert_int_equal(number(store, "PRAGMA user_version"), schema_version);
    assert_int_equal(number(store, "PRAGMA synchronous"), 2); /* FULL */
    assert_int_equal(number(store, "PRAGMA busy_timeout"), 5000);
    assert_int_equal(number(store, "PRAGMA trusted_schema"), 0);
    assert_int_equal(number(store, "PRAGMA auto_vacuum"), 2); /* INCREMENTAL */
    assert_int_equal(number(store, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
    store_close(store);
}

static void the_table_is_append_only(void **state)
{
    static const char *const attempts[] = {
        "UPDATE record SET body = ''",
        "UPDATE OR REPLACE record SET sequence = 1 WHERE sequence = 2",
        "DELETE FROM record",
        "DELETE FROM record WHERE sequence = 2",
        "INSERT OR REPLACE INTO record VALUES (2, 0, '', 0, 'intent', '', '', '', '')",
        "REPLACE INTO record VALUES (2, 0, '', 0, 'intent', '', '', '', '')",
        "INSERT INTO record VALUES (-1, 0, '', 0, 'intent', '', '', '', '')",
        "INSERT INTO record SELECT * FROM record WHERE true ON CONFLICT DO UPDATE SET body = ''",
        "UPDATE anchor SET hash = ''",
        "DELETE FROM anchor",
        "INSERT INTO anchor VALUES (0, '', 0, 0)",
        "REPLACE INTO anchor VALUES (1, '', 0, 0)",
        "UPDATE pruned SET hash = ''",
        "DELETE FROM pruned",
        "INSERT INTO pruned VALUES (0, '')",
        "REPLACE INTO pruned VALUES (1, '')",
    };
    Fixture *fixture = *state;
    Store *store = fixture_open(fixture, STORE_APPEND);

    fixture_append(fixture, store, 2);
    fixture_sql(fixture, "INSERT INTO anchor VALUES (1, 'x', 0, 0);"
                         "INSERT INTO pruned VALUES (1, 'x')"); /* of no record */
    for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
        assert_int_not_equal(sqlite3_exec(store->db, attempts[i], NULL, NULL, NULL), SQLITE_OK);
        assert_non_null(strstr(sqlite3_errmsg(store->db), "append-only"));
    }
    fixture_append(fixture, store, 1);
    assert_int_equal(number(store, "SELECT count(*) FROM record"), 3);
    store_close(store);
}

static void a_newer_schema_is_refused(void **state)
{
    Fixture *fixture = *state;

    fixture_fill(fixture, 1);
    fixture_sql(fixture, "PRAGMA user_version = 9");
    assert_not_opened(fixture, STORE_APPEND, "its schema has version 9, and this pgquell knows");
    assert_not_opened(fixture, STORE_READ, "its schema has version 9");
    fixture_sql(fixture, "PRAGMA user_version = 1");
    fixture_assert_intact(fixture, 1);
}

static void other_files_are_refused_and_left_alone(void **state)
{
    Fixture *fixture = *state;
    char content[64] = "";
    FILE *file;

    write_file(fixture, "This is a letter, not a database.\n");
    assert_not_opened(fixture, STORE_APPEND, "file is not a database");
    assert_not_opened(fixture, STORE_READ, "file is not a database");
    file = fopen(fixture->path, "r");
    assert_non_null(file);
    assert_non_null(fgets(content, sizeof(content), file));
    (void) fclose(file);
    assert_string_equal(content, "This is a letter, not a database.\n");

    assert_int_equal(unlink(fixture->path), 0);
    fixture_sql(fixture, "CREATE TABLE bookmark (x)");
    assert_not_opened(fixture, STORE_APPEND, "another program's database");
    assert_not_opened(fixture, STORE_READ, "another program's database");
    fixture_sql(fixture, "DROP TABLE bookmark; PRAGMA user_version = 1");
    assert_not_opened(fixture, STORE_APPEND, "another program's database");
}

static void an_empty_file_is_a_new_store(void **state)
{
    Fixture *fixture = *state;

    write_file(fixture, "");
    assert_not_opened(fixture, STORE_READ, "it holds no audit trail");
    fixture_fill(fixture, 1);
    fixture_assert_intact(fixture, 1);
}

/* Opened for reading it stays as it is, opened to append it becomes one of today. */
static void an_older_schema_is_read_and_migrated(void **state)
{
    Fixture *fixture = *state;
    Store *store;

    fixture_fill_old(fixture, 3);
    fixture_assert_intact(fixture, 3);
    store = fixture_open(fixture, STORE_READ);
    assert_int_equal(number(store, "PRAGMA user_version"), 1);
    store_close(store);
    store = fixture_open(fixture, STORE_APPEND);
    assert_int_equal(number(store, "PRAGMA user_version"), schema_version);
    assert_int_equal(number(store, "SELECT count(*) FROM record"), 3);
    assert_int_equal(number(store, "SELECT count(*) FROM anchor"), 0);
    fixture_append(fixture, store, 1);
    store_close(store);
    fixture_assert_intact(fixture, 4);
}

/* Who reads while another process migrates sees what is there then. */
static void a_reader_outlives_a_migration(void **state)
{
    Fixture *fixture = *state;
    StoreVerdict verdict = {0};
    Store *reader;

    fixture_fill_old(fixture, 3);
    reader = fixture_open(fixture, STORE_READ);
    fixture_fill(fixture, 1);
    assert_true(store_verify(reader, &fixture->arena, &verdict, &fixture->err));
    assert_null(verdict.fault);
    assert_int_equal(verdict.records, 4);
    store_close(reader);
}

/* A pgquell of tomorrow, with one step more, opens a store of today. */
static void a_later_step_is_taken(void **state)
{
    const char *steps[] = {schema_steps[0], schema_steps[1],
                           "ALTER TABLE record ADD COLUMN later INTEGER"};
    Fixture *fixture = *state;
    Store *store;

    assert_int_equal(schema_version, 2); /* else this test wants more steps */
    fixture_fill(fixture, 3);
    store = fixture_open(fixture, STORE_APPEND);
    assert_true(schema_prepare(store, steps, 3, &fixture->err));
    assert_int_equal(number(store, "PRAGMA user_version"), 3);
    assert_int_equal(number(store, "SELECT count(*) - count(later) FROM record"), 3);
    assert_true(schema_prepare(store, steps, 3, &fixture->err)); /* nothing is left to do */
    assert_false(schema_check(store, &fixture->err));
    store_close(store);
}

static void a_failed_migration_changes_nothing(void **state)
{
    const char *steps[] = {schema_steps[0], schema_steps[1], "CREATE TABLE half (x)",
                           "CREATE NONSENSE"};
    Fixture *fixture = *state;
    Store *store;

    fixture_fill(fixture, 2);
    store = fixture_open(fixture, STORE_APPEND);
    assert_false(schema_prepare(store, steps, 4, &fixture->err));
    fixture_assert_error(fixture, "could not migrate audit store");
    assert_int_equal(number(store, "PRAGMA user_version"), 2);
    assert_int_equal(number(store, "SELECT count(*) FROM sqlite_master WHERE name = 'half'"), 0);
    fixture_append(fixture, store, 1);
    store_close(store);
    fixture_assert_intact(fixture, 3);
}

static int open_when_told(Fixture *fixture, int gate)
{
    Store *store = NULL;
    char byte;

    if (read(gate, &byte, 1) != 0) /* the end, which all of them see at once */
        return 1;
    if (!store_open(fixture->path, STORE_APPEND, &store, &fixture->err)) {
        (void) fprintf(stderr, "%s\n", fixture->err.message);
        return 2;
    }
    store_close(store);
    return 0;
}

/* SQLite answers "database is locked" without waiting to most of those that turn the log on at
 * once. */
static void first_openers_wait_for_each_other(void **state)
{
    Fixture *fixture = *state;

    for (int round = 0; round < FIRST_ROUNDS; round++) {
        int gate[2];
        int status;

        assert_int_equal(pipe(gate), 0);
        for (int i = 0; i < FIRST_OPENERS; i++)
            if (fork() == 0) {
                (void) close(gate[1]);
                _exit(open_when_told(fixture, gate[0]));
            }
        (void) close(gate[0]);
        (void) close(gate[1]);
        for (int i = 0; i < FIRST_OPENERS; i++) {
            assert_true(wait(&status) > 0);
            assert_int_equal(status, 0);
        }
        assert_int_equal(unlink(fixture->path), 0);
    }
}

/* A virtual file system without shared memory stands for a file system without it. */
static void without_a_write_ahead_log_it_is_refused(void **state)
{
    sqlite3_vfs *usual = sqlite3_vfs_find(NULL);
    Fixture *fixture = *state;
    Store *store = NULL;
    bool opened;

    assert_int_equal(sqlite3_vfs_register(sqlite3_vfs_find("unix-dotfile"), 1), SQLITE_OK);
    opened = store_open(fixture->path, STORE_APPEND, &store, &fixture->err);
    assert_int_equal(sqlite3_vfs_register(usual, 1), SQLITE_OK);
    assert_false(opened);
    fixture_assert_error(fixture, "does not support write-ahead logging");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_store_is_set_up),
        TEST(the_table_is_append_only),
        TEST(a_newer_schema_is_refused),
        TEST(other_files_are_refused_and_left_alone),
        TEST(an_empty_file_is_a_new_store),
        TEST(an_older_schema_is_read_and_migrated),
        TEST(a_reader_outlives_a_migration),
        TEST(a_later_step_is_taken),
        TEST(a_failed_migration_changes_nothing),
        TEST(first_openers_wait_for_each_other),
        TEST(without_a_write_ahead_log_it_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
