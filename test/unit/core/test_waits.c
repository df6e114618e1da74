/* SPDX-License-Identifier: PostgreSQL */
/* Waits: chains, queues, convoys, prepared transactions, rings, and facts that do not fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/waits.h"

#define SESSIONS_MAX 300
#define EDGES_MAX 50000
#define LOCKS_MAX 600

/* Facts that a test adds to. Pids are from 1 on; a session's transaction and statement began at its
 * pid, so that a smaller pid has been at it for longer. */
static struct {
    Session sessions[SESSIONS_MAX];
    size_t session_count;
    BlockingEdge edges[EDGES_MAX];
    size_t edge_count;
    Lock locks[LOCKS_MAX];
    size_t lock_count;
    Prepared prepared[2];
    size_t prepared_count;
    Arena arena;
} facts;

static int set_up(void **state)
{
    memset(&facts, 0, sizeof(facts));
    arena_init(&facts.arena);
    return 0;
}

static int tear_down(void **state)
{
    arena_done(&facts.arena);
    return 0;
}

static void has_session(int pid)
{
    facts.sessions[facts.session_count++] =
        (Session){.pid = pid, .xact_start = pid, .query_start = pid};
}

static void waits_for(int waiter, int blocker)
{
    facts.edges[facts.edge_count++] = (BlockingEdge){waiter, blocker};
}

static Lock *lock(int pid, uint32_t relation, LockMode mode, bool granted)
{
    Lock *made = &facts.locks[facts.lock_count++];

    *made = (Lock){.pid = pid,
                   .tag = {.type = "relation", .relation = relation, .page = -1, .tuple = -1},
                   .mode = mode,
                   .granted = granted,
                   .wait_start_us = TIME_UNKNOWN};
    return made;
}

static Waits grow(void)
{
    WaitFacts given = {.sessions = facts.sessions,
                       .session_count = facts.session_count,
                       .prepared = facts.prepared,
                       .prepared_count = facts.prepared_count,
                       .locks = facts.locks,
                       .lock_count = facts.lock_count,
                       .blocking = {facts.edges, facts.edge_count}};

    return waits_grow(&given, &facts.arena);
}

/* The trees as text: `1(2(3)4)5`: 2 and 4 wait behind 1, 3 behind 2; `P`: prepared. */
static const char *shape(const Waits *waits)
{
    const char *text = "";
    size_t depth = 0;

    for (size_t i = 0; i < waits->count; i++) {
        const WaitNode *node = &waits->nodes[i];

        if (i > 0 && node->depth > depth)
            text = arena_printf(&facts.arena, "%s(", text);
        for (; depth > node->depth; depth--)
            text = arena_printf(&facts.arena, "%s)", text);
        depth = node->depth;
        text = node->pid > 0
                   ? arena_printf(&facts.arena, "%s%s%d", text,
                                  i > 0 && text[strlen(text) - 1] != '(' ? " " : "", node->pid)
                   : arena_printf(&facts.arena, "%s%sP", text, i > 0 ? " " : "");
    }
    for (; depth > 0; depth--)
        text = arena_printf(&facts.arena, "%s)", text);
    return text;
}

static void nobody_waits(void **state)
{
    Waits waits = grow();

    has_session(1);
    assert_int_equal(waits.count, 0);
    assert_null(waits_of_pid(&waits, 1));
}

static void a_chain_of_three_levels(void **state)
{
    Waits waits;

    for (int pid = 1; pid <= 4; pid++)
        has_session(pid);
    lock(1, 100, LOCK_ROW_EXCLUSIVE, true);
    lock(2, 100, LOCK_SHARE, false);
    lock(2, 200, LOCK_EXCLUSIVE, true);
    lock(3, 200, LOCK_ROW_SHARE, false);
    lock(3, 300, LOCK_SHARE, true);
    lock(4, 300, LOCK_ROW_EXCLUSIVE, false)->wait_start_us = 77;
    waits_for(4, 3);
    waits_for(2, 1);
    waits_for(3, 2);
    waits = grow();
    assert_string_equal(shape(&waits), "1(2(3(4)))");
    assert_int_equal(waits.nodes[0].behind, 3);
    assert_int_equal(waits.nodes[0].children, 1);
    assert_int_equal(waits.nodes[0].longest_since_us, 2);
    assert_int_equal(waits.nodes[0].since_us, TIME_UNKNOWN);
    assert_int_equal(waits.nodes[1].in_way->mode, LOCK_ROW_EXCLUSIVE);
    assert_int_equal(waits.nodes[1].since_us, 2); /* not told: since its statement began */
    assert_int_equal(waits.nodes[3].since_us, 77);
    assert_ptr_equal(waits_root(&waits, waits_of_pid(&waits, 4)), &waits.nodes[0]);
    assert_ptr_equal(waits_root(&waits, &waits.nodes[0]), &waits.nodes[0]);
}

/* Behind an idle reader waits an ALTER TABLE, and behind that all who read: their locks conflict
 * with what it asks for, not with what the reader holds. */
static void a_queue_is_below_the_one_that_made_it(void **state)
{
    Waits waits;

    for (int pid = 1; pid <= 4; pid++)
        has_session(pid);
    lock(1, 100, LOCK_ACCESS_SHARE, true);
    lock(2, 100, LOCK_ACCESS_EXCLUSIVE, false);
    lock(3, 100, LOCK_ACCESS_SHARE, false);
    lock(4, 100, LOCK_ACCESS_SHARE, false);
    waits_for(2, 1);
    waits_for(3, 2);
    waits_for(4, 2);
    waits = grow();
    assert_string_equal(shape(&waits), "1(2(3 4))");
    assert_null(waits.nodes[2].in_way);
    assert_int_equal(waits.nodes[1].behind, 2);
}

/* Every one of a convoy is told of all before it; who holds the lock is still their parent. */
static void a_convoy_is_flat(void **state)
{
    Waits waits;

    has_session(1);
    lock(1, 100, LOCK_EXCLUSIVE, true);
    for (int pid = 201; pid > 1; pid--) {
        has_session(pid);
        lock(pid, 100, LOCK_EXCLUSIVE, false);
        for (int before = 1; before < pid; before++)
            waits_for(pid, before);
    }
    waits = grow();
    assert_int_equal(waits.count, 201);
    assert_int_equal(waits.nodes[0].children, 200);
    assert_int_equal(waits.nodes[0].behind, 200);
    for (size_t i = 1; i < waits.count; i++) {
        assert_int_equal(waits.nodes[i].parent, 0);
        assert_int_equal(waits.nodes[i].pid, (int) i + 1); /* who has waited longest first */
        assert_int_equal(waits.nodes[i].other_count, 0);
    }
    assert_int_equal(waits.nodes[200].blocker_count, 200);
}

static void of_several_holders_the_oldest_is_the_parent(void **state)
{
    Waits waits;

    for (int pid = 1; pid <= 4; pid++)
        has_session(pid);
    lock(3, 100, LOCK_ACCESS_SHARE, true);
    lock(2, 100, LOCK_ACCESS_SHARE, true);
    lock(1, 100, LOCK_ACCESS_SHARE, true);
    lock(4, 100, LOCK_ACCESS_EXCLUSIVE, false);
    waits_for(4, 3);
    waits_for(4, 1);
    waits_for(4, 1); /* as parallel workers give it */
    waits_for(4, 2);
    waits = grow();
    assert_string_equal(shape(&waits), "1(4) 2 3");
    assert_int_equal(waits.nodes[1].blocker_count, 3);
    assert_int_equal(waits.nodes[1].other_count, 2);
    assert_int_equal(waits.nodes[1].others[0], 2);
    assert_int_equal(waits.nodes[1].others[1], 3);
}

/* A holder that waits itself is no root: one that does not wait comes before it, however young. */
static void a_holder_that_runs_comes_before_one_that_waits(void **state)
{
    Waits waits;

    for (int pid = 1; pid <= 4; pid++)
        has_session(pid);
    lock(1, 100, LOCK_SHARE, true);
    lock(3, 100, LOCK_SHARE, true);
    lock(4, 100, LOCK_EXCLUSIVE, false);
    lock(1, 200, LOCK_SHARE, false);
    lock(2, 200, LOCK_EXCLUSIVE, true);
    waits_for(1, 2);
    waits_for(4, 1);
    waits_for(4, 3);
    waits = grow();
    assert_string_equal(shape(&waits), "2(1) 3(4)");
}

static void the_worst_root_is_first(void **state)
{
    Waits waits;

    for (int pid = 1; pid <= 6; pid++)
        has_session(pid);
    waits_for(4, 1);
    waits_for(5, 2);
    waits_for(6, 2);
    waits = grow();
    assert_string_equal(shape(&waits), "2(5 6) 1(4)");
    assert_null(waits.nodes[1].awaited);
    assert_null(waits.nodes[1].in_way);
}

static void a_prepared_transaction_is_a_node(void **state)
{
    Waits waits;

    has_session(7);
    has_session(8);
    facts.prepared[0] = (Prepared){.gid = "other", .xid = 1000, .prepared_us = 1};
    facts.prepared[1] = (Prepared){.gid = "lost", .xid = 1001, .prepared_us = 2};
    facts.prepared_count = 2;
    lock(0, 100, LOCK_ROW_EXCLUSIVE, true)->prepared_xid = 1001;
    lock(7, 100, LOCK_SHARE, false);
    lock(8, 100, LOCK_SHARE, false);
    waits_for(7, 0);
    waits_for(8, 0);
    waits = grow();
    assert_int_equal(waits.count, 3);
    assert_int_equal(waits.nodes[0].pid, 0);
    assert_string_equal(waits.nodes[0].prepared->gid, "lost");
    assert_int_equal(waits.nodes[0].behind, 2);
    assert_int_equal(waits.nodes[1].parent, 0);
    assert_int_equal(waits.nodes[2].parent, 0);
    assert_null(waits_of_pid(&waits, 9));
}

/* Its lock was given back between the two questions, or it is not in the list. */
static void a_prepared_transaction_may_be_unknown(void **state)
{
    Waits waits;

    has_session(7);
    has_session(8);
    lock(0, 100, LOCK_ROW_EXCLUSIVE, true)->prepared_xid = 1001;
    lock(7, 100, LOCK_SHARE, false);
    waits_for(7, 0);
    waits_for(8, 0);
    waits = grow();
    assert_int_equal(waits.count, 3);
    assert_null(waits.nodes[0].prepared);
    assert_null(waits.nodes[0].session);
    assert_int_equal(waits.nodes[0].behind, 2);
}

static void of_a_prepared_and_a_running_holder_the_older_is_the_parent(void **state)
{
    Waits waits;

    has_session(5);
    has_session(9);
    facts.prepared[0] = (Prepared){.gid = "old", .xid = 1000, .prepared_us = 2};
    facts.prepared_count = 1;
    lock(0, 100, LOCK_SHARE, true)->prepared_xid = 1000;
    lock(5, 100, LOCK_SHARE, true);
    lock(9, 100, LOCK_EXCLUSIVE, false);
    waits_for(9, 0);
    waits_for(9, 5);
    waits = grow();
    assert_int_equal(waits.nodes[1].pid, 9);
    assert_int_equal(waits.nodes[0].pid, 0);
    assert_int_equal(waits.nodes[1].other_count, 1);
    assert_int_equal(waits.nodes[1].others[0], 5);
}

static void a_session_may_have_left(void **state)
{
    Waits waits;

    has_session(2);
    waits_for(2, 1);
    waits = grow();
    assert_string_equal(shape(&waits), "1(2)");
    assert_null(waits.nodes[0].session);
}

static void so_may_a_waiter(void **state)
{
    Waits waits;

    has_session(1);
    waits_for(2, 1);
    waits_for(3, 2);
    waits = grow();
    assert_string_equal(shape(&waits), "1(2(3))");
    assert_int_equal(waits.nodes[1].since_us, TIME_UNKNOWN);
    assert_int_equal(waits.nodes[0].longest_since_us, TIME_UNKNOWN);
}

static void a_ring_is_opened_above_the_oldest(void **state)
{
    Waits waits;

    for (int pid = 1; pid <= 4; pid++)
        has_session(pid);
    lock(3, 100, LOCK_EXCLUSIVE, true);
    lock(2, 100, LOCK_EXCLUSIVE, false);
    waits_for(2, 3);
    waits_for(3, 4);
    waits_for(4, 2);
    waits_for(1, 4);
    waits = grow();
    assert_string_equal(shape(&waits), "2(4(1 3))");
    assert_true(waits.nodes[0].in_ring);
    assert_null(waits.nodes[0].in_way);
    assert_true(waits.nodes[1].in_ring);
    assert_false(waits.nodes[2].in_ring);
    assert_true(waits.nodes[3].in_ring);
    assert_int_equal(waits.nodes[0].blocker_count, 1);
}

/* Since when they wait need not follow their pids. */
static void the_oldest_of_a_ring_may_be_any(void **state)
{
    Waits waits;

    for (int pid = 1; pid <= 3; pid++)
        has_session(pid);
    facts.sessions[0].query_start = 50;
    facts.sessions[1].query_start = 70;
    waits_for(1, 2);
    waits_for(2, 3);
    waits_for(3, 1);
    waits = grow();
    assert_string_equal(shape(&waits), "3(2(1))");
}

static void siblings_stand_by_how_long_they_wait(void **state)
{
    Waits waits;

    for (int pid = 1; pid <= 4; pid++)
        has_session(pid);
    facts.sessions[1].query_start = 9;
    facts.sessions[2].query_start = TIME_UNKNOWN;
    waits_for(2, 1);
    waits_for(3, 1);
    waits_for(4, 1);
    waits = grow();
    assert_string_equal(shape(&waits), "1(4 2 3)");
}

/* What was awaited a moment ago has been granted, and another's locks follow in the list. */
static void an_awaited_lock_may_have_been_granted(void **state)
{
    Waits waits;

    for (int pid = 1; pid <= 3; pid++)
        has_session(pid);
    lock(2, 100, LOCK_SHARE, true);
    lock(3, 100, LOCK_SHARE, true);
    waits_for(2, 1);
    waits_for(3, 1);
    waits = grow();
    assert_string_equal(shape(&waits), "1(2 3)");
    assert_null(waits.nodes[1].awaited);
    assert_null(waits.nodes[2].awaited);
}

/* Two of them; and of one the locks that are in nobody's way. */
static void two_prepared_transactions_are_two_nodes(void **state)
{
    Waits waits;

    has_session(7);
    has_session(8);
    facts.prepared[0] = (Prepared){.gid = "one", .xid = 1000, .prepared_us = 1};
    facts.prepared[1] = (Prepared){.gid = "two", .xid = 1001, .prepared_us = 2};
    facts.prepared_count = 2;
    lock(0, 100, LOCK_ACCESS_SHARE, true)->prepared_xid = 1000;
    lock(0, 200, LOCK_EXCLUSIVE, true)->prepared_xid = 1000;
    lock(0, 100, LOCK_EXCLUSIVE, true)->prepared_xid = 1001;
    lock(7, 100, LOCK_SHARE, false);
    lock(8, 200, LOCK_SHARE, false);
    waits_for(7, 0);
    waits_for(8, 0);
    waits = grow();
    assert_int_equal(waits.count, 4);
    assert_string_equal(waits_root(&waits, waits_of_pid(&waits, 7))->prepared->gid, "two");
    assert_string_equal(waits_root(&waits, waits_of_pid(&waits, 8))->prepared->gid, "one");
}

static void who_waits_for_a_row_holds_it(void **state)
{
    Lock *row;
    Waits waits;

    for (int pid = 1; pid <= 3; pid++)
        has_session(pid);
    lock(1, 0, LOCK_EXCLUSIVE, true)->tag = (LockTag){.type = "transactionid", .xid = 700};
    lock(2, 0, LOCK_SHARE, false)->tag = (LockTag){.type = "transactionid", .xid = 700};
    lock(2, 100, LOCK_ROW_EXCLUSIVE, true);
    row = lock(2, 100, LOCK_EXCLUSIVE, true);
    row->tag.type = "tuple";
    *lock(3, 100, LOCK_EXCLUSIVE, false) = *row;
    facts.locks[facts.lock_count - 1].pid = 3;
    facts.locks[facts.lock_count - 1].granted = false;
    waits_for(2, 1);
    waits_for(3, 2);
    waits = grow();
    assert_string_equal(shape(&waits), "1(2(3))");
    assert_ptr_equal(waits.nodes[1].row, row);
    assert_null(waits.nodes[2].row);
    row->tag.type = "relation";
    waits = grow();
    assert_null(waits.nodes[1].row);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(nobody_waits),
        CASE(a_chain_of_three_levels),
        CASE(a_queue_is_below_the_one_that_made_it),
        CASE(a_convoy_is_flat),
        CASE(of_several_holders_the_oldest_is_the_parent),
        CASE(a_holder_that_runs_comes_before_one_that_waits),
        CASE(the_worst_root_is_first),
        CASE(a_prepared_transaction_is_a_node),
        CASE(a_prepared_transaction_may_be_unknown),
        CASE(of_a_prepared_and_a_running_holder_the_older_is_the_parent),
        CASE(a_session_may_have_left),
        CASE(so_may_a_waiter),
        CASE(a_ring_is_opened_above_the_oldest),
        CASE(the_oldest_of_a_ring_may_be_any),
        CASE(siblings_stand_by_how_long_they_wait),
        CASE(an_awaited_lock_may_have_been_granted),
        CASE(two_prepared_transactions_are_two_nodes),
        CASE(who_waits_for_a_row_holds_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
