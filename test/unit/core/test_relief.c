/* SPDX-License-Identifier: PostgreSQL */
/* Relief: who is freed, who moves up, and of whom that cannot be told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/ordinary.h"
#include "core/relief.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

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

static const LockTag table = {.type = "relation", .database = 5, .relation = 900};
static const LockTag advisory = {.type = "advisory", .database = 5, .object_oid = 7, .sub_id = 1};

static Lock held(int pid, uint32_t prepared_xid, LockMode mode)
{
    return (Lock){.pid = pid,
                  .prepared_xid = prepared_xid,
                  .tag = table,
                  .mode = mode,
                  .granted = true,
                  .wait_start_us = TIME_UNKNOWN};
}

static Lock awaited(int pid, LockMode mode, int64_t wait_start_us)
{
    return (Lock){.pid = pid, .tag = table, .mode = mode, .wait_start_us = wait_start_us};
}

static Waits grow(const BlockingEdge *edges, size_t edge_count, const Lock *locks,
                  size_t lock_count)
{
    static const Prepared prepared[] = {
        {.gid = "one", .xid = 71, .prepared_us = NOW_US - 9 * US_PER_S},
        {.gid = "two", .xid = 72, .prepared_us = NOW_US - 8 * US_PER_S},
    };
    WaitFacts facts = {.prepared = prepared,
                       .prepared_count = COUNT(prepared),
                       .locks = locks,
                       .lock_count = lock_count,
                       .blocking = {edges, edge_count}};

    return waits_grow(&facts, &arena);
}

static void assert_relief(Relief relief, size_t freed, size_t moved, size_t perhaps)
{
    assert_int_equal(relief.freed, freed);
    assert_int_equal(relief.moved, moved);
    assert_int_equal(relief.perhaps, perhaps);
}

/* 1 holds the table; 2 (ALTER TABLE) waits for it, 3 and 4 stand behind 2; 5 waits for 1 and 2. */
static const BlockingEdge queue[] = {{2, 1}, {3, 2}, {4, 2}, {5, 1}, {5, 2}};

static void who_has_another_before_it_moves_up(void **state)
{
    const Lock locks[] = {held(1, 0, LOCK_ROW_EXCLUSIVE),
                          awaited(2, LOCK_ACCESS_EXCLUSIVE, NOW_US - 30 * US_PER_S),
                          awaited(3, LOCK_ACCESS_SHARE, NOW_US - 20 * US_PER_S),
                          awaited(4, LOCK_ACCESS_SHARE, NOW_US - 10 * US_PER_S),
                          awaited(5, LOCK_SHARE, NOW_US - 5 * US_PER_S)};
    const Waits waits = grow(queue, COUNT(queue), locks, COUNT(locks));
    const int root[] = {1};
    const int waiter[] = {2};
    const int both[] = {1, 2};
    Relief relief;

    relief = relief_of(&waits, waits_of_pid(&waits, 1), &(Ending){.pids = root, .pid_count = 1},
                       locks, COUNT(locks));
    assert_relief(relief, 1, 3, 0);
    assert_int_equal(relief.longest_since_us, NOW_US - 30 * US_PER_S);
    relief = relief_of(&waits, waits_of_pid(&waits, 2), &(Ending){.pids = waiter, .pid_count = 1},
                       locks, COUNT(locks));
    assert_relief(relief, 2, 0, 0);
    assert_int_equal(relief.longest_since_us, NOW_US - 20 * US_PER_S);
    /* each counts once: 5 for the root, 3 and 4 for the waiter above them */
    relief = relief_of(&waits, waits_of_pid(&waits, 1), &(Ending){.pids = both, .pid_count = 2},
                       locks, COUNT(locks));
    assert_relief(relief, 1, 0, 0);
    relief = relief_of(&waits, waits_of_pid(&waits, 2), &(Ending){.pids = both, .pid_count = 2},
                       locks, COUNT(locks));
    assert_relief(relief, 2, 0, 0);
}

static void an_unknown_wait_counts_without_its_age(void **state)
{
    static const BlockingEdge edges[] = {{2, 1}, {3, 1}, {4, 1}};
    const Lock locks[] = {awaited(3, LOCK_SHARE, NOW_US - 5 * US_PER_S),
                          awaited(4, LOCK_SHARE, NOW_US - 9 * US_PER_S)};
    const Waits waits = grow(edges, COUNT(edges), locks, COUNT(locks));
    const int root[] = {1};
    Relief relief = relief_of(&waits, waits_of_pid(&waits, 1),
                              &(Ending){.pids = root, .pid_count = 1}, locks, COUNT(locks));

    assert_relief(relief, 3, 0, 0);
    assert_int_equal(relief.longest_since_us, NOW_US - 9 * US_PER_S);
}

static void a_cancel_may_leave_advisory_locks(void **state)
{
    static const BlockingEdge edges[] = {{2, 1}, {3, 1}};
    Lock locks[] = {awaited(2, LOCK_EXCLUSIVE, NOW_US), awaited(3, LOCK_EXCLUSIVE, NOW_US)};
    const int root[] = {1};
    Ending ending = {.pids = root, .pid_count = 1, .keeps_advisory = true};
    Waits waits;

    locks[1].tag = advisory;
    waits = grow(edges, COUNT(edges), locks, COUNT(locks));
    assert_relief(relief_of(&waits, waits_of_pid(&waits, 1), &ending, locks, COUNT(locks)), 1, 0,
                  1);
    ending.keeps_advisory = false;
    assert_relief(relief_of(&waits, waits_of_pid(&waits, 1), &ending, locks, COUNT(locks)), 2, 0,
                  0);
    waits = grow(edges, COUNT(edges), NULL, 0); /* what is awaited is not known */
    ending.keeps_advisory = true;
    assert_relief(relief_of(&waits, waits_of_pid(&waits, 1), &ending, NULL, 0), 2, 0, 0);
}

/* pg_blocking_pids() calls both of them 0. */
static void prepared_transactions_are_told_apart_by_their_locks(void **state)
{
    static const BlockingEdge edges[] = {{2, 0}};
    Lock locks[] = {held(0, 71, LOCK_ROW_EXCLUSIVE), held(0, 72, LOCK_ROW_EXCLUSIVE),
                    awaited(2, LOCK_SHARE, NOW_US), held(3, 0, LOCK_ACCESS_SHARE)};
    const Waits waits = grow(edges, COUNT(edges), locks, COUNT(locks));
    const WaitNode *root = waits_root(&waits, waits_of_pid(&waits, 2));
    const uint32_t both[] = {71, 72};
    Ending ending = {.xids = both, .xid_count = 2};

    assert_int_equal(root->prepared->xid, 71);
    assert_relief(relief_of(&waits, root, &ending, locks, COUNT(locks)), 1, 0, 0);
    ending.xid_count = 1;
    assert_relief(relief_of(&waits, root, &ending, locks, COUNT(locks)), 0, 1, 0);
    locks[1].mode = LOCK_ACCESS_SHARE; /* conflicts with nothing that is awaited */
    assert_relief(relief_of(&waits, root, &ending, locks, COUNT(locks)), 1, 0, 0);
    locks[1].mode = LOCK_ROW_EXCLUSIVE;
    locks[1].granted = false;
    assert_relief(relief_of(&waits, root, &ending, locks, COUNT(locks)), 1, 0, 0);
    locks[1].granted = true;
    locks[1].tag.relation = 901; /* another table */
    assert_relief(relief_of(&waits, root, &ending, locks, COUNT(locks)), 1, 0, 0);
    /* which ones are in the way is not known any more */
    assert_relief(relief_of(&waits, root, &ending, NULL, 0), 0, 1, 0);
}

static void one_without_a_name_never_ends(void **state)
{
    static const BlockingEdge edges[] = {{2, 0}, {3, 2}};
    const Waits waits = grow(edges, COUNT(edges), NULL, 0);
    const int waiter[] = {2};
    const uint32_t xids[] = {71};
    Ending ending = {.pids = waiter, .pid_count = 1, .xids = xids, .xid_count = 1};

    assert_null(waits_root(&waits, waits_of_pid(&waits, 2))->prepared);
    assert_relief(relief_of(&waits, waits_of_pid(&waits, 2), &ending, NULL, 0), 1, 0, 0);
}

static void beside_a_session_it_stays_in_the_way(void **state)
{
    static const BlockingEdge edges[] = {{2, 1}, {2, 0}};
    static const Session root = {.pid = 1, .xact_start = NOW_US - 60 * US_PER_S};
    WaitFacts facts = {.sessions = &root, .session_count = 1, .blocking = {edges, 2}};
    const Waits waits = waits_grow(&facts, &arena);
    const int pids[] = {1};
    const Lock other = held(3, 71, LOCK_SHARE);
    Ending ending = {.pids = pids, .pid_count = 1};

    assert_relief(relief_of(&waits, waits_of_pid(&waits, 1), &ending, &other, 1), 0, 1, 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_has_another_before_it_moves_up),
        TEST(an_unknown_wait_counts_without_its_age),
        TEST(a_cancel_may_leave_advisory_locks),
        TEST(prepared_transactions_are_told_apart_by_their_locks),
        TEST(one_without_a_name_never_ends),
        TEST(beside_a_session_it_stays_in_the_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
