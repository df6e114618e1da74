/* SPDX-License-Identifier: PostgreSQL */
/* JSON: exact lines, nulls, numbers without noise, and text that wants to do harm. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/pooled.h"
#include "ui/json.h"
#include "ui/sample.h"

static void assert_session_json(const Session *session, int64_t now_us, const char *expected)
{
    Arena arena;

    arena_init(&arena);
    assert_string_equal(json_text(&arena, json_session(session, now_us)), expected);
    arena_done(&arena);
}

/* Whether the session's line holds this. */
static bool has(const Session *session, const char *part)
{
    Arena arena;
    bool found;

    arena_init(&arena);
    found = strstr(json_text(&arena, json_session(session, NOW_US)), part) != NULL;
    arena_done(&arena);
    return found;
}

static void test_session_all_known(void **state)
{
    Session session = sample_session(81423);

    session.leader_pid = 81000;
    session.wait_event_type = "Lock";
    session.wait_event = "transactionid";
    session.xid = 4294967295U;
    session.xmin = 7300;
    session.query_id = INT64_C(-6883142931254872323);
    session.query_start = NOW_US - 300000;
    session.state_change = NOW_US - 1;
    assert_session_json(
        &session, NOW_US,
        "{\"session\":\"673dd518.13e0f\",\"pid\":81423,\"role\":\"app\",\"database\":\"shop\","
        "\"application\":\"report-worker\",\"client\":\"10.0.0.5\","
        "\"backend_type\":\"client backend\",\"leader_pid\":81000,\"state\":\"active\","
        "\"wait_event_type\":\"Lock\",\"wait_event\":\"transactionid\","
        "\"backend_start\":\"2024-11-20T12:24:56.123456Z\","
        "\"xact_start\":\"2024-11-20T12:30:46.123456Z\","
        "\"query_start\":\"2024-11-20T12:34:55.823456Z\","
        "\"state_change\":\"2024-11-20T12:34:56.123455Z\","
        "\"session_s\":600.0,\"transaction_s\":250.0,\"statement_s\":0.3,\"state_s\":1e-6,"
        "\"xid\":4294967295,\"xmin\":7300,\"query_id\":-6883142931254872323,"
        "\"query\":\"UPDATE account SET balance = 1 WHERE id = 1\"}");
}

static void test_session_nothing_known(void **state)
{
    Session session = {.pid = 4711,
                       .backend_start = TIME_UNKNOWN,
                       .xact_start = TIME_UNKNOWN,
                       .query_start = TIME_UNKNOWN,
                       .state_change = TIME_UNKNOWN};

    assert_session_json(
        &session, NOW_US,
        "{\"session\":\"?.1267\",\"pid\":4711,\"role\":null,\"database\":null,"
        "\"application\":null,\"client\":null,\"backend_type\":null,\"leader_pid\":null,"
        "\"state\":null,\"wait_event_type\":null,\"wait_event\":null,\"backend_start\":null,"
        "\"xact_start\":null,\"query_start\":null,\"state_change\":null,\"session_s\":null,"
        "\"transaction_s\":null,\"statement_s\":null,\"state_s\":null,\"xid\":null,"
        "\"xmin\":null,\"query_id\":null,\"query\":null}");
}

/* The object of a session with its pooled client, from that key on. */
static void assert_pooled_json(const Pooled *pooled, const char *expected)
{
    Session session = sample_session(1);
    json_t *object;
    Arena arena;
    char *text;

    arena_init(&arena);
    session.pooled = pooled;
    object = json_session(&session, NOW_US);
    assert_null(json_object_get(object, "pooled"));
    json_add_pooled(object, &session);
    text = json_text(&arena, object);
    assert_non_null(strstr(text, ",\"pooled\":"));
    assert_string_equal(strstr(text, ",\"pooled\":"), expected);
    arena_done(&arena);
}

static void test_pooled_client(void **state)
{
    static const Pooled linked = {.pooler = "10.0.0.5:6432",
                                  .linked = true,
                                  .client = "10.0.0.7",
                                  .port = 53124,
                                  .role = "web",
                                  .database = "shop",
                                  .application = "check\033out"};
    static const Pooled local = {.pooler = "/run:6432", .linked = true, .role = "web", .os_pid = 7};
    static const Pooled idle = {.pooler = "10.0.0.5:6432"};

    assert_pooled_json(&linked, ",\"pooled\":{\"pooler\":\"10.0.0.5:6432\",\"client\":\"10.0.0.7\","
                                "\"port\":53124,\"role\":\"web\",\"database\":\"shop\","
                                "\"application\":\"check\\u001Bout\"}}");
    assert_pooled_json(&local, ",\"pooled\":{\"pooler\":\"/run:6432\",\"client\":null,"
                               "\"port\":null,\"role\":\"web\",\"database\":null,"
                               "\"application\":null}}");
    assert_pooled_json(&idle, ",\"pooled\":null}");
    assert_pooled_json(NULL, ",\"pooled\":null}");
}

static void test_statement_age_is_for_active_ones(void **state)
{
    Session session = sample_idle_in_transaction(1, 90 * US_PER_S);

    assert_true(has(&session, "\"statement_s\":null,\"state_s\":90.0"));
    assert_true(has(&session, "\"transaction_s\":250.0"));
    session.state = STATE_FASTPATH;
    assert_true(has(&session, "\"statement_s\":4.2"));
}

static void test_ages_are_never_negative(void **state)
{
    Session session = sample_session(1);

    session.query_start = NOW_US + 5;
    assert_true(has(&session, "\"statement_s\":0.0"));
}

static void test_ages_have_no_noise(void **state)
{
    Session session = sample_session(1);

    session.backend_start = NOW_US - (365 * INT64_C(86400) * US_PER_S + 1);
    session.query_start = NOW_US - 100001;
    session.state_change = NOW_US - 2700000;
    assert_true(has(&session, "\"session_s\":31536000.000001,"));
    assert_true(has(&session, "\"statement_s\":0.100001,"));
    assert_true(has(&session, "\"state_s\":2.7,"));
}

static void test_hostile_text_is_escaped(void **state)
{
    Session session = sample_session(1);

    session.query = HOSTILE "\"\\\xf0\x9f\x98\x80\xc3";
    session.role = "\xe6\x97\xa5";
    assert_true(has(&session, "\"query\":\"a\\u001B[2J\\u202E\\\\xff\\u007f\\nb\\\"\\\\"
                              "\\uD83D\\uDE00\\\\xc3\"}"));
    assert_true(has(&session, "\"role\":\"\\u65E5\""));
}

/* Random bytes: always printable ASCII, and jansson reads it back. */
static void test_any_bytes_make_valid_ascii(void **state)
{
    uint32_t seed = 42;

    for (int round = 0; round < 300; round++) {
        char bytes[64] = "";
        Session session = sample_session(1);
        Arena arena;
        char *line;
        json_t *back;

        for (size_t i = 0; i + 1 < sizeof(bytes); i++) {
            seed = seed * 1664525U + 1013904223U;
            bytes[i] = (char) ((seed >> 24) ? (seed >> 24) : 1);
        }
        session.query = session.application = bytes;
        arena_init(&arena);
        line = json_text(&arena, json_session(&session, NOW_US));
        for (const char *c = line; *c; c++)
            assert_in_range((unsigned char) *c, ' ', '~');
        back = json_loads(line, 0, NULL);
        assert_non_null(back);
        assert_int_equal(json_object_size(back), 23);
        json_decref(back);
        arena_done(&arena);
    }
}

static void test_a_megabyte_is_whole(void **state)
{
    Session session = sample_session(1);
    char *query = sample_long('y', 1 << 20);
    Arena arena;
    char *line;

    session.query = query;
    arena_init(&arena);
    line = json_text(&arena, json_session(&session, NOW_US));
    assert_non_null(strstr(line, query));
    arena_done(&arena);
    free(query);
}

static void assert_action_json(const Target *target, const char *expected)
{
    Arena arena;

    arena_init(&arena);
    assert_string_equal(json_text(&arena, json_action(target)), expected);
    arena_done(&arena);
}

#define IDENTITY                                                                            \
    "{\"session\":\"673dd518.13e0f\",\"pid\":81423,\"role\":\"app\",\"database\":\"shop\"," \
    "\"application\":\"report-worker\",\"client\":\"10.0.0.5\","                            \
    "\"backend_type\":\"client backend\","

static void test_action_terminated(void **state)
{
    Session session = sample_idle_in_transaction(81423, 90 * US_PER_S);
    Sample sample;

    sample_begin(&sample);
    sample_terminated(&sample, &session);
    assert_action_json(
        engine_target(sample.engine, 0), IDENTITY
        "\"scope\":\"session\",\"plan\":[\"terminate\"],\"reason\":\"it has been idle in "
        "transaction for 1 min 30 s: no statement runs, so only ending the session ends its "
        "transaction\",\"steps\":["
        "{\"at\":\"2024-11-20T12:34:56.123456Z\",\"step\":\"terminate\",\"result\":\"sent\"},"
        "{\"at\":\"2024-11-20T12:34:56.124656Z\",\"step\":\"observe\",\"result\":\"gone\"}],"
        "\"outcome\":\"terminated\",\"elapsed_ms\":1.2,\"state_before\":\"idle in transaction\","
        "\"state_after\":null,\"locks_before\":3,\"locks_after\":0,\"waiters_before\":2,"
        "\"waiters_after\":0,\"note\":null}");
    sample_end(&sample);
}

static void test_action_before_go_has_no_outcome(void **state)
{
    Session session = sample_session(81423);
    Session idle = sample_session(81423);
    Sample sample;

    idle.state = STATE_IDLE;
    idle.xact_start = TIME_UNKNOWN;
    idle.locks = idle.waiters = COUNT_UNKNOWN;
    sample_begin(&sample);
    sample_request(&sample, ORDER_STOP, &session);
    sample_request(&sample, ORDER_STOP, &idle);
    assert_action_json(
        engine_target(sample.engine, 0), IDENTITY
        "\"scope\":\"statement\",\"plan\":[\"cancel\",\"terminate\"],\"reason\":\"its statement "
        "has been active for 4.2 s: a cancel ends it and keeps the connection\",\"steps\":[],"
        "\"outcome\":null,\"elapsed_ms\":null,\"state_before\":\"active\",\"state_after\":null,"
        "\"locks_before\":3,\"locks_after\":null,\"waiters_before\":0,\"waiters_after\":null,"
        "\"note\":null}");
    assert_action_json(
        engine_target(sample.engine, 1), IDENTITY
        "\"scope\":\"transaction\",\"plan\":[],\"reason\":\"it is idle, nothing runs: only "
        "`terminate` would end the session\",\"steps\":[],\"outcome\":null,\"elapsed_ms\":null,"
        "\"state_before\":\"idle\",\"state_after\":null,\"locks_before\":null,"
        "\"locks_after\":null,\"waiters_before\":null,\"waiters_after\":null,\"note\":null}");
    sample_event(&sample, EVENT_GO, 0);
    assert_action_json(
        engine_target(sample.engine, 1), IDENTITY
        "\"scope\":\"transaction\",\"plan\":[],\"reason\":\"it is idle, nothing runs: only "
        "`terminate` would end the session\",\"steps\":[],\"outcome\":\"refused\","
        "\"elapsed_ms\":0.0,\"state_before\":\"idle\",\"state_after\":\"idle\","
        "\"locks_before\":null,\"locks_after\":null,\"waiters_before\":null,"
        "\"waiters_after\":null,\"note\":null}");
    sample_end(&sample);
}

static void test_action_unknown_has_nothing_after(void **state)
{
    Session session = sample_session(81423);
    Sample sample;
    Arena arena;
    char *line;

    sample_begin(&sample);
    sample_request(&sample, ORDER_CANCEL, &session);
    sample_event(&sample, EVENT_GO, 0);
    sample_event(&sample, EVENT_RECORDED, 0);
    sample_signalled(&sample, 0, SIGNAL_SENT, NULL);
    arena_init(&arena);
    line = json_text(&arena, json_action(engine_target(sample.engine, 0)));
    assert_non_null(strstr(line, "\"outcome\":null,\"elapsed_ms\":null,"));
    assert_non_null(strstr(line, "\"locks_after\":null,"));
    sample_event(&sample, EVENT_LOST, 0);
    sample_event(&sample, EVENT_GIVE_UP, 0);
    line = json_text(&arena, json_action(engine_target(sample.engine, 0)));
    assert_non_null(strstr(line, "\"outcome\":\"unknown\""));
    assert_non_null(strstr(line, "\"state_before\":\"active\",\"state_after\":null,"
                                 "\"locks_before\":3,\"locks_after\":null,"
                                 "\"waiters_before\":0,\"waiters_after\":null,"));
    assert_non_null(strstr(line, "\"note\":\"contact"));
    arena_done(&arena);
    sample_end(&sample);
}

static void test_print_is_one_line_each(void **state)
{
    Printed printed;
    char *text;

    printed_begin(&printed);
    assert_true(json_print(printed.out, json_pack("{s:s}", "a", "x\ny")));
    assert_true(json_print(printed.out, json_pack("{s:i}", "b", 1)));
    text = printed_end(&printed);
    assert_string_equal(text, "{\"a\":\"x\\ny\"}\n{\"b\":1}\n");
    free(text);
}

static void test_print_tells_of_a_full_disk(void **state)
{
    FILE *full = fopen("/dev/full", "w");

    if (!full)
        skip();
    assert_false(json_print(full, json_object()));
    (void) fclose(full);
}

static void test_consequences_are_sentences(void **state)
{
    static const Consequence list[] = {{CONSEQUENCE_FREES, "1 session"}, {CONSEQUENCE_HOLDS, "x"}};
    Arena arena;

    arena_init(&arena);
    assert_string_equal(json_text(&arena, json_consequences(&(Consequences){list, 2, 0, 0})),
                        "[\"frees: 1 session\",\"holds: x\"]");
    assert_string_equal(json_text(&arena, json_consequences(&(Consequences){0})), "[]");
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_consequences_are_sentences),
        cmocka_unit_test(test_session_all_known),
        cmocka_unit_test(test_session_nothing_known),
        cmocka_unit_test(test_pooled_client),
        cmocka_unit_test(test_statement_age_is_for_active_ones),
        cmocka_unit_test(test_ages_are_never_negative),
        cmocka_unit_test(test_ages_have_no_noise),
        cmocka_unit_test(test_hostile_text_is_escaped),
        cmocka_unit_test(test_any_bytes_make_valid_ascii),
        cmocka_unit_test(test_a_megabyte_is_whole),
        cmocka_unit_test(test_action_terminated),
        cmocka_unit_test(test_action_before_go_has_no_outcome),
        cmocka_unit_test(test_action_unknown_has_nothing_after),
        cmocka_unit_test(test_print_is_one_line_each),
        cmocka_unit_test(test_print_tells_of_a_full_disk),
    };

    (void) setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
