/* SPDX-License-Identifier: PostgreSQL */
/* Reading and verifying: records come back as they went in, and whatever was done to them shows. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "audit/chain.h"
#include "audit/fixture.h"

/* Tampers with five good records and expects the fault at one of them. */
static void assert_detected(Fixture *fixture, const char *sql, int64_t at, const char *fault)
{
    StoreVerdict verdict;

    fixture_fill(fixture, 5);
    fixture_assert_intact(fixture, 5);
    fixture_tamper(fixture, sql);
    verdict = fixture_verify(fixture);
    if (!verdict.fault || !strstr(verdict.fault, fault))
        fail_msg("%s: \"%s\" is not in \"%s\"", sql, fault, verdict.fault ? verdict.fault : "");
    assert_int_equal(verdict.broken_at, at);
    assert_int_equal(verdict.records, at - 1);
    fixture_sql(fixture, "DROP TABLE record; DROP TABLE anchor; DROP TABLE pruned;"
                         "PRAGMA user_version = 0; PRAGMA application_id = 0");
}

static void every_changed_column_is_detected(void **state)
{
    static const char *const changes[] = {
        "at_us = at_us + 1",
        "run = 'c0ffef'",
        "run = run || 'x'",
        "target = 1",
        "target = -1",
        "kind = 'intent'",
        "session = '1.1'",
        "session = ''",
        "body = '{\"pid\": 4712}'",
        "body = body || ' '",
        "body = ''",
        "previous = hash",
        "previous = ''",
        "hash = previous",
        "hash = upper(hash)",
        "hash = hash || char(0)",
    };

    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        char sql[128];

        (void) snprintf(sql, sizeof(sql), "UPDATE record SET %s WHERE sequence = 3", changes[i]);
        assert_detected(*state, sql, 3, "Record 3 was changed: its ");
    }
}

/* What C would read as the same value. */
static void values_that_c_cuts_off_are_detected(void **state)
{
    static const struct {
        const char *change;
        const char *fault;
    } changes[] = {
        {"target = target + 4294967296", "its target is invalid"},
        {"target = 'x'", "its target is invalid"},
        {"at_us = at_us + 0.5", "its at_us is invalid"},
        {"body = body || char(0) || 'hidden'", "its body is invalid"},
        {"body = CAST(body AS BLOB)", "its body is invalid"},
        {"session = x''", "its session is invalid"},
        {"kind = 'rumour'", "its kind is invalid"},
        {"kind = ''", "its kind is invalid"},
    };

    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        char sql[128];

        (void) snprintf(sql, sizeof(sql), "UPDATE record SET %s WHERE sequence = 2",
                        changes[i].change);
        assert_detected(*state, sql, 2, changes[i].fault);
    }
}

static void missing_and_moved_records_are_detected(void **state)
{
    assert_detected(*state, "DELETE FROM record WHERE sequence = 1", 1, "Record 1 is missing.");
    assert_detected(*state, "DELETE FROM record WHERE sequence = 4", 4, "Record 4 is missing.");
    assert_detected(*state, "DELETE FROM record WHERE sequence IN (2, 3)", 2,
                    "Records 2 to 3 are missing.");
    assert_detected(*state,
                    "DELETE FROM record WHERE sequence = 3;"
                    "UPDATE record SET sequence = sequence - 1 WHERE sequence > 3",
                    3, "Record 3 was changed");
    assert_detected(*state,
                    "UPDATE record SET sequence = -2 WHERE sequence = 2;"
                    "UPDATE record SET sequence = 2 WHERE sequence = 3;"
                    "UPDATE record SET sequence = 3 WHERE sequence = -2",
                    2, "Record 2 was changed");
    assert_detected(
        *state,
        "INSERT INTO record SELECT 6, at_us, run, target, kind, session, body, previous,"
        " hash FROM record WHERE sequence = 5",
        6, "Record 6 was changed");
    assert_detected(*state, "UPDATE record SET sequence = 0 WHERE sequence = 1", 1, "number 0");
}

/* A record whose own hash fits was put where another one was. */
static void a_foreign_record_does_not_continue(void **state)
{
    Record record = fixture_record(RECORD_SIGNAL, "{}");
    char hash[STORE_HASH_MAX];
    char sql[256];
    Err err;

    record.sequence = 2;
    record.previous = CHAIN_START;
    assert_true(chain_hash(&record, hash, &err));
    (void) snprintf(sql, sizeof(sql),
                    "UPDATE record SET body = '{}', previous = '" CHAIN_START "', hash = '%s'"
                    " WHERE sequence = 2",
                    hash);
    assert_detected(*state, sql, 2, "Record 2 does not continue");
}

static void a_removed_tail_shows_in_the_head_alone(void **state)
{
    Fixture *fixture = *state;
    StoreVerdict before;
    StoreVerdict after;

    fixture_fill(fixture, 5);
    before = fixture_verify(fixture);
    fixture_tamper(fixture, "DELETE FROM record WHERE sequence = 5");
    after = fixture_verify(fixture);
    assert_null(after.fault);
    assert_int_equal(after.records, 4);
    assert_string_not_equal(before.head, after.head);
}

static void dropped_triggers_are_no_fault(void **state)
{
    Fixture *fixture = *state;

    fixture_fill(fixture, 2);
    fixture_tamper(fixture, "VACUUM");
    fixture_assert_intact(fixture, 2);
}

static void an_empty_store_is_intact(void **state)
{
    Fixture *fixture = *state;

    store_close(fixture_open(fixture, STORE_APPEND));
    fixture_assert_intact(fixture, 0);
    assert_string_equal(fixture_verify(fixture).head, CHAIN_START);
}

/* Some pages in the middle become noise; SQLite notices, and that is a failure to read. */
static void a_damaged_file_is_a_failure(void **state)
{
    Fixture *fixture = *state;
    StoreVerdict verdict = {.records = -1};
    Store *store;
    FILE *file;

    fixture_fill(fixture, 120);
    file = fopen(fixture->path, "r+");
    assert_non_null(file);
    for (long page = 5; page < 8; page++) {
        assert_int_equal(fseek(file, page * 4096, SEEK_SET), 0);
        for (int i = 0; i < 512; i++)
            assert_int_equal(fwrite("\xfe\xdc\xba", 1, 3, file), 3);
    }
    (void) fclose(file);
    store = fixture_open(fixture, STORE_READ);
    assert_false(store_verify(store, &fixture->arena, &verdict, &fixture->err));
    fixture_assert_error(fixture, "could not read audit store");
    assert_int_equal(verdict.records, -1);
    store_close(store);
}

typedef struct Seen {
    int count;
    int stop_after; /* 0: never */
    int64_t last;
    bool alike;
    Record expected;
} Seen;

static bool see(void *context, const Record *record)
{
    Seen *seen = context;

    seen->alike = record->at_us == seen->expected.at_us &&
                  record->target == seen->expected.target && record->kind == seen->expected.kind &&
                  strcmp(record->run, seen->expected.run) == 0 &&
                  strcmp(record->session, seen->expected.session) == 0 &&
                  strcmp(record->body, seen->expected.body) == 0 &&
                  strlen(record->previous) == 64 && strlen(record->hash) == 64;
    seen->last = record->sequence;
    return ++seen->count != seen->stop_after;
}

static Seen read_as(Fixture *fixture, const char *run, int target, int stop_after)
{
    Store *store = fixture_open(fixture, STORE_READ);
    Seen seen = {.stop_after = stop_after};
    StoreReading reading = {run, target, see, &seen};

    seen.expected = fixture_record(RECORD_INTENT, "");
    assert_true(store_read(store, &reading, &fixture->err));
    store_close(store);
    return seen;
}

static void what_was_written_is_read(void **state)
{
    Fixture *fixture = *state;
    Store *store = fixture_open(fixture, STORE_APPEND);
    Record record = {.at_us = INT64_MIN,
                     .run = "",
                     .target = INT_MAX,
                     .kind = RECORD_OUTCOME,
                     .session = "'; DROP TABLE record; --",
                     .body = "{\"q\": \"\xc3\xa4 \xff ? %s \\u0000\"}"};
    Seen seen = {.expected = record};
    StoreReading reading = {.visit = see, .context = &seen};

    assert_true(store_append(store, &record, 1, &fixture->arena, &fixture->err));
    assert_true(store_read(store, &reading, &fixture->err));
    assert_int_equal(seen.count, 1);
    assert_true(seen.alike);
    store_close(store);
    fixture_assert_intact(fixture, 1);
}

static void reading_chooses_run_and_target(void **state)
{
    Fixture *fixture = *state;
    Store *store = fixture_open(fixture, STORE_APPEND);
    Record records[5];

    for (int i = 0; i < 5; i++)
        records[i] = fixture_record(RECORD_INTENT, "{}");
    records[1].target = 1;
    records[2].run = "other";
    records[4].run = "C0FFEE";
    assert_true(store_append(store, records, 5, &fixture->arena, &fixture->err));
    store_close(store);
    assert_int_equal(read_as(fixture, NULL, 0, 0).count, 5);
    assert_int_equal(read_as(fixture, NULL, 0, 3).count, 3);
    assert_int_equal(read_as(fixture, "c0ffee", 0, 0).count, 2);
    assert_int_equal(read_as(fixture, "c0ffee", 0, 0).last, 4);
    assert_int_equal(read_as(fixture, "c0ffee", 1, 0).last, 2);
    assert_int_equal(read_as(fixture, "c0ffee", -1, 0).count, 3);
    assert_int_equal(read_as(fixture, "other", 7, 0).count, 0);
    assert_int_equal(read_as(fixture, "", -1, 0).count, 0);
}

static void reading_refuses_a_row_that_is_no_record(void **state)
{
    Fixture *fixture = *state;
    Seen seen = {0};
    StoreReading reading = {.visit = see, .context = &seen};
    Store *store;

    fixture_fill(fixture, 3);
    fixture_tamper(fixture, "UPDATE record SET kind = 'rumour' WHERE sequence = 2");
    store = fixture_open(fixture, STORE_READ);
    assert_false(store_read(store, &reading, &fixture->err));
    fixture_assert_error(fixture, "record 2 has an invalid kind");
    assert_int_equal(seen.count, 1);
    store_close(store);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_changed_column_is_detected),
        TEST(values_that_c_cuts_off_are_detected),
        TEST(missing_and_moved_records_are_detected),
        TEST(a_foreign_record_does_not_continue),
        TEST(a_removed_tail_shows_in_the_head_alone),
        TEST(dropped_triggers_are_no_fault),
        TEST(an_empty_store_is_intact),
        TEST(a_damaged_file_is_a_failure),
        TEST(what_was_written_is_read),
        TEST(reading_chooses_run_and_target),
        TEST(reading_refuses_a_row_that_is_no_record),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
