/* SPDX-License-Identifier: PostgreSQL */
/* Prune: what is removed is gone, on record, and all or nothing; what did not go by a prune shows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "audit/chain.h"
#include "audit/pruning.h"
#include "audit/store_internal.h"

#define SECRET "correct horse battery staple"
#define ROUNDS 12
#define WRITERS 3
#define WRITES 40

static void shrink(Fixture *fixture, Store *store)
{
    bool whole = false;

    if (!store_shrink(store, &whole, &fixture->err))
        fail_msg("%s", fixture->err.message);
    assert_true(whole);
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

static void the_oldest_go_and_the_chain_goes_on(void **state)
{
    Fixture *fixture = *state;
    Store *store;
    StorePruned pruned;
    StoreVerdict verdict;
    const char *hash;

    fixture_fill(fixture, 8);
    store = fixture_open(fixture, STORE_APPEND);
    hash = pruning_hash(fixture, store, 5);
    pruned = pruning_do(fixture, store, 5);
    assert_int_equal(pruned.records, 5);
    assert_int_equal(pruned.anchor.sequence, 5);
    assert_string_equal(pruned.anchor.hash, hash);
    assert_int_equal(pruned.anchor.recorded, 9);
    assert_string_equal(store_head(store), pruning_hash(fixture, store, 9));
    assert_int_equal(number(store, "SELECT min(sequence) FROM record"), 6);
    fixture_append(fixture, store, 2);
    store_close(store);
    verdict = fixture_verify(fixture);
    assert_null(verdict.fault);
    assert_int_equal(verdict.records, 6);
    assert_int_equal(verdict.anchor.sequence, 5);
    assert_int_equal(verdict.anchor.recorded, 9);
    assert_int_equal(verdict.anchor.at_us, PRUNING_AT_US);
    assert_string_equal(verdict.anchor.hash, hash);
}

static bool keep_body(void *context, const Record *record)
{
    Fixture *fixture = context;

    if (record->kind != RECORD_PRUNE)
        return true;
    assert_string_equal(record->run, PRUNING_RUN);
    assert_string_equal(record->session, "");
    assert_non_null(strstr(record->body, "{\"operator\":\"jane\",\"reason\":\"old\",\"from\":1,"
                                         "\"to\":3,\"records\":3,\"hash\":\""));
    assert_non_null(strstr(record->body, "\"hashes\":\""));
    (void) snprintf(fixture->err.message, sizeof(fixture->err.message), "seen");
    return true;
}

static void the_prune_is_on_record(void **state)
{
    Fixture *fixture = *state;
    StoreReading reading = {
        .run = PRUNING_RUN, .target = 0, .visit = keep_body, .context = fixture};
    Store *store;

    pruning_fill(fixture, 4, 3);
    store = fixture_open(fixture, STORE_READ);
    assert_true(store_read(store, &reading, &fixture->err));
    assert_string_equal(fixture->err.message, "seen");
    store_close(store);
}

/* Also of prunes' own records. */
static void prunes_repeat(void **state)
{
    Fixture *fixture = *state;
    Store *store = fixture_open(fixture, STORE_APPEND);
    int64_t last = 0;

    for (int i = 0; i < 5; i++) {
        StorePruned pruned;

        fixture_append(fixture, store, 3);
        last += 3;
        pruned = pruning_do(fixture, store, last - 1);
        assert_int_equal(pruned.anchor.sequence, last - 1);
        assert_int_equal(pruned.anchor.recorded, ++last);
        fixture_assert_intact(fixture, 2);
    }
    assert_int_equal(number(store, "SELECT count(*) FROM anchor"), 1);
    assert_int_equal(number(store, "SELECT count(*) FROM pruned"), last - 2);
    store_close(store);
}

static void everything_may_go(void **state)
{
    Fixture *fixture = *state;
    Store *store;

    pruning_fill(fixture, 4, 4);
    fixture_assert_intact(fixture, 1);
    store = fixture_open(fixture, STORE_APPEND);
    fixture_append(fixture, store, 1);
    (void) pruning_do(fixture, store, 6);
    store_close(store);
    fixture_assert_intact(fixture, 1);
}

static void a_prune_in_between_is_no_error(void **state)
{
    Fixture *fixture = *state;
    Store *store;
    StorePrune late;
    StorePruned pruned = {.records = -1};

    fixture_fill(fixture, 6);
    store = fixture_open(fixture, STORE_APPEND);
    late = pruning_order(fixture, store, 3);
    (void) pruning_do(fixture, store, 4);
    assert_true(store_prune(store, &late, &fixture->arena, &pruned, &fixture->err));
    assert_int_equal(pruned.records, 0);
    assert_int_equal(pruned.anchor.sequence, 4);
    fixture_append(fixture, store, 1); /* no transaction was left open */
    store_close(store);
    fixture_assert_intact(fixture, 4);
}

static void a_record_that_changed_is_not_pruned(void **state)
{
    Fixture *fixture = *state;
    Store *store;
    StorePrune wanted;
    StorePruned pruned = {.records = -1};

    fixture_fill(fixture, 3);
    store = fixture_open(fixture, STORE_APPEND);
    wanted = pruning_order(fixture, store, 2);
    wanted.hash = CHAIN_START;
    assert_false(store_prune(store, &wanted, &fixture->arena, &pruned, &fixture->err));
    fixture_assert_error(fixture, "records were removed or changed since it was read");
    wanted = pruning_order(fixture, store, 2);
    fixture_tamper(fixture, "DELETE FROM record WHERE sequence = 1");
    assert_false(store_prune(store, &wanted, &fixture->arena, &pruned, &fixture->err));
    fixture_assert_error(fixture, "records are missing from its beginning");
    assert_int_equal(pruned.records, -1);
    assert_int_equal(number(store, "SELECT count(*) FROM anchor"), 0);
    assert_int_equal(number(store, "SELECT count(*) FROM pruned"), 0);
    store_close(store);
}

/* A daemon's, which has seen records that are gone now. */
static void another_store_that_is_open_goes_on(void **state)
{
    Fixture *fixture = *state;
    Store *daemon = fixture_open(fixture, STORE_APPEND);
    Store *reader = fixture_open(fixture, STORE_READ);
    Store *other = fixture_open(fixture, STORE_APPEND);
    StoreVerdict verdict = {0};

    fixture_append(fixture, daemon, 5);
    (void) pruning_do(fixture, other, 5);
    shrink(fixture, other);
    assert_true(store_verify(reader, &fixture->arena, &verdict, &fixture->err));
    assert_null(verdict.fault);
    fixture_append(fixture, daemon, 2);
    fixture_append(fixture, other, 1);
    assert_true(store_verify(daemon, &fixture->arena, &verdict, &fixture->err));
    assert_null(verdict.fault);
    assert_int_equal(verdict.records, 4);
    store_close(daemon);
    store_close(reader);
    store_close(other);
}

/* One that is held reads the same trail until it is released. */
static void a_prune_does_not_show_in_a_store_that_is_held(void **state)
{
    Fixture *fixture = *state;
    StoreVerdict verdict = {0};
    Store *reader;
    Store *other;

    fixture_fill(fixture, 5);
    reader = fixture_open(fixture, STORE_READ);
    other = fixture_open(fixture, STORE_APPEND);
    assert_true(store_hold(reader, &fixture->err));
    assert_true(store_verify(reader, &fixture->arena, &verdict, &fixture->err));
    assert_int_equal(verdict.records, 5);
    (void) pruning_do(fixture, other, 4);
    assert_true(store_verify(reader, &fixture->arena, &verdict, &fixture->err));
    assert_int_equal(verdict.records, 5);
    assert_int_equal(number(reader, "SELECT min(sequence) FROM record"), 1);
    store_release(reader);
    assert_true(store_verify(reader, &fixture->arena, &verdict, &fixture->err));
    assert_null(verdict.fault);
    assert_int_equal(verdict.records, 2);
    store_close(reader);
    store_close(other);
}

/* The test for a shortened trail is as sharp as before. */
static void a_shortened_trail_is_still_noticed(void **state)
{
    Fixture *fixture = *state;
    Store *store;
    Record record = fixture_record(RECORD_INTENT, "{}");

    fixture_fill(fixture, 5);
    store = fixture_open(fixture, STORE_APPEND);
    (void) pruning_do(fixture, store, 3);
    fixture_tamper(fixture, "DELETE FROM record WHERE sequence = 6");
    assert_false(store_append(store, &record, 1, &fixture->arena, &fixture->err));
    fixture_assert_error(fixture, "records were removed or changed");
    store_close(store);
}

static int write_many(Fixture *fixture)
{
    Store *store = NULL;

    if (!store_open(fixture->path, STORE_APPEND, &store, &fixture->err))
        return 1;
    for (int i = 0; i < WRITES; i++) {
        Record record = fixture_record(RECORD_INTENT, "{\"pid\": 4711}");

        if (!store_append(store, &record, 1, &fixture->arena, &fixture->err))
            return 2;
    }
    store_close(store);
    return 0;
}

static void others_append_meanwhile(void **state)
{
    Fixture *fixture = *state;
    int64_t through = 1;
    int64_t appended = 10 + WRITERS * WRITES;
    Store *store;
    int status;

    fixture_fill(fixture, 10);
    for (int i = 0; i < WRITERS; i++)
        if (fork() == 0)
            _exit(write_many(fixture));
    store = fixture_open(fixture, STORE_APPEND);
    for (int i = 0; i < ROUNDS; i++) {
        int64_t newest = number(store, "SELECT max(sequence) FROM record");

        if (newest <= through)
            continue;
        through = newest;
        appended += pruning_do(fixture, store, through).records > 0;
        shrink(fixture, store);
    }
    for (int i = 0; i < WRITERS; i++) {
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    store_close(store);
    fixture_assert_intact(fixture, appended - through);
}

/* Whether any file of the store has the text. */
static bool is_in_files(Fixture *fixture, const char *text)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    bool found = false;

    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        FILE *file = fopen(arena_printf(&fixture->arena, "%s%s", fixture->path, suffixes[i]), "r");
        struct stat status;
        char *content;

        if (!file)
            continue;
        assert_int_equal(fstat(fileno(file), &status), 0);
        content = xcalloc((size_t) status.st_size + 1, 1);
        assert_int_equal(fread(content, 1, (size_t) status.st_size, file), status.st_size);
        (void) fclose(file);
        found = found || memmem(content, (size_t) status.st_size, text, strlen(text));
        free(content);
    }
    return found;
}

/* Records short and long, of which some overflow a page. */
static void append_texts(Fixture *fixture, int count, const char *text)
{
    Store *store = fixture_open(fixture, STORE_APPEND);

    for (int i = 0; i < count; i++) {
        char *padding = arena_alloc(&fixture->arena, (size_t) (i * 997 % 9000) + 1, 1);
        Record record = fixture_record(RECORD_INTENT, NULL);

        memset(padding, 'x', (size_t) (i * 997 % 9000));
        record.body = arena_printf(&fixture->arena, "{\"%s\": \"%s%s\"}", text, padding, text);
        assert_true(store_append(store, &record, 1, &fixture->arena, &fixture->err));
    }
    store_close(store);
}

static void prune_texts(Fixture *fixture)
{
    Store *store = fixture_open(fixture, STORE_APPEND);
    int64_t size = store_size(store);

    assert_true(is_in_files(fixture, SECRET));
    (void) pruning_do(fixture, store, 60);
    shrink(fixture, store);
    assert_false(is_in_files(fixture, SECRET)); /* while the store is open, too */
    assert_true(is_in_files(fixture, "kept text"));
    assert_true(store_size(store) < size / 2);
    assert_int_equal(number(store, "PRAGMA freelist_count"), 0);
    assert_int_equal(number(store, "PRAGMA auto_vacuum"), 2);
    store_close(store);
    assert_false(is_in_files(fixture, SECRET));
    fixture_assert_intact(fixture, 7);
}

static void what_was_removed_is_in_no_file(void **state)
{
    Fixture *fixture = *state;

    append_texts(fixture, 60, SECRET);
    append_texts(fixture, 6, "kept text");
    prune_texts(fixture);
}

static void nor_in_that_of_an_older_schema(void **state)
{
    Fixture *fixture = *state;

    fixture_fill_old(fixture, 0);
    append_texts(fixture, 60, SECRET);
    append_texts(fixture, 6, "kept text");
    prune_texts(fixture);
}

/* A reader in the middle of reading keeps the log; that is no failure. */
static void a_reader_keeps_the_log_from_being_emptied(void **state)
{
    Fixture *fixture = *state;
    bool whole = true;
    Store *reader;
    Store *store;

    fixture_fill(fixture, 6);
    reader = fixture_open(fixture, STORE_READ);
    store = fixture_open(fixture, STORE_APPEND);
    assert_int_equal(
        sqlite3_exec(reader->db, "BEGIN; SELECT count(*) FROM record", NULL, NULL, NULL),
        SQLITE_OK);
    (void) sqlite3_busy_timeout(store->db, 20); /* five seconds are too long for a test */
    (void) pruning_do(fixture, store, 4);
    assert_true(store_shrink(store, &whole, &fixture->err));
    assert_false(whole);
    assert_int_equal(number(reader, "SELECT count(*) FROM record"),
                     6); /* as it was when it began */
    assert_int_equal(sqlite3_exec(reader->db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    shrink(fixture, store);
    store_close(reader);
    store_close(store);
    fixture_assert_intact(fixture, 3);
}

static void a_locked_store_is_an_error(void **state)
{
    Fixture *fixture = *state;
    Store *other = fixture_open(fixture, STORE_APPEND);
    Store *store = fixture_open(fixture, STORE_APPEND);
    StorePruned pruned = {.records = -1};
    StorePrune wanted;

    fixture_append(fixture, other, 3);
    wanted = pruning_order(fixture, store, 2);
    assert_int_equal(sqlite3_exec(other->db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    (void) sqlite3_busy_timeout(store->db, 20);
    assert_false(store_prune(store, &wanted, &fixture->arena, &pruned, &fixture->err));
    fixture_assert_error(fixture, "database is locked");
    assert_int_equal(pruned.records, -1);
    store_close(other);
    store_close(store);
    fixture_assert_intact(fixture, 3);
}

typedef struct Hashes {
    int64_t count;
    int64_t stop_after;
    char last[STORE_HASH_MAX];
} Hashes;

static bool take_hash(void *context, int64_t sequence, const char *hash)
{
    Hashes *hashes = context;

    assert_int_equal(sequence, ++hashes->count);
    (void) snprintf(hashes->last, sizeof(hashes->last), "%s", hash);
    return hashes->count != hashes->stop_after;
}

static void hashes_of_what_went_are_kept(void **state)
{
    Fixture *fixture = *state;
    Hashes hashes = {0};
    StoreAnchor anchor;
    Store *store;

    fixture_fill(fixture, 5);
    store = fixture_open(fixture, STORE_APPEND);
    assert_true(store_read_pruned(store, take_hash, &hashes, &fixture->err));
    assert_int_equal(hashes.count, 0);
    (void) pruning_do(fixture, store, 4);
    assert_true(store_anchor(store, &anchor, &fixture->err));
    assert_true(store_read_pruned(store, take_hash, &hashes, &fixture->err));
    assert_int_equal(hashes.count, 4);
    assert_string_equal(hashes.last, anchor.hash);
    hashes = (Hashes){.stop_after = 2};
    assert_true(store_read_pruned(store, take_hash, &hashes, &fixture->err));
    assert_int_equal(hashes.count, 2);
    store_close(store);
}

static void an_ordinary_delete_is_refused_behind_an_anchor(void **state)
{
    Fixture *fixture = *state;
    Store *store;

    pruning_fill(fixture, 4, 2);
    store = fixture_open(fixture, STORE_APPEND);
    assert_int_not_equal(sqlite3_exec(store->db, "DELETE FROM record", NULL, NULL, NULL),
                         SQLITE_OK);
    assert_non_null(strstr(sqlite3_errmsg(store->db), "append-only"));
    store_close(store);
    fixture_assert_intact(fixture, 3);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_oldest_go_and_the_chain_goes_on),
        TEST(the_prune_is_on_record),
        TEST(prunes_repeat),
        TEST(everything_may_go),
        TEST(a_prune_in_between_is_no_error),
        TEST(a_record_that_changed_is_not_pruned),
        TEST(another_store_that_is_open_goes_on),
        TEST(a_prune_does_not_show_in_a_store_that_is_held),
        TEST(a_shortened_trail_is_still_noticed),
        TEST(others_append_meanwhile),
        TEST(what_was_removed_is_in_no_file),
        TEST(nor_in_that_of_an_older_schema),
        TEST(a_reader_keeps_the_log_from_being_emptied),
        TEST(a_locked_store_is_an_error),
        TEST(hashes_of_what_went_are_kept),
        TEST(an_ordinary_delete_is_refused_behind_an_anchor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
