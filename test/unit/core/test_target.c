/* SPDX-License-Identifier: PostgreSQL */
/* Target: words, scopes and stamps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/ordinary.h"
#include "core/target.h"

static void words(void **state)
{
    assert_string_equal(order_name(ORDER_CANCEL), "cancel");
    assert_string_equal(order_name(ORDER_STOP), "stop");
    assert_string_equal(order_name(ORDER_TERMINATE), "terminate");
    assert_string_equal(scope_name(SCOPE_DEFAULT), "default");
    assert_string_equal(scope_name(SCOPE_SESSION), "session");
    assert_string_equal(remedy_name(REMEDY_CANCEL), "cancel");
    assert_string_equal(remedy_name(REMEDY_TERMINATE), "terminate");
    assert_null(outcome_name(OUTCOME_NONE));
    assert_string_equal(outcome_name(OUTCOME_OVER), "over");
    assert_string_equal(outcome_name(OUTCOME_UNKNOWN), "unknown");
}

static void exits(void **state)
{
    static const ErrCode codes[] = {
        [OUTCOME_NONE] = ERR_NONE,          [OUTCOME_OVER] = ERR_NONE,
        [OUTCOME_CANCELLED] = ERR_NONE,     [OUTCOME_TERMINATED] = ERR_NONE,
        [OUTCOME_DISCONNECTED] = ERR_NONE,  [OUTCOME_SURVIVED] = ERR_UNRESOLVED,
        [OUTCOME_STUCK] = ERR_UNRESOLVED,   [OUTCOME_HELD] = ERR_REFUSED,
        [OUTCOME_REFUSED] = ERR_REFUSED,    [OUTCOME_DENIED] = ERR_REFUSED,
        [OUTCOME_UNKNOWN] = ERR_UNRESOLVED,
    };

    for (int i = OUTCOME_NONE; i <= OUTCOME_UNKNOWN; i++)
        assert_int_equal(outcome_exit((Outcome) i), codes[i]);
}

static void an_order_has_its_scope(void **state)
{
    Session session = ordinary_session();
    Order order = {.kind = ORDER_CANCEL};

    assert_int_equal(scope_for(&order, &session), SCOPE_STATEMENT);
    order.kind = ORDER_TERMINATE;
    assert_int_equal(scope_for(&order, &session), SCOPE_SESSION);
    order.kind = ORDER_STOP;
    assert_int_equal(scope_for(&order, &session), SCOPE_STATEMENT);
    session.state = STATE_ABORTED;
    assert_int_equal(scope_for(&order, &session), SCOPE_TRANSACTION);
    order.scope = SCOPE_SESSION;
    assert_int_equal(scope_for(&order, &session), SCOPE_SESSION);
}

static void a_statement_is_over(void **state)
{
    Session before = ordinary_session();
    Session now = before;

    assert_false(scope_is_over(SCOPE_STATEMENT, &before, &now));
    now.state_change++;
    now.wait_event_type = "Lock";
    assert_false(scope_is_over(SCOPE_STATEMENT, &before, &now));
    now.query_start++;
    assert_true(scope_is_over(SCOPE_STATEMENT, &before, &now));
    now = before;
    now.state = STATE_IN_TRANSACTION;
    assert_true(scope_is_over(SCOPE_STATEMENT, &before, &now));
    now = before;
    now.backend_start++;
    assert_true(scope_is_over(SCOPE_STATEMENT, &before, &now));
    assert_true(scope_is_over(SCOPE_STATEMENT, &before, NULL));
}

static void a_transaction_is_over(void **state)
{
    Session before = ordinary_session();
    Session now = before;

    now.query_start++;
    now.state = STATE_IN_TRANSACTION;
    assert_false(scope_is_over(SCOPE_TRANSACTION, &before, &now));
    now.xact_start++;
    assert_true(scope_is_over(SCOPE_TRANSACTION, &before, &now));
    now.xact_start = TIME_UNKNOWN;
    assert_true(scope_is_over(SCOPE_TRANSACTION, &before, &now));
    now.xid = 5;
    assert_false(scope_is_over(SCOPE_TRANSACTION, &before, &now));
}

/* Aborted and without a start from the beginning on. */
static void an_aborted_transaction_is_over(void **state)
{
    Session before = ordinary_session();
    Session now;

    before.state = STATE_ABORTED;
    before.xact_start = TIME_UNKNOWN;
    now = before;
    assert_false(scope_is_over(SCOPE_TRANSACTION, &before, &now));
    now.state_change++;
    assert_true(scope_is_over(SCOPE_TRANSACTION, &before, &now));
    now = before;
    now.state = STATE_IDLE;
    assert_true(scope_is_over(SCOPE_TRANSACTION, &before, &now));
}

static void a_session_is_over_when_it_is_gone(void **state)
{
    Session before = ordinary_session();
    Session now = before;

    now.state = STATE_IDLE;
    now.xact_start = now.query_start = TIME_UNKNOWN;
    assert_false(scope_is_over(SCOPE_SESSION, &before, &now));
    now.backend_start++;
    assert_true(scope_is_over(SCOPE_SESSION, &before, &now));
    assert_true(scope_is_over(SCOPE_SESSION, &before, NULL));
}

static void stamps_test_what_the_scope_is_about(void **state)
{
    Session session = ordinary_session();
    Stamp stamp = stamp_for(SCOPE_SESSION, 0, &session);

    assert_int_equal(stamp.pid, session.pid);
    assert_int_equal(stamp.backend_start, session.backend_start);
    assert_int_equal(stamp.tests, 0);
    stamp = stamp_for(SCOPE_STATEMENT, 0, &session);
    assert_int_equal(stamp.tests, CHOSEN_QUERY_START | CHOSEN_STATE);
    assert_int_equal(stamp.query_start, session.query_start);
    assert_int_equal(stamp.state, STATE_ACTIVE);
    stamp = stamp_for(SCOPE_TRANSACTION, CHOSEN_APPLICATION, &session);
    assert_int_equal(stamp.tests, CHOSEN_XACT_START | CHOSEN_APPLICATION);
    assert_int_equal(stamp.xact_start, session.xact_start);
    assert_string_equal(stamp.application, "web");
    session.xact_start = TIME_UNKNOWN;
    stamp = stamp_for(SCOPE_TRANSACTION, 0, &session);
    assert_int_equal(stamp.tests, CHOSEN_XACT_START | CHOSEN_STATE | CHOSEN_STATE_CHANGE);
    assert_int_equal(stamp.state_change, session.state_change);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words),
        cmocka_unit_test(exits),
        cmocka_unit_test(an_order_has_its_scope),
        cmocka_unit_test(a_statement_is_over),
        cmocka_unit_test(a_transaction_is_over),
        cmocka_unit_test(an_aborted_transaction_is_over),
        cmocka_unit_test(a_session_is_over_when_it_is_gone),
        cmocka_unit_test(stamps_test_what_the_scope_is_about),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
