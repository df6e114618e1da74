/* SPDX-License-Identifier: PostgreSQL */
/* Filter: each predicate, what is hidden, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/filter.h"
#include "core/ordinary.h"
#include "core/target.h"

static Filter filter;
static Err err;

static int setup(void **state)
{
    filter_init(&filter);
    memset(&err, 0, sizeof(err));
    return 0;
}

static int teardown(void **state)
{
    filter_done(&filter);
    return 0;
}

static void add(FilterText which, const char *value)
{
    assert_true(filter_add_text(&filter, which, value, &err));
}

static bool matches(const Session *session)
{
    return filter_matches(&filter, session, NOW_US);
}

static void nothing_asked_is_met_by_all(void **state)
{
    Session session = ordinary_session();

    assert_false(filter_given(&filter));
    assert_true(matches(&session));
    assert_int_equal(filter_chosen_by(&filter), 0);
}

static void texts_are_anded_and_values_ored(void **state)
{
    Session session = ordinary_session();

    add(FILTER_ROLE, "nobody");
    assert_true(filter_given(&filter));
    assert_false(matches(&session));
    add(FILTER_ROLE, "a?p");
    assert_true(matches(&session));
    add(FILTER_DATABASE, "sh*");
    assert_true(matches(&session));
    add(FILTER_APPLICATION, "web2");
    assert_false(matches(&session));
}

static void each_text_looks_at_its_column(void **state)
{
    static const struct {
        FilterText which;
        const char *right;
        const char *wrong;
    } rows[] = {
        {FILTER_ROLE, "app", "shop"},
        {FILTER_DATABASE, "shop", "app"},
        {FILTER_APPLICATION, "web", "app"},
        {FILTER_STATE, "active", "idle"},
        {FILTER_BACKEND_TYPE, "client*", "walsender"},
        {FILTER_WAIT, "Lock", "IPC"},
    };
    Session session = ordinary_session();

    session.wait_event_type = "Lock";
    session.wait_event = "relation";
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        filter_init(&filter);
        add(rows[i].which, rows[i].right);
        assert_true(matches(&session));
        filter_init(&filter);
        add(rows[i].which, rows[i].wrong);
        assert_false(matches(&session));
    }
}

static void what_it_does_not_have_is_not_met(void **state)
{
    Session session = ordinary_session();

    session.database = NULL;
    add(FILTER_DATABASE, "*");
    assert_false(matches(&session));
}

static void waits_match_by_type_event_or_both(void **state)
{
    Session session = ordinary_session();

    add(FILTER_WAIT, "Lock/rel*");
    assert_false(matches(&session));
    session.wait_event_type = "Lock";
    assert_false(matches(&session));
    session.wait_event = "tuple";
    assert_false(matches(&session));
    session.wait_event = "relation";
    assert_true(matches(&session));
    filter_init(&filter);
    add(FILTER_WAIT, "relation");
    assert_true(matches(&session));
}

static void idle_in_transaction_includes_aborted(void **state)
{
    Session session = ordinary_session();

    add(FILTER_STATE, "idle in transaction");
    session.state = STATE_ABORTED;
    assert_true(matches(&session));
    session.state = STATE_IN_TRANSACTION;
    assert_true(matches(&session));
    session.state = STATE_IDLE;
    assert_false(matches(&session));
    session.state = STATE_UNKNOWN;
    assert_false(matches(&session));
    filter_init(&filter);
    add(FILTER_STATE, "idle in transaction (aborted)");
    assert_false(matches(&session));
    session.state = STATE_ABORTED;
    assert_true(matches(&session));
    session.state = STATE_IN_TRANSACTION;
    assert_false(matches(&session));
}

static void unknown_states_are_refused(void **state)
{
    assert_false(filter_add_text(&filter, FILTER_STATE, "activ", &err));
    assert_int_equal(err.code, ERR_USAGE);
    assert_string_equal(err.message, "unknown state \"activ\"");
    assert_non_null(strstr(err.hint, "Did you mean \"active\"? States are: active, idle,"));
    assert_false(filter_add_text(&filter, FILTER_STATE, "xyzzy", &err));
    assert_int_equal(strncmp(err.hint, "States are: ", 12), 0);
    assert_true(filter_add_text(&filter, FILTER_STATE, "nonsense*", &err));
    assert_int_equal(filter.text_counts[FILTER_STATE], 1);
}

static void one_client(const char *network, const char *client, bool expected)
{
    Session session = ordinary_session();

    filter_init(&filter);
    session.client = client;
    assert_true(filter_add_client(&filter, network, &err));
    assert_true(filter_given(&filter));
    if (matches(&session) != expected)
        fail_msg("%s in %s should be %d", client, network, expected);
}

static void networks_of_version_4(void **state)
{
    one_client("10.1.2.3", "10.1.2.3", true);
    one_client("10.1.2.3", "10.1.2.4", false);
    one_client("10.1.2.0/24", "10.1.2.255", true);
    one_client("10.1.2.0/24", "10.1.3.0", false);
    one_client("10.1.2.129/25", "10.1.2.128", true);
    one_client("10.1.2.129/25", "10.1.2.127", false);
    one_client("10.1.2.128/31", "10.1.2.129", true);
    one_client("10.1.2.128/31", "10.1.2.130", false);
    one_client("128.0.0.0/1", "200.0.0.1", true);
    one_client("128.0.0.0/1", "127.255.255.255", false);
    one_client("0.0.0.0/0", "255.255.255.255", true);
    one_client("1.2.3.4/32", "1.2.3.5", false);
}

static void networks_of_version_6(void **state)
{
    one_client("fd00::/8", "fdff::1", true);
    one_client("fd00::/8", "fe00::1", false);
    one_client("fd00::1/127", "fd00::", true);
    one_client("fd00::1/127", "fd00::2", false);
    one_client("::1", "::1", true);
    one_client("::1", "::2", false);
    one_client("::/0", "abcd::1", true);
    one_client("::/0", "10.0.0.1", false);
    one_client("0.0.0.0/0", "::1", false);
    one_client("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255/128",
               "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true);
    one_client("10.0.0.0/8", NULL, false);
    one_client("10.0.0.0/8", "not an address", false);
}

static void clients_by_socket(void **state)
{
    Session session = ordinary_session();

    assert_true(filter_add_client(&filter, "local", &err));
    assert_true(filter_given(&filter));
    assert_false(matches(&session));
    session.over_socket = true;
    session.client = NULL;
    assert_true(matches(&session));
    filter_init(&filter);
    assert_true(filter_add_client(&filter, "0.0.0.0/0", &err));
    assert_false(matches(&session));
}

static void bad_clients_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "/8",
        "10.0.0",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/+8",
        "10.0.0.0/ 8",
        "10.0.0.0/8x",
        "10.0.0.0/99999999999999999999",
        "::/129",
        "host.example",
        "Local",
        "1234:1234:1234:1234:1234:1234:1234:1234:1234:1234",
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (filter_add_client(&filter, bad[i], &err))
            fail_msg("\"%s\" was taken", bad[i]);
        assert_int_equal(err.code, ERR_USAGE);
        assert_non_null(strstr(err.message, "invalid client \""));
        assert_non_null(strstr(err.hint, "10.1.0.0/16"));
    }
    assert_int_equal(filter.client_count, 0);
}

static void ages_are_longer_than(void **state)
{
    Session session = ordinary_session();

    filter.ages[FILTER_STATEMENT_AGE] = 10 * US_PER_S;
    assert_true(filter_given(&filter));
    assert_false(matches(&session));
    filter.ages[FILTER_STATEMENT_AGE]--;
    assert_true(matches(&session));
    session.state = STATE_IDLE;
    assert_false(matches(&session));
    filter_init(&filter);
    filter.ages[FILTER_TRANSACTION_AGE] = 20 * US_PER_S - 1;
    assert_true(matches(&session));
    session.xact_start = TIME_UNKNOWN;
    assert_false(matches(&session));
    filter_init(&filter);
    filter.ages[FILTER_STATE_AGE] = 10 * US_PER_S - 1;
    assert_true(matches(&session));
    session.state_change++;
    assert_false(matches(&session));
}

static void queries_by_pattern(void **state)
{
    Session session = ordinary_session();

    assert_true(filter_add_query(&filter, "^DELETE", &err));
    assert_true(filter_given(&filter));
    assert_false(matches(&session));
    assert_true(filter_add_query(&filter, "(?i)WORK\\(", &err));
    assert_true(matches(&session));
    session.query = NULL;
    assert_false(matches(&session));
    assert_int_equal(filter.match_limit_hits, 0);
    assert_false(filter_add_query(&filter, "(", &err));
    assert_int_equal(filter.query_count, 2);
}

static void a_pattern_that_gives_up_is_counted(void **state)
{
    char query[4096];
    Session session = ordinary_session();

    memset(query, 'a', sizeof(query) - 1);
    memcpy(query + sizeof(query) - 2, "!", 2);
    session.query = query;
    assert_true(filter_add_query(&filter, "^(a+)+$", &err));
    assert_false(matches(&session));
    assert_int_equal(filter.match_limit_hits, 1);
    assert_true(filter_add_query(&filter, "^zzz", &err));
    assert_false(matches(&session));
    assert_int_equal(filter.match_limit_hits, 2);
    assert_true(filter_add_query(&filter, "^a", &err));
    assert_true(matches(&session));
    assert_int_equal(filter.match_limit_hits, 2);
}

static void blocking_counts_waiters(void **state)
{
    Session session = ordinary_session();

    filter.blocking = 2;
    assert_true(filter_given(&filter));
    assert_false(matches(&session));
    session.waiters = 1;
    assert_false(matches(&session));
    session.waiters = 2;
    assert_true(matches(&session));
}

static void all_is_given(void **state)
{
    filter.all = true;
    assert_true(filter_given(&filter));
}

static void hidden_columns_count_as_met(void **state)
{
    Session session = {.pid = 1, .backend_start = TIME_UNKNOWN, .role = "app"};

    add(FILTER_STATE, "idle");
    filter.ages[FILTER_STATE_AGE] = 1;
    assert_true(matches(&session));
    add(FILTER_ROLE, "nobody");
    assert_false(matches(&session));
}

static void too_many_values_are_refused(void **state)
{
    for (int i = 0; i < FILTER_VALUES_MAX; i++) {
        add(FILTER_BACKEND_TYPE, "x");
        assert_true(filter_add_client(&filter, "::1", &err));
        assert_true(filter_add_query(&filter, "x", &err));
    }
    assert_false(filter_add_text(&filter, FILTER_BACKEND_TYPE, "x", &err));
    assert_string_equal(err.message, "too many values for backend type: at most 64 are allowed");
    assert_false(filter_add_client(&filter, "::1", &err));
    assert_string_equal(err.message, "too many values for client: at most 64 are allowed");
    assert_false(filter_add_query(&filter, "x", &err));
    assert_string_equal(err.message, "too many values for query: at most 64 are allowed");
    assert_true(filter_add_client(&filter, "local", &err));
}

static void what_chose_is_tested_again(void **state)
{
    add(FILTER_ROLE, "x");
    assert_int_equal(filter_chosen_by(&filter), 0);
    add(FILTER_STATE, "idle");
    assert_int_equal(filter_chosen_by(&filter), CHOSEN_STATE | CHOSEN_STATE_CHANGE);
    filter_init(&filter);
    filter.ages[FILTER_STATE_AGE] = 1;
    assert_int_equal(filter_chosen_by(&filter), CHOSEN_STATE | CHOSEN_STATE_CHANGE);
    filter_init(&filter);
    filter.ages[FILTER_TRANSACTION_AGE] = 1;
    assert_int_equal(filter_chosen_by(&filter), CHOSEN_XACT_START);
    filter_init(&filter);
    filter.blocking = 1;
    assert_int_equal(filter_chosen_by(&filter), CHOSEN_XACT_START);
    filter_init(&filter);
    filter.ages[FILTER_STATEMENT_AGE] = 1;
    assert_int_equal(filter_chosen_by(&filter), CHOSEN_STATE | CHOSEN_QUERY_START);
    filter_init(&filter);
    add(FILTER_WAIT, "Lock");
    assert_int_equal(filter_chosen_by(&filter), CHOSEN_STATE | CHOSEN_QUERY_START);
    filter_init(&filter);
    assert_true(filter_add_query(&filter, "x", &err));
    add(FILTER_APPLICATION, "x");
    assert_int_equal(filter_chosen_by(&filter),
                     CHOSEN_STATE | CHOSEN_QUERY_START | CHOSEN_APPLICATION);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_asked_is_met_by_all),
        TEST(texts_are_anded_and_values_ored),
        TEST(each_text_looks_at_its_column),
        TEST(what_it_does_not_have_is_not_met),
        TEST(waits_match_by_type_event_or_both),
        TEST(idle_in_transaction_includes_aborted),
        TEST(unknown_states_are_refused),
        TEST(networks_of_version_4),
        TEST(networks_of_version_6),
        TEST(clients_by_socket),
        TEST(bad_clients_are_refused),
        TEST(ages_are_longer_than),
        TEST(queries_by_pattern),
        TEST(a_pattern_that_gives_up_is_counted),
        TEST(blocking_counts_waiters),
        TEST(all_is_given),
        TEST(hidden_columns_count_as_met),
        TEST(too_many_values_are_refused),
        TEST(what_chose_is_tested_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
