/* SPDX-License-Identifier: PostgreSQL */
/* Prune limit: how far a prune may go, by age, by what is open, and by doors that are closed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "audit/pruning.h"
#include "cmd/prune_limit.h"

#define DAY INT64_C(86400000000)
#define NOW (INT64_C(20000) * DAY)

#define HERE "{\"host\":\"/tmp\",\"port\":\"5432\",\"system_identifier\":\"77\"}"
#define ELSEWHERE "{\"host\":\"/tmp\",\"port\":\"5432\",\"system_identifier\":\"78\"}"

typedef struct Trail {
    Fixture *fixture;
    Store *store;
    int64_t at_us; /* of the next record */
} Trail;

static Trail begin(void **state)
{
    Fixture *fixture = *state;

    return (Trail){fixture, fixture_open(fixture, STORE_APPEND), NOW - 100 * DAY};
}

/* Each record is a day younger than the one before. */
static void add_body(Trail *trail, const char *run, RecordKind kind, const char *body)
{
    Record record = fixture_record(kind, body);

    record.run = run;
    record.at_us = trail->at_us;
    record.session = "database apps";
    trail->at_us += DAY;
    if (!store_append(trail->store, &record, 1, &trail->fixture->arena, &trail->fixture->err))
        fail_msg("%s", trail->fixture->err.message);
}

static void add(Trail *trail, const char *run, RecordKind kind)
{
    add_body(trail, run, kind, kind == RECORD_OUTCOME ? "{\"outcome\":\"over\"}" : "{}");
}

static void add_ended(Trail *trail, const char *run)
{
    add(trail, run, RECORD_INTENT);
    add(trail, run, RECORD_OUTCOME);
}

/* An intent, or an outcome where there is one, of a door, `what` of which says which one. */
static void add_door(Trail *trail, const char *run, const char *command, const char *what,
                     const char *outcome)
{
    Arena *arena = &trail->fixture->arena;
    const char *end = outcome ? arena_printf(arena, ",\"outcome\":\"%s\"", outcome) : "";

    add_body(
        trail, run, outcome ? RECORD_OUTCOME : RECORD_INTENT,
        arena_printf(arena, "{\"command\":\"%s\",\"door\":\"database\",%s%s}", command, what, end));
}

static void turn(Trail *trail, const char *run, const char *command, const char *what,
                 const char *outcome)
{
    add_door(trail, run, command, what, NULL);
    add_door(trail, run, command, what, outcome);
}

static PruneLimit limit_at(Trail *trail, int64_t before_us)
{
    PruneLimit limit = {.through = -1};

    if (!prune_limit_find(trail->store, before_us, &trail->fixture->arena, &limit,
                          &trail->fixture->err))
        fail_msg("%s", trail->fixture->err.message);
    return limit;
}

/* Of a trail that is complete now: all of it is old. */
static PruneLimit limit_of(Trail *trail)
{
    PruneLimit limit = limit_at(trail, NOW);

    store_close(trail->store);
    return limit;
}

static void age_decides(void **state)
{
    Trail trail = begin(state);
    PruneLimit limit;

    add_ended(&trail, "a"); /* 100 and 99 days ago */
    add_ended(&trail, "b");
    add_ended(&trail, "c"); /* 96 and 95 */
    limit = limit_at(&trail, NOW - 96 * DAY);
    assert_int_equal(limit.first, 1);
    assert_int_equal(limit.through, 4);
    assert_string_equal(limit.hash, pruning_hash(trail.fixture, trail.store, 4));
    assert_int_equal(limit.until_us, NOW - 97 * DAY);
    assert_int_equal(limit.records, 4);
    assert_int_equal(limit.actions, 2);
    assert_null(limit.keeper);
    limit = limit_at(&trail, NOW - 100 * DAY); /* not older than that */
    assert_int_equal(limit.through, 0);
    assert_int_equal(limit.actions, 0);
    assert_null(limit.keeper);
    limit = limit_of(&trail);
    assert_int_equal(limit.through, 6);
    assert_int_equal(limit.actions, 3);
}

static void an_empty_trail_has_nothing_to_give(void **state)
{
    Trail trail = begin(state);
    PruneLimit limit = limit_of(&trail);

    assert_int_equal(limit.first, 0);
    assert_int_equal(limit.through, 0);
    assert_null(limit.keeper);
}

/* A clock that was wrong once: what stands behind a young record stays, too. */
static void times_need_not_ascend(void **state)
{
    Trail trail = begin(state);
    PruneLimit limit;

    add_ended(&trail, "a");
    trail.at_us = NOW + DAY;
    add_ended(&trail, "b");
    trail.at_us = NOW - 90 * DAY;
    add_ended(&trail, "c");
    limit = limit_of(&trail);
    assert_int_equal(limit.through, 2);
    assert_int_equal(limit.until_us, NOW - 99 * DAY);
}

static void what_is_open_keeps_itself_and_what_follows(void **state)
{
    Trail trail = begin(state);
    PruneLimit limit;

    add_ended(&trail, "a");
    add(&trail, "b", RECORD_INTENT);
    add_ended(&trail, "c");
    add(&trail, "d", RECORD_OBSERVATION); /* open as well, and later */
    limit = limit_of(&trail);
    assert_int_equal(limit.through, 2);
    assert_int_equal(limit.actions, 1);
    assert_string_equal(limit.keeper, "action 3 of 2024-06-28T00:00:00.000000Z, which is open");
}

static void the_first_action_open_keeps_all(void **state)
{
    Trail trail = begin(state);
    PruneLimit limit;

    add(&trail, "a", RECORD_INTENT);
    add_ended(&trail, "b");
    limit = limit_of(&trail);
    assert_int_equal(limit.through, 0);
    assert_int_equal(limit.records, 0);
    assert_non_null(limit.keeper);
}

/* Of actions that overlap, the end of one may pull the limit before the beginning of another. */
static void no_action_is_cut_in_two(void **state)
{
    Trail trail = begin(state);
    PruneLimit limit;

    add_ended(&trail, "z");           /* 1, 2 */
    add(&trail, "a", RECORD_INTENT);  /* 3 */
    add(&trail, "b", RECORD_INTENT);  /* 4 */
    add(&trail, "a", RECORD_OUTCOME); /* 5 */
    add(&trail, "c", RECORD_INTENT);  /* 6 */
    add(&trail, "b", RECORD_OUTCOME); /* 7 */
    add(&trail, "c", RECORD_OUTCOME); /* 8, 93 days ago */
    limit = limit_at(&trail, NOW - 93 * DAY);
    assert_int_equal(limit.through, 2);
    assert_string_equal(limit.keeper,
                        "action 3 of 2024-06-28T00:00:00.000000Z, which ended too late to go");
    assert_int_equal(limit_of(&trail).through, 8);
}

static void a_prune_is_no_action_and_goes(void **state)
{
    Trail trail = begin(state);
    PruneLimit limit;

    add_ended(&trail, "a");
    (void) pruning_do(trail.fixture, trail.store, 2); /* 3, of the year 2027 */
    add_ended(&trail, "b");
    limit = limit_at(&trail, INT64_MAX);
    store_close(trail.store);
    assert_int_equal(limit.first, 3);
    assert_int_equal(limit.through, 5);
    assert_int_equal(limit.records, 3);
    assert_int_equal(limit.actions, 1);
}

/* Else every run would remove the record of the last one, and leave its own. */
static void a_prune_alone_is_nothing(void **state)
{
    Trail trail = begin(state);
    PruneLimit limit;

    add_ended(&trail, "a");
    (void) pruning_do(trail.fixture, trail.store, 2);
    limit = limit_at(&trail, INT64_MAX);
    store_close(trail.store);
    assert_int_equal(limit.first, 3);
    assert_int_equal(limit.through, 0);
    assert_int_equal(limit.records, 0);
    assert_null(limit.keeper);
}

#define APPS                                                         \
    "\"lock\":\"connection_limit\",\"name\":\"apps\",\"oid\":16384," \
    "\"before\":{\"connection_limit\":5},\"after\":{\"connection_limit\":0},\"server\":"

static void a_closed_door_keeps_itself_and_what_follows(void **state)
{
    Trail trail = begin(state);
    PruneLimit limit;

    add_ended(&trail, "a");
    turn(&trail, "b", "keep-out", APPS HERE, "closed"); /* 3, 4 */
    add_ended(&trail, "c");
    turn(&trail, "d", "keep-out", APPS HERE, "closed"); /* the first has the old value */
    limit = limit_of(&trail);
    assert_int_equal(limit.through, 2);
    assert_string_equal(limit.keeper, "the door of database apps, which was closed at "
                                      "2024-06-28T00:00:00.000000Z and is closed yet");
}

static void a_door_that_was_opened_goes(void **state)
{
    Trail trail = begin(state);

    turn(&trail, "b", "keep-out", APPS HERE, "closed");
    turn(&trail, "c", "let-in", APPS HERE, "opened");
    assert_int_equal(limit_of(&trail).through, 4);
}

/* The opening may be younger than what is asked for. */
static void an_opening_that_is_young_counts(void **state)
{
    Trail trail = begin(state);

    turn(&trail, "b", "keep-out", APPS HERE, "closed");
    trail.at_us = NOW;
    turn(&trail, "c", "let-in", APPS HERE, "opened");
    assert_int_equal(limit_of(&trail).through, 2);
}

static void an_opening_elsewhere_does_not_count(void **state)
{
    Trail trail = begin(state);

    turn(&trail, "b", "keep-out", APPS HERE, "closed");
    turn(&trail, "c", "let-in", APPS ELSEWHERE, "opened");
    assert_int_equal(limit_of(&trail).through, 0);
}

/* Two at once: who comes too late undoes nothing but its own intent. */
static void a_closing_that_was_refused_undoes_no_other(void **state)
{
    Trail trail = begin(state);

    add_door(&trail, "b", "keep-out", APPS HERE, NULL);
    turn(&trail, "c", "keep-out", APPS HERE, "closed");
    add_door(&trail, "b", "keep-out", APPS HERE, "refused");
    assert_int_equal(limit_at(&trail, NOW).through, 0); /* b, which ends behind what c keeps */
    turn(&trail, "d", "let-in", APPS HERE, "opened");
    assert_int_equal(limit_of(&trail).through, 6);
}

static void bodies_that_nobody_wrote_are_passed_over(void **state)
{
    Trail trail = begin(state);

    add_body(&trail, "a", RECORD_INTENT, "{\"door\"");
    add_body(&trail, "a", RECORD_INTENT, "{\"door\":7,\"command\":\"keep-out\"}");
    add_body(&trail, "a", RECORD_OUTCOME, "\"door\"");
    add_body(&trail, "a", RECORD_OUTCOME, "{\"door\":\"\",\"command\":7,\"outcome\":[]}");
    assert_int_equal(limit_of(&trail).through, 4);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(age_decides),
        TEST(an_empty_trail_has_nothing_to_give),
        TEST(times_need_not_ascend),
        TEST(what_is_open_keeps_itself_and_what_follows),
        TEST(the_first_action_open_keeps_all),
        TEST(no_action_is_cut_in_two),
        TEST(a_prune_is_no_action_and_goes),
        TEST(a_prune_alone_is_nothing),
        TEST(a_closed_door_keeps_itself_and_what_follows),
        TEST(a_door_that_was_opened_goes),
        TEST(an_opening_that_is_young_counts),
        TEST(an_opening_elsewhere_does_not_count),
        TEST(a_closing_that_was_refused_undoes_no_other),
        TEST(bodies_that_nobody_wrote_are_passed_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
