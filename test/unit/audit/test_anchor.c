/* SPDX-License-Identifier: PostgreSQL */
/* Anchor: what did not go by a prune, or was changed about one, shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "audit/chain.h"
#include "audit/pruning.h"

/* Ten records of which four were pruned (5 to 10, and 11, which says so); with the triggers gone
 * something is done to them. `at` is the record that is told, `fault` part of the sentence. */
static void assert_detected(Fixture *fixture, const char *sql, int64_t at, const char *fault)
{
    StoreVerdict verdict;
    Store *store;

    pruning_fill(fixture, 10, 4);
    fixture_assert_intact(fixture, 7);
    fixture_sql(fixture, "DROP TRIGGER record_update; DROP TRIGGER record_delete;"
                         "DROP TRIGGER record_insert; DROP TRIGGER anchor_update;"
                         "DROP TRIGGER anchor_delete; DROP TRIGGER anchor_insert;"
                         "DROP TRIGGER pruned_update; DROP TRIGGER pruned_delete;"
                         "DROP TRIGGER pruned_insert");
    fixture_sql(fixture, sql);
    store = fixture_open(fixture, STORE_READ);
    assert_true(store_verify(store, &fixture->arena, &verdict, &fixture->err));
    store_close(store);
    if (!verdict.fault || !strstr(verdict.fault, fault))
        fail_msg("%s: \"%s\" is not in \"%s\"", sql, fault, verdict.fault ? verdict.fault : "");
    assert_int_equal(verdict.broken_at, at);
    assert_int_equal(unlink(fixture->path), 0);
}

static void tampering_with_an_anchor_shows(void **state)
{
    assert_detected(*state, "DELETE FROM anchor", 1, "Records 1 to 4 are missing.");
    assert_detected(*state, "DROP TABLE anchor", 1, "Records 1 to 4 are missing.");
    assert_detected(*state, "DELETE FROM anchor; DELETE FROM pruned", 1, "Records 1 to 4 are");
    assert_detected(*state, "UPDATE anchor SET sequence = 3", 4, "Record 4 is missing.");
    assert_detected(*state, "UPDATE anchor SET sequence = 9223372036854775807", 1, "The anchor");
    assert_detected(*state, "UPDATE anchor SET sequence = -9", 1, "The anchor");
    assert_detected(*state, "UPDATE anchor SET hash = hash || 'x'", 5, "does not continue");
    assert_detected(*state, "UPDATE anchor SET hash = x'00'", 5, "does not continue");
    assert_detected(*state, "UPDATE anchor SET at_us = at_us + 1", 1, "Record 11, of the last");
    assert_detected(*state, "UPDATE anchor SET recorded = 10", 1, "Record 11, of the last prune");
    assert_detected(*state, "INSERT INTO anchor VALUES (2, 'x', 0, 0)", 1, "An anchor was added");
}

/* Cut off by hand with all that a prune leaves behind but its record. */
static void a_beginning_that_was_cut_off_shows(void **state)
{
    static const char cut[] =
        "INSERT INTO pruned SELECT sequence, hash FROM record WHERE sequence <= 7;"
        "INSERT INTO anchor SELECT sequence, hash, 1799000000123456, 11 FROM record"
        " WHERE sequence = 7;"
        "DELETE FROM record WHERE sequence <= 7";
    Fixture *fixture = *state;
    StoreVerdict verdict;

    assert_detected(fixture, cut, 1, "Record 11, of the last prune");
    fixture_fill(fixture, 10);
    fixture_sql(fixture, cut); /* the triggers let it */
    verdict = fixture_verify(fixture);
    assert_int_equal(verdict.broken_at, 1);
    assert_string_equal(verdict.fault,
                        "Records up to 7 are missing, and no record of a prune accounts for them.");
    assert_int_equal(verdict.records, 0);
    assert_string_equal(verdict.head, CHAIN_START);
}

static void tampering_with_the_prunes_record_shows(void **state)
{
    assert_detected(*state, "DELETE FROM record WHERE sequence = 11", 1,
                    "Records up to 4 are missing");
    assert_detected(*state,
                    "UPDATE record SET body = replace(body, '\"to\":4', '\"to\":5')"
                    " WHERE sequence = 11",
                    11, "its hash does not fit");
    assert_detected(*state, "UPDATE record SET kind = 'outcome' WHERE sequence = 11", 11,
                    "its hash does not fit");
}

static void tampering_with_the_kept_hashes_shows(void **state)
{
    static const char *const changes[] = {
        "UPDATE pruned SET hash = (SELECT hash FROM record WHERE sequence = 6) WHERE sequence = 2",
        "UPDATE pruned SET hash = hash || 'x' WHERE sequence = 1",
        "UPDATE pruned SET hash = CAST(hash AS BLOB) WHERE sequence = 1",
        "DELETE FROM pruned WHERE sequence = 1",
        "DELETE FROM pruned WHERE sequence = 4",
        "DELETE FROM pruned",
        "INSERT INTO pruned SELECT 5, hash FROM record WHERE sequence = 5",
        "INSERT INTO pruned SELECT 0, hash FROM record WHERE sequence = 5",
    };

    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
        assert_detected(*state, changes[i], 1, "The hashes of removed records were changed.");
}

/* A head that never was, planted where no prune has been yet. */
static void a_hash_without_a_prune_shows(void **state)
{
    Fixture *fixture = *state;

    fixture_fill(fixture, 2);
    fixture_sql(fixture, "INSERT INTO pruned SELECT 1, hash FROM record WHERE sequence = 2");
    assert_string_equal(fixture_verify(fixture).fault,
                        "The hashes of removed records were changed.");
}

/* Records that were put back, from a copy, with the anchor taken away. */
static void a_prune_that_was_undone_shows(void **state)
{
    Fixture *fixture = *state;
    char *copy = fixture_path(fixture, "copy.db");
    Store *store;

    fixture_fill(fixture, 5);
    fixture_sql(fixture, arena_printf(&fixture->arena, "VACUUM INTO '%s'", copy));
    store = fixture_open(fixture, STORE_APPEND);
    (void) pruning_do(fixture, store, 4);
    store_close(store);
    fixture_sql(fixture, "DROP TRIGGER anchor_delete; DROP TRIGGER pruned_delete;"
                         "DELETE FROM anchor; DELETE FROM pruned");
    fixture_tamper(fixture, arena_printf(&fixture->arena,
                                         "ATTACH '%s' AS copy; INSERT INTO record"
                                         " SELECT * FROM copy.record WHERE sequence <= 4",
                                         copy));
    assert_non_null(strstr(fixture_verify(fixture).fault, "Record 6, of the last prune"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(tampering_with_an_anchor_shows),         TEST(a_beginning_that_was_cut_off_shows),
        TEST(tampering_with_the_prunes_record_shows), TEST(tampering_with_the_kept_hashes_shows),
        TEST(a_hash_without_a_prune_shows),           TEST(a_prune_that_was_undone_shows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
