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
        TEST(sigterm_is_only_said_after_terminate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
