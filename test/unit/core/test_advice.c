/* SPDX-License-Identifier: PostgreSQL */
/* Advice: words for what is seen, clean whatever the server sent; the rest is in the scenarios. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/advice.h"
#include "core/ordinary.h"

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

static void what_is_seen_in_a_few_words(void **state)
{
    Session session = ordinary_session();

    assert_string_equal(advice_seen(NULL, &arena), "gone");
    assert_string_equal(advice_seen(&session, &arena), "active");
    session.wait_event_type = "Lock";
    assert_string_equal(advice_seen(&session, &arena), "active, waiting for Lock/?");
    session.wait_event = "rel\x1b";
    assert_string_equal(advice_seen(&session, &arena), "active, waiting for Lock/rel\\x1b");
    session.state = STATE_UNKNOWN;
    assert_string_equal(advice_seen(&session, &arena), "there, waiting for Lock/rel\\x1b");
    session.wait_event_type = NULL;
    assert_string_equal(advice_seen(&session, &arena), "there");
}

static void ages_are_those_of_the_server(void **state)
{
    static const Ladder cancel = {.remedies = {REMEDY_CANCEL}, .count = 1};
    Session session = ordinary_session();

    assert_non_null(strstr(advice_reason(&session, &cancel, NOW_US, &arena), "active for 10.0 s"));
    assert_non_null(strstr(advice_reason(&session, &cancel, NOW_US - 3600 * US_PER_S, &arena),
                           "active for 0.0 ms"));
    session.backend_type = NULL;
    session.query_start = TIME_UNKNOWN;
    assert_non_null(
        strstr(advice_reason(&session, &cancel, NOW_US, &arena), "for an unknown time"));
}

static void a_prepared_transaction_is_named_and_so_is_its_cure(void **state)
{
    static const Ladder cancel = {.remedies = {REMEDY_CANCEL}, .count = 1};
    Session session = ordinary_session();

    session.wait_event_type = "Lock";
    session.root_blocker = 0;
    session.waiters = 0;
    assert_string_equal(advice_reason(&session, &cancel, NOW_US, &arena),
                        "it has waited for a lock for 10.0 s, so it is a victim: the root blocker "
                        "is a prepared transaction");
    session.root_gid = "it's\x1b";
    assert_string_equal(advice_reason(&session, &cancel, NOW_US, &arena),
                        "it has waited for a lock for 10.0 s, so it is a victim: the root blocker "
                        "is prepared transaction $'it\\'s\\033', which `pgquell "
                        "rollback-prepared $'it\\'s\\033'` ends");
    session.root_gid = "--all"; /* a GID is no option */
    assert_non_null(strstr(advice_reason(&session, &cancel, NOW_US, &arena),
                           "which `pgquell rollback-prepared -- --all` ends"));
    session.root_gid = "order-17";
    session.waiters = 2;
    assert_non_null(strstr(advice_reason(&session, &cancel, NOW_US, &arena),
                           "stopping the root blocker (prepared transaction order-17, which "
                           "`pgquell rollback-prepared order-17` ends) frees all"));
}

static void sigterm_is_only_said_after_terminate(void **state)
{
    Session session = ordinary_session();

    assert_non_null(
        strstr(advice_diagnosis(&session, REMEDY_TERMINATE, NOW_US, &arena), "SIGTERM"));
    assert_null(strstr(advice_diagnosis(&session, REMEDY_CANCEL, NOW_US, &arena), "SIGTERM"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_seen_in_a_few_words),
        TEST(ages_are_those_of_the_server),
        TEST(a_prepared_transaction_is_named_and_so_is_its_cure),
        TEST(sigterm_is_only_said_after_terminate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
