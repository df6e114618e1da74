/* SPDX-License-Identifier: PostgreSQL */
/* Describe: the compact words for durations, states, waits and who blocks whom. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/pooled.h"
#include "ui/describe.h"
#include "ui/sample.h"

static Arena arena;

static int make_arena(void **state)
{
    arena_init(&arena);
    return 0;
}

static int drop_arena(void **state)
{
    arena_done(&arena);
    return 0;
}

static void test_durations(void **state)
{
    static const struct {
        int64_t us;
        const char *text;
    } rows[] = {
        {-1, "0ms"},
        {350 * US_PER_MS, "350ms"},
        {US_PER_S - 1, "999ms"},
        {US_PER_S, "1.0s"},
        {10 * US_PER_S - 1, "9.9s"},
        {10 * US_PER_S, "10s"},
        {60 * US_PER_S - 1, "59s"},
        {60 * US_PER_S, "1m00s"},
        {250 * US_PER_S, "4m10s"},
        {3600 * US_PER_S - 1, "59m59s"},
        {7500 * US_PER_S, "2h05m"},
        {86400 * US_PER_S - 1, "23h59m"},
        {(3 * 86400 + 4 * 3600) * US_PER_S, "3d04h"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(describe_duration(rows[i].us, &arena), rows[i].text);
}

static void test_states(void **state)
{
    Session session = sample_session(1);

    assert_string_equal(describe_state(&session), "active");
    session.state = STATE_ABORTED;
    assert_string_equal(describe_state(&session), "aborted xact");
    session.state = STATE_FASTPATH;
    assert_string_equal(describe_state(&session), "fastpath");
    session.state = STATE_UNKNOWN;
    assert_string_equal(describe_state(&session), "");
    session.backend_start = TIME_UNKNOWN;
    assert_string_equal(describe_state(&session), "hidden");
}

static void test_waits(void **state)
{
    Look look = {0};
    Describe describe = {.arena = &arena, .look = &look, .now_us = NOW_US};
    Session session = sample_idle_in_transaction(1, 0);

    assert_string_equal(describe_wait(&describe, &session), "");
    session.state = STATE_ACTIVE; /* a client that does not send its data is worth a word */
    assert_string_equal(describe_wait(&describe, &session), "Client/ClientRead");
    session.wait_event = NULL;
    assert_string_equal(describe_wait(&describe, &session), "Client/?");
    session.wait_event_type = NULL;
    assert_string_equal(describe_wait(&describe, &session), "");
}

static void test_clients(void **state)
{
    static const Pooled linked = {
        .pooler = "10.0.0.5:6432", .linked = true, .client = "10.0.0.7\033"};
    static const Pooled local = {.pooler = "10.0.0.5:6432", .linked = true};
    static const Pooled idle = {.pooler = "10.0.0.5:6432\033"};
    Look look = {0};
    Describe describe = {.arena = &arena, .look = &look, .now_us = NOW_US};
    Session session = sample_session(1);

    session.client = "10.0.0.5";
    assert_string_equal(describe_client(&describe, &session), "10.0.0.5");
    session.pooled = &linked;
    assert_string_equal(describe_client(&describe, &session), "10.0.0.7\\x1b via pgbouncer");
    session.pooled = &local;
    assert_string_equal(describe_client(&describe, &session), "[local] via pgbouncer");
    session.pooled = &idle;
    assert_string_equal(describe_client(&describe, &session), "pool of 10.0.0.5:6432\\x1b");
    session.pooled = NULL;
    session.client = NULL;
    assert_string_equal(describe_client(&describe, &session), "");
    session.over_socket = true;
    assert_string_equal(describe_client(&describe, &session), "[local]");
}

static void test_blocking(void **state)
{
    Look look = {0};
    Describe describe = {.arena = &arena, .look = &look, .now_us = NOW_US};
    Session session = sample_session(1);

    assert_string_equal(describe_blocking(&describe, &session), "");
    session.waiters = COUNT_UNKNOWN;
    assert_string_equal(describe_blocking(&describe, &session), "");
    session.waiters = 3;
    assert_string_equal(describe_blocking(&describe, &session), "blocks 3");
    session.root_blocker = 812;
    assert_string_equal(describe_blocking(&describe, &session), "by 812, blocks 3");
    session.waiters = 0;
    session.root_blocker = 0;
    assert_string_equal(describe_blocking(&describe, &session), "by prepared");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_durations, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(test_states, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(test_waits, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(test_clients, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(test_blocking, make_arena, drop_arena),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
