/* SPDX-License-Identifier: PostgreSQL */
/* Comers: who counts as having come back, and the order in which groups are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/comers.h"
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

static void a_group_is_role_database_application_and_client(void **state)
{
    Session one = ordinary_session();
    Session other = one;

    other.pid = one.pid + 1;
    other.backend_start = one.backend_start + 1;
    assert_true(comers_alike(&one, &other));
    other.role_oid++;
    assert_false(comers_alike(&one, &other));
    other = one;
    other.database_oid++;
    assert_false(comers_alike(&one, &other));
    other = one;
    other.over_socket = !one.over_socket;
    assert_false(comers_alike(&one, &other));
    other = one;
    other.application = "another";
    assert_false(comers_alike(&one, &other));
    other.application = NULL;
    assert_false(comers_alike(&one, &other));
    assert_false(comers_alike(&other, &one));
    other = one;
    other.client = "192.0.2.77";
    assert_false(comers_alike(&one, &other));
    one.client = other.client = NULL;
    assert_true(comers_alike(&one, &other));
}

static void those_that_came_back_come_first_then_the_many(void **state)
{
    Session sessions[6];
    Comers comers;

    comers_init(&comers);
    comers_sort(&comers);
    for (int i = 0; i < 6; i++) {
        sessions[i] = ordinary_session();
        sessions[i].pid = 100 + i;
    }
    sessions[0].application = "once";
    sessions[1].application = sessions[2].application = "twice";
    sessions[3].application = "back";
    sessions[4].application = "later";
    sessions[5].application = "back too";
    for (int i = 5; i >= 0; i--)
        comers_add(&comers, &sessions[i], i == 3 || i == 5, &arena);
    comers_sort(&comers);
    assert_int_equal(comers.count, 6);
    assert_int_equal(comers.back_count, 2);
    assert_int_equal(comers.group_count, 5);
    assert_int_equal(comers.groups[0].first->pid, 103);
    assert_true(comers.groups[0].back);
    assert_int_equal(comers.groups[1].first->pid, 105);
    assert_int_equal(comers.groups[2].count, 2);
    assert_int_equal(comers.groups[3].first->pid, 100);
    assert_int_equal(comers.groups[4].first->pid, 104);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_group_is_role_database_application_and_client),
        cmocka_unit_test(those_that_came_back_come_first_then_the_many),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
