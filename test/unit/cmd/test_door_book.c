/* SPDX-License-Identifier: PostgreSQL */
/* Door book: which doors a trail of intents and outcomes leaves closed, and with which old value.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "audit/fixture.h"
#include "cmd/door_book.h"

#define HERE "{\"host\":\"/tmp\",\"port\":\"5432\",\"system_identifier\":\"77\"}"
#define ELSEWHERE "{\"host\":\"/tmp\",\"port\":\"5432\",\"system_identifier\":\"78\"}"
#define UNKNOWN "{\"host\":\"/tmp\",\"port\":\"5432\",\"system_identifier\":null}"

typedef struct Trail {
    Fixture *fixture;
    Store *store;
    const char *run; /* NULL: the fixture's */
} Trail;

static Trail begin(void **state)
{
    Fixture *fixture = *state;

    return (Trail){fixture, fixture_open(fixture, STORE_APPEND), NULL};
}

static void append(Trail *trail, RecordKind kind, const char *body)
{
    Record record = fixture_record(kind, body);

    if (trail->run)
        record.run = trail->run;
    if (!store_append(trail->store, &record, 1, &trail->fixture->arena, &trail->fixture->err))
        fail_msg("%s", trail->fixture->err.message);
}

/* An intent, or an outcome where there is one, of the door of database apps, by its limit. */
static void add(Trail *trail, const char *command, int before, const char *outcome,
                const char *server)
{
    Arena *arena = &trail->fixture->arena;
    const char *end = outcome ? arena_printf(arena, ",\"outcome\":\"%s\"", outcome) : "";

    append(trail, outcome ? RECORD_OUTCOME : RECORD_INTENT,
           arena_printf(arena,
                        "{\"command\":\"%s\",\"door\":\"database\",\"lock\":\"connection_limit\","
                        "\"name\":\"apps\",\"oid\":16384,\"before\":{\"connection_limit\":%d},"
                        "\"after\":{\"connection_limit\":0},\"operator\":\"jane\",\"server\":%s%s}",
                        command, before, server, end));
}

static DoorBook book_of(Trail *trail, const char *server)
{
    json_t *object = json_loads(server, 0, NULL);
    DoorBook book = {0};
    Fixture *fixture = trail->fixture;

    if (!door_book_read(trail->store, object, &fixture->arena, &book, &fixture->err))
        fail_msg("%s", fixture->err.message);
    json_decref(object);
    store_close(trail->store);
    return book;
}

static void an_intent_alone_is_on_record(void **state)
{
    Trail trail = begin(state);
    DoorBook book;

    add(&trail, "keep-out", 5, NULL, HERE);
    book = book_of(&trail, HERE);
    assert_int_equal(book.count, 1);
    assert_int_equal(book.entries[0].door.lock, DOOR_LIMIT);
    assert_int_equal(book.entries[0].door.oid, 16384);
    assert_int_equal(book.entries[0].door.before, 5);
    assert_int_equal(book.entries[0].door.after, 0);
    assert_string_equal(book.entries[0].operator_name, "jane");
    assert_false(book.entries[0].sure);
}

static void what_was_opened_is_not(void **state)
{
    static const char *const ends[] = {"opened", "over"};

    for (size_t i = 0; i < 2; i++) {
        Trail trail = begin(state);

        add(&trail, "keep-out", 5, NULL, HERE);
        add(&trail, "keep-out", 5, "closed", HERE);
        add(&trail, "let-in", 5, NULL, HERE);
        add(&trail, "let-in", 5, ends[i], HERE);
        assert_int_equal(book_of(&trail, HERE).count, 0);
    }
}

static void opening_without_an_outcome_leaves_it_on_record(void **state)
{
    static const char *const ends[] = {"refused", "denied", "unknown"};
    Trail trail = begin(state);
    DoorBook book;

    add(&trail, "keep-out", 5, NULL, HERE);
    add(&trail, "keep-out", 5, "closed", HERE);
    add(&trail, "let-in", 5, NULL, HERE);
    for (size_t i = 0; i < 3; i++)
        add(&trail, "let-in", 5, ends[i], HERE);
    book = book_of(&trail, HERE);
    assert_int_equal(book.count, 1);
    assert_true(book.entries[0].sure);
}

static void closing_that_was_refused_is_not(void **state)
{
    Trail trail = begin(state);

    add(&trail, "keep-out", 5, NULL, HERE);
    add(&trail, "keep-out", 5, "denied", HERE);
    add(&trail, "keep-out", 6, NULL, HERE);
    add(&trail, "keep-out", 6, "refused", HERE);
    assert_int_equal(book_of(&trail, HERE).count, 0);
}

static void closing_that_is_unknown_is(void **state)
{
    Trail trail = begin(state);

    add(&trail, "keep-out", 5, NULL, HERE);
    add(&trail, "keep-out", 5, "unknown", HERE);
    assert_int_equal(book_of(&trail, HERE).count, 1);
}

static void the_first_of_several_keeps_the_old_value(void **state)
{
    Trail trail = begin(state);

    add(&trail, "keep-out", 5, NULL, HERE);
    add(&trail, "keep-out", 0, NULL, HERE);
    add(&trail, "keep-out", 0, "closed", HERE);
    assert_int_equal(book_of(&trail, HERE).entries[0].door.before, 5);
}

static void a_value_that_somebody_set_meanwhile_is_the_old_one(void **state)
{
    Trail trail = begin(state);

    add(&trail, "keep-out", 5, NULL, HERE);
    add(&trail, "keep-out", 20, NULL, HERE);
    assert_int_equal(book_of(&trail, HERE).entries[0].door.before, 20);
}

/* Both wrote their intents before either had done anything. */
static void who_came_too_late_does_not_undo_the_first(void **state)
{
    Trail trail = begin(state);
    DoorBook book;

    trail.run = "aaaa";
    add(&trail, "keep-out", 5, NULL, HERE);
    trail.run = "bbbb";
    add(&trail, "keep-out", 5, NULL, HERE);
    trail.run = "aaaa";
    add(&trail, "keep-out", 5, "closed", HERE);
    trail.run = "bbbb";
    add(&trail, "keep-out", 5, "refused", HERE);
    book = book_of(&trail, HERE);
    assert_int_equal(book.count, 1);
    assert_string_equal(book.entries[0].run, "aaaa");
    assert_int_equal(book.entries[0].door.before, 5);
    assert_true(book.entries[0].sure);
}

static void another_cluster_has_its_own_doors(void **state)
{
    Trail trail = begin(state);

    add(&trail, "keep-out", 5, NULL, ELSEWHERE);
    add(&trail, "keep-out", 5, NULL, UNKNOWN);
    assert_int_equal(book_of(&trail, HERE).count, 0);
}

static void a_cluster_without_identifier_goes_by_its_address(void **state)
{
    Trail trail = begin(state);

    add(&trail, "keep-out", 5, NULL, UNKNOWN);
    assert_int_equal(book_of(&trail, UNKNOWN).count, 1);
}

/* Bodies that only look like ours, or were tampered with. */
static void what_is_no_door_is_passed_over(void **state)
{
    static const char *const bodies[] = {
        "{\"command\":\"keep-out\",\"door\":7}",
        "{\"command\":\"keep-out\",\"door\":\"database\",\"lock\":\"?\",\"name\":\"a\"}",
        "{\"command\":\"keep-out\",\"door\":\"database\",\"lock\":\"connection_limit\",\"name\":"
        "\"a\","
        "\"oid\":1,\"before\":{\"connection_limit\":true},\"after\":{\"connection_limit\":0},"
        "\"server\":" HERE "}",
        "{\"door\":",
    };
    Trail trail = begin(state);

    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
        append(&trail, RECORD_INTENT, bodies[i]);
    assert_int_equal(book_of(&trail, HERE).count, 0);
}

/* Whatever the cluster, and the first where one door was closed twice. */
static void the_oldest_that_is_on_record_is_known(void **state)
{
    Trail trail = begin(state);
    Fixture *fixture = trail.fixture;
    DoorEntry oldest;

    assert_true(door_book_oldest(trail.store, &fixture->arena, &oldest, &fixture->err));
    assert_int_equal(oldest.sequence, 0);
    add(&trail, "keep-out", 5, NULL, ELSEWHERE);   /* 1 */
    add(&trail, "keep-out", 5, NULL, HERE);        /* 2 */
    add(&trail, "keep-out", 5, NULL, UNKNOWN);     /* 3 */
    add(&trail, "let-in", 5, "opened", ELSEWHERE); /* 4 */
    add(&trail, "keep-out", 0, NULL, HERE);        /* 5 */
    assert_true(door_book_oldest(trail.store, &fixture->arena, &oldest, &fixture->err));
    assert_int_equal(oldest.sequence, 2);
    assert_int_equal(oldest.door.before, 5);
    add(&trail, "let-in", 5, "opened", HERE);
    assert_true(door_book_oldest(trail.store, &fixture->arena, &oldest, &fixture->err));
    assert_int_equal(oldest.sequence, 3);
    add(&trail, "let-in", 5, "opened", UNKNOWN);
    assert_true(door_book_oldest(trail.store, &fixture->arena, &oldest, &fixture->err));
    assert_int_equal(oldest.sequence, 0);
    store_close(trail.store);
}

static void what_is_written_is_read(void **state)
{
    Trail trail = begin(state);
    Arena *arena = &trail.fixture->arena;
    DoorTask task = {.door = {.lock = DOOR_PAUSE,
                              .name = "shop",
                              .console = "10.0.0.5:6432",
                              .before = 0,
                              .after = 1},
                     .reason = "because"};
    json_t *body = door_record(&task, arena);
    Door other = task.door;
    DoorBook book;

    json_object_set_new(body, "server", json_loads(HERE, 0, NULL));
    append(&trail, RECORD_INTENT, json_text(arena, body));
    book = book_of(&trail, HERE);
    assert_int_equal(book.count, 1);
    assert_string_equal(book.entries[0].door.console, "10.0.0.5:6432");
    assert_int_equal(book.entries[0].door.after, 1);
    assert_ptr_equal(door_book_find(&book, &task.door), &book.entries[0]);
    other.name = "another";
    assert_null(door_book_find(&book, &other));
    other = task.door;
    other.lock = DOOR_DISABLE;
    assert_null(door_book_find(&book, &other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(function) cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)
        TEST(an_intent_alone_is_on_record),
        TEST(what_was_opened_is_not),
        TEST(opening_without_an_outcome_leaves_it_on_record),
        TEST(closing_that_was_refused_is_not),
        TEST(closing_that_is_unknown_is),
        TEST(the_first_of_several_keeps_the_old_value),
        TEST(a_value_that_somebody_set_meanwhile_is_the_old_one),
        TEST(who_came_too_late_does_not_undo_the_first),
        TEST(another_cluster_has_its_own_doors),
        TEST(a_cluster_without_identifier_goes_by_its_address),
        TEST(what_is_no_door_is_passed_over),
        TEST(the_oldest_that_is_on_record_is_known),
        TEST(what_is_written_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
