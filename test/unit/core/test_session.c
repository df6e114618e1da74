/* SPDX-License-Identifier: PostgreSQL */
/* Session: what one row means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/ordinary.h"
#include "core/pooled.h"

static void id_is_that_of_the_log(void **state)
{
    Session session = {.pid = 0x13e0f, .backend_start = INT64_C(0x673dd2b1) * US_PER_S + 999999};
    char id[SESSION_ID_MAX];

    assert_string_equal(session_id(&session, id), "673dd2b1.13e0f");
    session.backend_start = TIME_UNKNOWN;
    assert_string_equal(session_id(&session, id), "?.13e0f");
}

static void states_have_postgresqls_names(void **state)
{
    for (int i = STATE_ACTIVE; i <= STATE_STARTING; i++)
        assert_int_equal(state_named(state_name((SessionState) i)), i);
    assert_null(state_name(STATE_UNKNOWN));
    assert_int_equal(state_named(NULL), STATE_UNKNOWN);
    assert_int_equal(state_named("no such state"), STATE_UNKNOWN);
    assert_int_equal(state_named("idle in transaction (aborted)"), STATE_ABORTED);
}

static void kinds_are_told_apart(void **state)
{
    Session session = ordinary_session();

    assert_true(session_is_client(&session));
    assert_false(session_is_hidden(&session));
    session.backend_type = "walsender";
    assert_false(session_is_client(&session));
    session.backend_type = NULL;
    assert_false(session_is_client(&session));
    session.backend_start = TIME_UNKNOWN;
    assert_true(session_is_hidden(&session));
}

static void activity_and_transactions(void **state)
{
    Session session = {.state = STATE_ACTIVE};

    assert_true(session_is_active(&session) && !session_in_transaction(&session));
    session.state = STATE_FASTPATH;
    assert_true(session_is_active(&session) && !session_in_transaction(&session));
    session.state = STATE_IN_TRANSACTION;
    assert_true(!session_is_active(&session) && session_in_transaction(&session));
    session.state = STATE_ABORTED;
    assert_true(!session_is_active(&session) && session_in_transaction(&session));
    session.state = STATE_IDLE;
    assert_true(!session_is_active(&session) && !session_in_transaction(&session));
}

static void waits(void **state)
{
    Session session = {.wait_event_type = "Lock", .wait_event = "relation"};

    assert_true(session_waits(&session, "Lock", NULL));
    assert_true(session_waits(&session, "Lock", "relation"));
    assert_false(session_waits(&session, "Lock", "tuple"));
    assert_false(session_waits(&session, "IPC", NULL));
    session.wait_event = NULL;
    assert_true(session_waits(&session, "Lock", NULL));
    assert_false(session_waits(&session, "Lock", "relation"));
    session.wait_event_type = NULL;
    assert_false(session_waits(&session, "Lock", NULL));
}

static void sameness(void **state)
{
    Session a = ordinary_session();
    Session b = a;

    assert_true(session_same(&a, &b));
    assert_true(session_same_transaction(&a, &b) && session_same_statement(&a, &b));
    b.query_start++;
    assert_true(session_same_transaction(&a, &b) && !session_same_statement(&a, &b));
    b.xact_start++;
    assert_true(session_same(&a, &b) && !session_same_transaction(&a, &b));
    b = a;
    b.backend_start++;
    assert_false(session_same(&a, &b));
    assert_false(session_same_transaction(&a, &b) || session_same_statement(&a, &b));
    b = a;
    b.pid++;
    assert_false(session_same(&a, &b));
}

static void busy_since(void **state)
{
    Session session = ordinary_session();

    assert_int_equal(session_busy_since(&session), session.xact_start);
    session.xact_start = TIME_UNKNOWN;
    session.state_change = session.query_start + 1;
    assert_int_equal(session_busy_since(&session), session.query_start);
    session.query_start = TIME_UNKNOWN;
    assert_int_equal(session_busy_since(&session), session.state_change);
    session.query_start = 1;
    session.state = STATE_IDLE;
    assert_int_equal(session_busy_since(&session), session.state_change);
    session.state_change = TIME_UNKNOWN;
    assert_int_equal(session_busy_since(&session), TIME_NEVER);
}

static void copy_has_its_own_texts(void **state)
{
    Session session = ordinary_session();
    static const Pooled pooled = {.pooler = "10.0.0.5:6432"};
    char role[] = "app";
    Session copy;
    Arena arena;

    arena_init(&arena);
    session.role = role;
    session.wait_event_type = "Lock";
    session.wait_event = "relation";
    session.pooled = &pooled;
    copy = session_copy(&session, &arena);
    role[0] = 'X';
    assert_string_equal(copy.role, "app");
    assert_string_equal(copy.database, "shop");
    assert_string_equal(copy.application, "web");
    assert_string_equal(copy.client, "10.1.2.3");
    assert_string_equal(copy.backend_type, "client backend");
    assert_string_equal(copy.wait_event_type, "Lock");
    assert_string_equal(copy.wait_event, "relation");
    assert_string_equal(copy.query, "SELECT work()");
    assert_ptr_not_equal(copy.pooled, &pooled);
    assert_string_equal(copy.pooled->pooler, pooled.pooler);
    assert_true(session_same(&copy, &session));
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(id_is_that_of_the_log),
        cmocka_unit_test(states_have_postgresqls_names),
        cmocka_unit_test(kinds_are_told_apart),
        cmocka_unit_test(activity_and_transactions),
        cmocka_unit_test(waits),
        cmocka_unit_test(sameness),
        cmocka_unit_test(busy_since),
        cmocka_unit_test(copy_has_its_own_texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
