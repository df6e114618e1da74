/* SPDX-License-Identifier: PostgreSQL */
/* Blocking: waiters, roots and rings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/blocking.h"

static const BlockingEdge edges[] = {
    {10, 20}, {10, 20}, {10, 21}, /* a duplicate, as parallel workers give */
    {11, 20}, {20, 30}, {12, 0},  {13, 12}, {40, 41}, {41, 42}, {42, 40}, /* a ring */
    {43, 40},
};
static const Blocking blocking = {edges, sizeof(edges) / sizeof(edges[0])};

static void waiters_are_counted_once(void **state)
{
    assert_int_equal(blocking_waiters(&blocking, 20), 2);
    assert_int_equal(blocking_waiters(&blocking, 21), 1);
    assert_int_equal(blocking_waiters(&blocking, 30), 1);
    assert_int_equal(blocking_waiters(&blocking, 10), 0);
}

static void roots_are_at_the_head(void **state)
{
    assert_int_equal(blocking_root(&blocking, 10), 30);
    assert_int_equal(blocking_root(&blocking, 20), 30);
    assert_int_equal(blocking_root(&blocking, 30), COUNT_UNKNOWN);
    assert_int_equal(blocking_root(&blocking, 12), 0);
    assert_int_equal(blocking_root(&blocking, 13), 0);
}

static void a_ring_has_no_root(void **state)
{
    assert_int_equal(blocking_root(&blocking, 40), COUNT_UNKNOWN);
    assert_int_equal(blocking_root(&blocking, 43), COUNT_UNKNOWN);
}

static void behind_follows_the_same_path(void **state)
{
    assert_true(blocking_behind(&blocking, 10, 20));
    assert_true(blocking_behind(&blocking, 10, 30));
    assert_false(blocking_behind(&blocking, 10, 21));
    assert_false(blocking_behind(&blocking, 30, 10));
    assert_false(blocking_behind(&blocking, 12, 99));
    assert_true(blocking_behind(&blocking, 43, 42));
    assert_false(blocking_behind(&blocking, 43, 99));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waiters_are_counted_once),
        cmocka_unit_test(roots_are_at_the_head),
        cmocka_unit_test(a_ring_has_no_root),
        cmocka_unit_test(behind_follows_the_same_path),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
