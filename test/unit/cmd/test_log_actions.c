/* SPDX-License-Identifier: PostgreSQL */
/* Log actions: records of several targets and runs, interleaved, become the actions that they were.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "audit/fixture.h"
#include "cmd/log_actions.h"
#include "ui/json.h"

#define MANY 500
#define RECORDS_MANY 1000 /* two of each */

static const char intent[] =
    "{\"command\":\"stop\",\"remedy\":\"cancel\",\"scope\":\"statement\",\"reason\":\"first\","
    "\"operator\":\"jane\",\"host\":\"vm\",\"operator_reason\":null,\"ticket\":\"OPS-1\","
    "\"session\":{\"session\":\"1.2\",\"pid\":2,\"role\":\"app\",\"database\":\"shop\"}}";
static const char later_intent[] = "{\"command\":\"stop\",\"reason\":\"second\"}";
static const char outcome[] =
    "{\"session\":\"1.2\",\"pid\":2,\"role\":\"app\",\"outcome\":\"terminated\","
    "\"elapsed_ms\":12.5,\"note\":\"gone\"}";

static void add(Fixture *fixture, Store *store, const char *run, int target, const char *body)
{
    RecordKind kind = body == outcome || body[0] != '{' ? RECORD_OUTCOME : RECORD_INTENT;
    Record record = fixture_record(kind, body);

    record.run = run;
    record.target = target;
    if (!store_append(store, &record, 1, &fixture->arena, &fixture->err))
        fail_msg("%s", fixture->err.message);
}

static LogActions actions_of(Fixture *fixture, Store *store)
{
    LogActions actions = {0};

    if (!log_actions_read(store, &fixture->arena, &actions, &fixture->err))
        fail_msg("%s", fixture->err.message);
    store_close(store);
    return actions;
}

static void records_of_an_action_come_together(void **state)
{
    Fixture *fixture = *state;
    Store *store = fixture_open(fixture, STORE_APPEND);
    LogActions actions;

    add(fixture, store, "aaaa", 0, intent);
    add(fixture, store, "bbbb", 0, intent);
    add(fixture, store, "aaaa", 1, outcome);
    add(fixture, store, "aaaa", 0, later_intent);
    add(fixture, store, "aaaa", 0, outcome);
    actions = actions_of(fixture, store);
    assert_int_equal(actions.count, 3);
    assert_int_equal(actions.actions[0].id, 1);
    assert_string_equal(actions.actions[0].outcome, "terminated");
    assert_string_equal(actions.actions[0].reason, "first");
    assert_string_equal(actions.actions[0].database, "shop");
    assert_string_equal(actions.actions[0].ticket, "OPS-1");
    assert_null(actions.actions[0].operator_reason);
    assert_true(actions.actions[0].elapsed_ms > 12 && actions.actions[0].elapsed_ms < 13);
    assert_int_equal(actions.actions[1].id, 2);
    assert_null(actions.actions[1].outcome);
    assert_int_equal(actions.actions[2].id, 3);
    assert_int_equal(actions.actions[2].target, 1);
    assert_string_equal(actions.actions[2].note, "gone");
}

static void a_body_that_is_no_json_leaves_things_unknown(void **state)
{
    Fixture *fixture = *state;
    Store *store = fixture_open(fixture, STORE_APPEND);
    LogActions actions;

    add(fixture, store, "aaaa", 0, "garbage");
    actions = actions_of(fixture, store);
    assert_int_equal(actions.count, 1);
    assert_null(actions.actions[0].role);
    assert_string_equal(actions.actions[0].outcome, "?");
}

static void many_actions_are_kept_apart(void **state)
{
    Fixture *fixture = *state;
    Store *store = fixture_open(fixture, STORE_APPEND);
    Record *records = ARENA_ARRAY(&fixture->arena, Record, RECORDS_MANY);
    LogActions actions;

    for (int i = 0; i < RECORDS_MANY; i++) {
        records[i] =
            fixture_record(i < MANY ? RECORD_INTENT : RECORD_OUTCOME, i < MANY ? intent : outcome);
        records[i].target = i % MANY;
    }
    assert_true(store_append(store, records, RECORDS_MANY, &fixture->arena, &fixture->err));
    actions = actions_of(fixture, store);
    assert_int_equal(actions.count, MANY);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(actions.actions[i].target, i);
        assert_int_equal(actions.actions[i].id, i + 1);
        assert_non_null(actions.actions[i].outcome);
    }
}

static void an_open_action_has_a_null_outcome_in_json(void **state)
{
    Fixture *fixture = *state;
    Store *store = fixture_open(fixture, STORE_APPEND);
    LogActions actions;
    const char *text;

    add(fixture, store, "aaaa", 0, intent);
    actions = actions_of(fixture, store);
    text = json_text(&fixture->arena, log_action_json(&actions.actions[0], &fixture->arena));
    assert_non_null(strstr(text, "{\"id\":1,\"at\":\"2026-"));
    assert_non_null(strstr(text, "\"operator\":\"jane\""));
    assert_non_null(strstr(text, "\"outcome\":null,\"elapsed_ms\":null"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(records_of_an_action_come_together, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(a_body_that_is_no_json_leaves_things_unknown, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(many_actions_are_kept_apart, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(an_open_action_has_a_null_outcome_in_json, fixture_setup,
                                        fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
