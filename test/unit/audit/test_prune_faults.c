/* SPDX-License-Identifier: PostgreSQL */
/* Prune, with writes that fail: all or nothing, whichever write it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "audit/faults.h"
#include "audit/pruning.h"
#include "audit/store_internal.h"

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

static int nth_write;
static bool write_crashes;

static int prune_with_scarce_writes(Fixture *fixture)
{
    StorePruned pruned = {0};
    StorePrune wanted;
    Store *store = NULL;
    bool whole;
    bool done;

    if (!store_open(fixture->path, STORE_APPEND, &store, &fixture->err))
        return 1;
    wanted = pruning_order(fixture, store, number(store, "SELECT min(sequence) + 11 FROM record"));
    faults_arm(nth_write, write_crashes);
    done = store_prune(store, &wanted, &fixture->arena, &pruned, &fixture->err);
    if (!done) {
        faults_disarm();
        fixture_append(fixture, store, 1); /* there is room again */
    } else if (!store_shrink(store, &whole, &fixture->err)) {
        return 3;
    }
    store_close(store);
    return done ? 0 : 2;
}

/* In one transaction, since a sync takes its time. */
static void fill_at_once(Fixture *fixture, size_t count)
{
    Store *store = fixture_open(fixture, STORE_APPEND);
    Record *records = ARENA_ARRAY(&fixture->arena, Record, count);

    for (size_t i = 0; i < count; i++)
        records[i] = fixture_record(RECORD_INTENT, "{\"pid\": 4711}");
    assert_true(store_append(store, records, count, &fixture->arena, &fixture->err));
    store_close(store);
}

/* Every write of a prune, and of giving the room back, fails once, or ends the process. */
static void fail_every_write(Fixture *fixture, bool crash)
{
    int gone = 0;
    int kept = 0;
    int result = -1;

    write_crashes = crash;
    for (nth_write = 0; result != 0; nth_write++) {
        StoreVerdict before;
        StoreVerdict after;
        int64_t removed;

        assert_true(nth_write < 500);
        fill_at_once(fixture, 24);
        before = fixture_verify(fixture);
        result = fixture_in_child(fixture, prune_with_scarce_writes, false);
        if (result == 1)
            fail_msg("the store did not open");
        after = fixture_verify(fixture);
        if (after.fault)
            fail_msg("write %d: %s", nth_write, after.fault);
        removed = after.anchor.sequence - before.anchor.sequence;
        assert_true(removed == 0 || removed == 12); /* nothing between */
        assert_int_equal(after.records,
                         before.records - removed + (removed > 0 || result == 2 ? 1 : 0));
        gone += removed > 0 && result != 0;
        kept += removed == 0;
    }
    assert_true(kept > 2);
    assert_true(gone > 2);
}

static void any_write_that_fails_removes_all_or_nothing(void **state)
{
    fail_every_write(*state, false);
}

static void a_crash_at_any_write_removes_all_or_nothing(void **state)
{
    fail_every_write(*state, true);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(any_write_that_fails_removes_all_or_nothing),
        TEST(a_crash_at_any_write_removes_all_or_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
