/* SPDX-License-Identifier: PostgreSQL */
/* Store: opening, appending, several writers, full disks, crashes, read-only copies. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "audit/chain.h"
#include "audit/faults.h"
#include "audit/fixture.h"
#include "audit/store_internal.h"

#define WRITERS 6
#define WRITES 20

/* What the replaced system calls do; the rest of the program is one thread. */
static int syncs;       /* so far */
static bool syncs_fail; /* with EIO */
static int nth_write;   /* of append_with_scarce_writes(), which fails or crashes */
static bool write_crashes;

/* SQLite's syncs come here, since the program's symbols win over the C library's. */
int fdatasync(int fildes)
{
    syncs++;
    if (!syncs_fail)
        return (int) syscall(SYS_fdatasync, fildes);
    errno = EIO;
    return -1;
}

int fsync(int fd)
{
    return fdatasync(fd);
}

static bool append_two(Fixture *fixture, Store *store)
{
    Record records[2] = {fixture_record(RECORD_INTENT, "{\"n\": 1}"),
                         fixture_record(RECORD_SIGNAL, "{\"n\": 2}")};

    return store_append(store, records, 2, &fixture->arena, &fixture->err);
}

static mode_t mode_of(Fixture *fixture, const char *suffix)
{
    struct stat status;
    char *path = arena_printf(&fixture->arena, "%s%s", fixture->path, suffix);

    assert_int_equal(stat(path, &status), 0);
    return status.st_mode & 07777;
}

static void files_are_private(void **state)
{
    Fixture *fixture = *state;
    mode_t mask = umask(0);
    Store *store = fixture_open(fixture, STORE_APPEND);

    fixture_append(fixture, store, 1);
    (void) umask(mask);
    assert_int_equal(mode_of(fixture, ""), 0600);
    assert_int_equal(mode_of(fixture, "-wal"), 0600);
    assert_int_equal(mode_of(fixture, "-shm"), 0600);
    store_close(store);
}

static void append_sets_sequence_and_hashes(void **state)
{
    Fixture *fixture = *state;
    Store *store = fixture_open(fixture, STORE_APPEND);
    Record records[3];

    for (int i = 0; i < 3; i++)
        records[i] = fixture_record(RECORD_OBSERVATION, "{}");
    assert_string_equal(store_head(store), CHAIN_START);
    assert_true(store_append(store, records, 3, &fixture->arena, &fixture->err));
    assert_string_equal(records[0].previous, CHAIN_START);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(records[i].sequence, i + 1);
        assert_int_equal(strlen(records[i].hash), 64);
        if (i > 0)
            assert_string_equal(records[i].previous, records[i - 1].hash);
    }
    assert_string_equal(store_head(store), records[2].hash);
    store_close(store);
    store = fixture_open(fixture, STORE_READ);
    assert_string_equal(store_head(store), records[2].hash);
    store_close(store);
    fixture_assert_intact(fixture, 3);
    store_close(NULL);
}

static void append_returns_after_the_sync(void **state)
{
    Fixture *fixture = *state;
    Store *store = fixture_open(fixture, STORE_APPEND);

    for (int i = 0; i < 3; i++) {
        syncs = 0;
        fixture_append(fixture, store, 1);
        assert_true(syncs > 0);
    }
    store_close(store);
}

static void a_failed_sync_is_an_error(void **state)
{
    Fixture *fixture = *state;
    Store *store = fixture_open(fixture, STORE_APPEND);
    char head[STORE_HASH_MAX];

    fixture_append(fixture, store, 1);
    (void) snprintf(head, sizeof(head), "%s", store_head(store));
    syncs_fail = true;
    assert_false(append_two(fixture, store));
    syncs_fail = false;
    fixture_assert_error(fixture, "could not append to audit store");
    assert_non_null(strstr(fixture->err.message, strerror(EIO)));
    assert_string_equal(store_head(store), head);
    fixture_append(fixture, store, 1);
    store_close(store);
    fixture_assert_intact(fixture, 2);
}

static int write_many(Fixture *fixture)
{
    Store *store = NULL;

    if (!store_open(fixture->path, STORE_APPEND, &store, &fixture->err))
        return 1;
    for (int i = 0; i < WRITES; i++)
        if (!append_two(fixture, store))
            return 2;
    store_close(store);
    return 0;
}

/* They also open a file together that is not there yet. */
static void writers_at_once_make_one_chain(void **state)
{
    Fixture *fixture = *state;
    pid_t pids[WRITERS];

    for (int i = 0; i < WRITERS; i++) {
        pids[i] = fork();
        assert_true(pids[i] >= 0);
        if (pids[i] == 0) {
            int result = write_many(fixture);

            if (result)
                (void) fprintf(stderr, "%s\n", fixture->err.message);
            _exit(result);
        }
    }
    for (int i = 0; i < WRITERS; i++) {
        int status;

        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
    }
    fixture_assert_intact(fixture, (int64_t) WRITERS * WRITES * 2);
}

static void two_stores_of_one_process_take_turns(void **state)
{
    Fixture *fixture = *state;
    Store *one = fixture_open(fixture, STORE_APPEND);
    Store *other = fixture_open(fixture, STORE_APPEND);
    char *head;

    fixture_append(fixture, one, 1);
    head = arena_strdup(&fixture->arena, store_head(one));
    fixture_append(fixture, other, 1);
    assert_string_equal(store_head(one), head); /* as of its own last append */
    assert_string_not_equal(store_head(other), head);
    fixture_append(fixture, one, 1);
    store_close(one);
    store_close(other);
    fixture_assert_intact(fixture, 3);
}

static void a_locked_store_is_an_error(void **state)
{
    Fixture *fixture = *state;
    Store *one = fixture_open(fixture, STORE_APPEND);
    Store *other = fixture_open(fixture, STORE_APPEND);

    assert_int_equal(sqlite3_exec(one->db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    (void) sqlite3_busy_timeout(other->db, 20); /* five seconds are too long for a test */
    assert_false(append_two(fixture, other));
    fixture_assert_error(fixture, "database is locked");
    assert_int_equal(sqlite3_exec(one->db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    assert_true(append_two(fixture, other));
    store_close(one);
    store_close(other);
}

static void a_shortened_trail_is_noticed(void **state)
{
    Fixture *fixture = *state;
    Store *store = fixture_open(fixture, STORE_APPEND);

    fixture_append(fixture, store, 3);
    fixture_tamper(fixture, "DELETE FROM record WHERE sequence = 3");
    assert_false(append_two(fixture, store));
    fixture_assert_error(fixture, "records were removed or changed");
    fixture_sql(fixture, "INSERT INTO record SELECT 3, at_us, run, target, kind, session, body,"
                         " previous, hash FROM record WHERE sequence = 2");
    assert_false(append_two(fixture, store));
    fixture_assert_error(fixture, "records were removed or changed");
    store_close(store);
}

static void a_moved_file_is_noticed(void **state)
{
    Fixture *fixture = *state;
    Store *store = fixture_open(fixture, STORE_APPEND);

    fixture_append(fixture, store, 1);
    assert_int_equal(rename(fixture->path, fixture_path(fixture, "audit.db.1")), 0);
    assert_false(append_two(fixture, store));
    fixture_assert_error(fixture, "moved, replaced or removed");
    store_close(store);
}

/* In a child, since the limit must not stay. */
static int fill_the_disk(Fixture *fixture)
{
    struct rlimit limit = {65536, RLIM_INFINITY};
    int64_t appended = 0;
    Store *store;

    (void) signal(SIGXFSZ, SIG_IGN);
    if (!store_open(fixture->path, STORE_APPEND, &store, &fixture->err))
        return 1;
    (void) setrlimit(RLIMIT_FSIZE, &limit);
    while (append_two(fixture, store))
        appended++;
    if (!strstr(fixture->err.message, strerror(EFBIG)) || !strstr(fixture->err.hint, "Free space"))
        return 2;
    if (append_two(fixture, store)) /* still full */
        return 3;
    limit.rlim_cur = RLIM_INFINITY;
    (void) setrlimit(RLIMIT_FSIZE, &limit);
    if (!append_two(fixture, store))
        return 4;
    store_close(store);
    fixture_assert_intact(fixture, 2 * (appended + 1));
    return 0;
}

static void a_file_size_limit_leaves_it_whole(void **state)
{
    assert_int_equal(fixture_in_child(*state, fill_the_disk, false), 0);
}

static void a_full_database_leaves_it_whole(void **state)
{
    Fixture *fixture = *state;
    Store *store = fixture_open(fixture, STORE_APPEND);
    int64_t appended = 0;

    assert_int_equal(sqlite3_exec(store->db, "PRAGMA max_page_count = 10", NULL, NULL, NULL),
                     SQLITE_OK);
    while (append_two(fixture, store))
        appended++;
    fixture_assert_error(fixture, "database or disk is full");
    assert_non_null(strstr(fixture->err.hint, "Free space"));
    store_close(store);
    assert_true(appended > 0);
    fixture_assert_intact(fixture, 2 * appended);
}

/* What did not fit never shows, what did is whole: for every write that can be the one. */
static int append_with_scarce_writes(Fixture *fixture)
{
    Store *store = NULL;
    bool appended;

    faults_arm(nth_write, write_crashes);
    if (!store_open(fixture->path, STORE_APPEND, &store, &fixture->err))
        return 1;
    appended = append_two(fixture, store);
    if (!appended && !write_crashes) {
        faults_disarm();
        fixture_append(fixture, store, 1); /* there is room again */
    }
    store_close(store);
    return appended ? 0 : 2;
}

static void any_write_that_fails_leaves_it_whole(void **state)
{
    Fixture *fixture = *state;
    int64_t expected = 2;
    int failures = 0;
    int result = -1;

    fixture_fill(fixture, 2);
    for (int nth = 0; result != 0; nth++) {
        assert_true(nth < 100);
        nth_write = nth;
        write_crashes = false;
        result = fixture_in_child(fixture, append_with_scarce_writes, false);
        assert_in_range(result, 0, 2);
        expected += result == 0 ? 2 : result == 2 ? 1 : 0;
        failures += result == 2;
        fixture_assert_intact(fixture, expected);
    }
    assert_true(failures > 2);
}

static void a_crash_at_any_write_leaves_it_whole(void **state)
{
    Fixture *fixture = *state;
    int64_t records = 2;
    int result = FAULTS_CRASHED;

    fixture_fill(fixture, 2);
    for (int nth = 0; result == FAULTS_CRASHED; nth++) {
        StoreVerdict verdict;

        assert_true(nth < 100);
        nth_write = nth;
        write_crashes = true;
        result = fixture_in_child(fixture, append_with_scarce_writes, false);
        verdict = fixture_verify(fixture);
        assert_null(verdict.fault);
        assert_true(verdict.records == records || verdict.records == records + 2); /* not one */
        records = verdict.records;
    }
    assert_int_equal(result, 0);
    assert_true(records >= 4);
}

static int crash_before_commit(Fixture *fixture)
{
    Store *store = fixture_open(fixture, STORE_APPEND);

    (void) sqlite3_exec(store->db,
                        "BEGIN IMMEDIATE;"
                        "INSERT INTO record VALUES (3, 0, '', 0, 'intent', '', '{}', '', 'x')",
                        NULL, NULL, NULL);
    (void) raise(SIGKILL);
    return 0;
}

static void a_kill_before_the_commit_leaves_it_whole(void **state)
{
    Fixture *fixture = *state;

    fixture_fill(fixture, 2);
    assert_int_equal(fixture_in_child(fixture, crash_before_commit, false), -1);
    fixture_assert_intact(fixture, 2);
    fixture_fill(fixture, 1);
    fixture_assert_intact(fixture, 3);
}

static int use_without_write_permission(Fixture *fixture)
{
    StoreVerdict verdict;
    Store *store = NULL;

    if (store_open(fixture->path, STORE_APPEND, &store, &fixture->err))
        return 1;
    if (!strstr(fixture->err.message, "it may not be written"))
        return 2;
    if (!store_open(fixture->path, STORE_READ, &store, &fixture->err))
        return 3;
    if (!store_verify(store, &fixture->arena, &verdict, &fixture->err))
        return 4;
    store_close(store);
    return verdict.records == 4 && !verdict.fault ? 0 : 5;
}

/* The name has all that a URI must escape. */
static void a_read_only_copy_is_read(void **state)
{
    Fixture *fixture = *state;

    (void) snprintf(fixture->path, sizeof(fixture->path), "%s/a%%20?b#c.db", fixture->directory);
    fixture_fill(fixture, 4);
    assert_int_equal(chmod(fixture->path, 0444), 0);
    assert_int_equal(chmod(fixture->directory, 0555), 0);
    assert_int_equal(fixture_in_child(fixture, use_without_write_permission, true), 0);
    assert_int_equal(chmod(fixture->directory, 0700), 0);
    assert_int_equal(access(arena_printf(&fixture->arena, "%s-wal", fixture->path), F_OK), -1);
}

static int read_with_log(Fixture *fixture)
{
    Store *store = NULL;

    if (store_open(fixture->path, STORE_READ, &store, &fixture->err))
        return 1;
    return strstr(fixture->err.hint, "-wal") ? 0 : 2;
}

/* Its newest records are in the log alone: to read the file without it would hide them. */
static void a_read_only_copy_with_a_log_is_refused(void **state)
{
    Fixture *fixture = *state;

    fixture_fill(fixture, 1);
    assert_int_equal(fixture_in_child(fixture, crash_before_commit, false), -1);
    (void) unlink(arena_printf(&fixture->arena, "%s-shm", fixture->path));
    assert_int_equal(chmod(fixture->path, 0444), 0);
    assert_int_equal(truncate(arena_printf(&fixture->arena, "%s-wal", fixture->path), 4152), 0);
    assert_int_equal(chmod(arena_printf(&fixture->arena, "%s-wal", fixture->path), 0444), 0);
    assert_int_equal(chmod(fixture->directory, 0555), 0);
    assert_int_equal(fixture_in_child(fixture, read_with_log, true), 0);
    assert_int_equal(chmod(fixture->directory, 0700), 0);
}

/* SQLite would keep ":memory:" in memory and take "file:..." apart. */
static void special_names_are_files(void **state)
{
    static const char *const names[] = {":memory:", "file:audit.db?mode=memory", "audit.db"};
    Fixture *fixture = *state;
    char before[PATH_MAX];
    Store *store = NULL;

    assert_non_null(getcwd(before, sizeof(before)));
    assert_int_equal(chdir(fixture->directory), 0);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct stat status;

        assert_true(store_open(names[i], STORE_APPEND, &store, &fixture->err));
        assert_true(append_two(fixture, store));
        store_close(store);
        assert_int_equal(stat(names[i], &status), 0);
        assert_true(status.st_size > 0);
    }
    assert_int_equal(chdir(before), 0);
    assert_false(store_open("", STORE_APPEND, &store, &fixture->err));
    assert_false(store_open("", STORE_READ, &store, &fixture->err));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(files_are_private),
        TEST(append_sets_sequence_and_hashes),
        TEST(append_returns_after_the_sync),
        TEST(a_failed_sync_is_an_error),
        TEST(writers_at_once_make_one_chain),
        TEST(two_stores_of_one_process_take_turns),
        TEST(a_locked_store_is_an_error),
        TEST(a_shortened_trail_is_noticed),
        TEST(a_moved_file_is_noticed),
        TEST(a_file_size_limit_leaves_it_whole),
        TEST(a_full_database_leaves_it_whole),
        TEST(any_write_that_fails_leaves_it_whole),
        TEST(a_crash_at_any_write_leaves_it_whole),
        TEST(a_kill_before_the_commit_leaves_it_whole),
        TEST(a_read_only_copy_is_read),
        TEST(a_read_only_copy_with_a_log_is_refused),
        TEST(special_names_are_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
