/* SPDX-License-Identifier: PostgreSQL */
/* Guard: what a filter passes over, and what may never be sent; the sentences are in the scenarios.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/guard.h"
#include "core/ordinary.h"
#include "core/protect.h"

static Arena arena;

static int setup(void **state)
{
    arena_init(&arena);
    return 0;
}

static int teardown(void **state)
{
    arena_done(&arena);
    return 0;
}

static Judgement judge(OrderKind kind, const Session *session)
{
    World world = ordinary_world();
    Order order = {.kind = kind};

    return guard_judge(&world, &order, session, NOW_US, &arena);
}

static void a_filter_passes_over_what_the_order_means_nothing_to(void **state)
{
    Session session = ordinary_session();

    session.state = STATE_IDLE;
    assert_true(judge(ORDER_CANCEL, &session).inapplicable);
    assert_true(judge(ORDER_STOP, &session).inapplicable);
    assert_false(judge(ORDER_TERMINATE, &session).inapplicable);
    session.state = STATE_IN_TRANSACTION;
    assert_true(judge(ORDER_CANCEL, &session).inapplicable);
    assert_false(judge(ORDER_STOP, &session).inapplicable);
    session = ordinary_session();
    session.pid = 9;
    assert_true(judge(ORDER_TERMINATE, &session).inapplicable);
    session = ordinary_session();
    session.backend_type = "checkpointer";
    assert_true(judge(ORDER_TERMINATE, &session).inapplicable);
}

/* Whoever chose it by a filter should hear of these. */
static void refusals_that_a_filter_shows(void **state)
{
    Session session = ordinary_session();

    session.backend_start = TIME_UNKNOWN;
    assert_false(judge(ORDER_STOP, &session).inapplicable);
    session = ordinary_session();
    session.state = STATE_DISABLED;
    assert_false(judge(ORDER_STOP, &session).inapplicable);
    session = ordinary_session();
    session.query = "CREATE INDEX CONCURRENTLY i ON t (a)";
    assert_false(judge(ORDER_STOP, &session).inapplicable);
    session = ordinary_session();
    session.role_signalable = false;
    assert_false(judge(ORDER_STOP, &session).inapplicable);
    assert_int_equal(judge(ORDER_STOP, &session).verdict, VERDICT_DENY);
}

static void a_worker_leads_to_its_leader(void **state)
{
    Session session = ordinary_session();
    Judgement judgement;

    session.backend_type = "parallel worker";
    session.leader_pid = 77;
    judgement = judge(ORDER_CANCEL, &session);
    assert_int_equal(judgement.verdict, VERDICT_REDIRECT);
    assert_int_equal(judgement.ladder.count, 0);
}

/* Every kind of process, state, wait and order: a ladder only where something is sent, a cancel
 * never above the ladder's start, and a terminate never under a cancel order. */
static void only_a_verdict_to_send_has_a_ladder(void **state)
{
    static const char *const types[] = {"client backend",    "parallel worker", "walsender",
                                        "autovacuum worker", "checkpointer",    NULL};
    static const char *const waits[] = {"Client", "Lock", NULL};

    for (size_t i = 0; i < (size_t) 6 * 3 * 8 * 3; i++) {
        Session session = ordinary_session();
        OrderKind kind = (OrderKind) (i % 3);
        Judgement judgement;

        session.state = (SessionState) (i / 3 % 8);
        session.wait_event_type = waits[i / 24 % 3];
        session.backend_type = types[i / 72];
        judgement = judge(kind, &session);
        assert_int_equal(judgement.ladder.count > 0, judgement.verdict == VERDICT_SEND);
        assert_non_null(judgement.reason);
        if (judgement.verdict != VERDICT_SEND)
            continue;
        assert_true(i / 72 == 0);
        if (kind == ORDER_CANCEL)
            assert_true(judgement.ladder.count == 1 &&
                        judgement.ladder.remedies[0] == REMEDY_CANCEL);
        else
            assert_int_equal(judgement.ladder.remedies[judgement.ladder.count - 1],
                             REMEDY_TERMINATE);
        if (judgement.ladder.count == 2)
            assert_true(kind == ORDER_STOP && judgement.ladder.remedies[0] == REMEDY_CANCEL);
    }
}

static Judgement judge_protected(const Order *order, const Session *session)
{
    static Protection by_role = {.place = "/etc/pgquell/config.yaml:12"};
    static Protection *const entries[] = {&by_role};
    Protections protections = {.entries = (Protection **) entries, .count = 1};
    World world = ordinary_world();
    Err err;

    filter_init(&by_role.filter);
    assert_true(filter_add_text(&by_role.filter, FILTER_ROLE, "repl*", &err));
    world.protections = &protections;
    return guard_judge(&world, order, session, NOW_US, &arena);
}

static void what_the_configuration_protects_is_refused_and_passed_over(void **state)
{
    Session session = ordinary_session();
    Order order = {.kind = ORDER_TERMINATE};
    Judgement judgement = judge_protected(&order, &session);

    assert_int_equal(judgement.verdict, VERDICT_SEND); /* another role */
    session.role = "replicator";
    judgement = judge_protected(&order, &session);
    assert_int_equal(judgement.verdict, VERDICT_REFUSE);
    assert_true(judgement.inapplicable);
    assert_string_equal(judgement.reason, "it is protected by /etc/pgquell/config.yaml:12; --allow "
                                          "protected does it all the same");
    order.allow = ALLOW_PROTECTED;
    assert_int_equal(judge_protected(&order, &session).verdict, VERDICT_SEND);
}

/* Each asks for its own --allow, and a process that is never signalled says so first. */
static void protection_comes_on_top_of_the_kind(void **state)
{
    Session session = ordinary_session();
    Order order = {.kind = ORDER_TERMINATE, .allow = ALLOW_PROTECTED};

    session.role = "replicator";
    session.backend_type = "walsender";
    assert_non_null(strstr(judge_protected(&order, &session).reason, "--allow walsender"));
    order.allow = ALLOW_WALSENDER;
    assert_non_null(strstr(judge_protected(&order, &session).reason, "--allow protected"));
    order.allow = ALLOW_WALSENDER | ALLOW_PROTECTED;
    assert_int_equal(judge_protected(&order, &session).verdict, VERDICT_SEND);
    session.backend_type = "checkpointer";
    assert_non_null(strstr(judge_protected(&order, &session).reason, "checkpointer"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_filter_passes_over_what_the_order_means_nothing_to),
        TEST(refusals_that_a_filter_shows),
        TEST(a_worker_leads_to_its_leader),
        TEST(only_a_verdict_to_send_has_a_ladder),
        TEST(what_the_configuration_protects_is_refused_and_passed_over),
        TEST(protection_comes_on_top_of_the_kind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
