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

/* As it is among many, in no order of pids, and not all who are in the edges. */
static Session filled(int pid)
{
    Session sessions[60];
    Session found = {0};
    Arena arena;

    arena_init(&arena);
    for (int i = 0; i < 60; i++)
        sessions[i] = (Session){.pid = (i * 7) % 60 + (pid == 10 ? 10 : 11), .waiters = 99};
    blocking_fill(&blocking, sessions, 60, &arena);
    for (int i = 0; i < 60; i++)
        if (sessions[i].pid == pid)
            found = sessions[i];
    assert_int_equal(found.pid, pid);
    arena_done(&arena);
    return found;
}

static void waiters_are_counted_once(void **state)
{
    assert_int_equal(filled(20).waiters, 2);
    assert_int_equal(filled(21).waiters, 1);
    assert_int_equal(filled(30).waiters, 1);
    assert_int_equal(filled(10).waiters, 0);
}

static void roots_are_at_the_head(void **state)
{
    assert_int_equal(filled(10).root_blocker, 30);
    assert_int_equal(filled(20).root_blocker, 30);
    assert_int_equal(filled(30).root_blocker, COUNT_UNKNOWN);
    assert_int_equal(filled(12).root_blocker, 0);
    assert_int_equal(filled(13).root_blocker, 0);
}

static void a_ring_has_no_root(void **state)
{
    assert_int_equal(filled(40).root_blocker, COUNT_UNKNOWN);
    assert_int_equal(filled(43).root_blocker, COUNT_UNKNOWN);
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
