/* SPDX-License-Identifier: PostgreSQL */
/* Tree: branches, widths, many alike, hostile names, JSON and DOT. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "ui/sample.h"
#include "ui/tree.h"

#define NODES_MAX 64

static Session sessions[NODES_MAX];
static WaitNode nodes[NODES_MAX];
static Lock awaited;
static Lock held;
static const Prepared prepared = {.gid = HOSTILE,
                                  .xid = 725,
                                  .prepared_us = NOW_US - 90 * US_PER_S,
                                  .role = "app",
                                  .database = "shop",
                                  .locks = 3};

/* A prepared transaction, a waiter below it with `leaves` behind, and one more waiter. */
static Waits sample(size_t leaves)
{
    size_t count = 0;

    awaited = (Lock){.tag = {.type = "relation", .relation = 1, .page = -1, .tuple = -1},
                     .mode = LOCK_ACCESS_EXCLUSIVE,
                     .name = "public.account"};
    held = awaited;
    held.mode = LOCK_ROW_EXCLUSIVE;
    memset(nodes, 0, sizeof(nodes));
    for (size_t i = 1; i < leaves + 3; i++) {
        sessions[i] = sample_session((int) (100 + i));
        nodes[i] = (WaitNode){.pid = sessions[i].pid,
                              .session = &sessions[i],
                              .awaited = &awaited,
                              .blockers = &sessions[i - 1].pid,
                              .blocker_count = 1,
                              .since_us = NOW_US - 30 * US_PER_S,
                              .parent = 1,
                              .depth = 2};
    }
    nodes[0] = (WaitNode){.prepared = &prepared,
                          .since_us = TIME_UNKNOWN,
                          .parent = WAITS_NONE,
                          .behind = leaves + 2,
                          .children = 2,
                          .longest_since_us = NOW_US - 30 * US_PER_S};
    nodes[1].parent = 0, nodes[1].depth = 1, nodes[1].in_way = &held;
    nodes[1].behind = nodes[1].children = leaves;
    nodes[1].longest_since_us = NOW_US - 30 * US_PER_S;
    count = leaves + 3;
    nodes[count - 1].parent = 0, nodes[count - 1].depth = 1;
    sessions[0].pid = 0;
    return (Waits){nodes, count};
}

static char *printed(const Waits *waits, Look look)
{
    Printed out;

    printed_begin(&out);
    tree_print(out.out, waits, NOW_US, &look);
    return printed_end(&out);
}

static void branches_lead_to_who_is_waited_for(void **state)
{
    Waits waits = sample(2);
    char *text = printed(&waits, (Look){.ascii = true});

    assert_non_null(strstr(text, "prepared transaction 'a\\x1b[2J"));
    assert_non_null(strstr(text, "prepared 1m30s ago  blocks 4 (longest wait 30s)\n"));
    assert_non_null(strstr(text, "\n|- pid 101  "));
    assert_non_null(strstr(text, "waits 30s for AccessExclusiveLock on relation public.account  "
                                 "held there: RowExclusiveLock  blocks 2 (longest wait 30s)\n"));
    assert_non_null(strstr(text, "\n|  |- pid 102  "));
    assert_non_null(strstr(text, "\n|  `- pid 103  "));
    assert_non_null(strstr(text, "public.account  queued behind it\n"));
    assert_non_null(strstr(text, "\n`- pid 104  "));
    assert_lines_fit(text, 0);
    free(text);
}

static void it_fits_every_width(void **state)
{
    for (int columns = 50; columns < 200; columns += 7) {
        Waits waits = sample(3);
        char *text = printed(&waits, (Look){.columns = columns});

        assert_lines_fit(text, columns);
        free(text);
    }
}

static void many_alike_are_counted_on_a_terminal(void **state)
{
    Waits waits = sample(40);
    char *text = printed(&waits, (Look){.columns = 120, .terminal = true, .ascii = true});

    assert_non_null(strstr(text, "|  |- pid 109  "));
    assert_null(strstr(text, "pid 110"));
    assert_non_null(strstr(text, "|  `- and 32 more that wait for the same\n"));
    assert_non_null(strstr(text, "`- pid 142  "));
    free(text);
    text = printed(&waits, (Look){.ascii = true});
    assert_non_null(strstr(text, "|  `- pid 141  "));
    free(text);
    waits = sample(TREE_ALIKE_MAX + 1); /* one more is shown rather than counted */
    text = printed(&waits, (Look){.columns = 120, .terminal = true});
    assert_null(strstr(text, " more that wait"));
    free(text);
}

static void who_differs_is_not_counted_away(void **state)
{
    Waits waits = sample(40);
    Lock other = awaited;
    char *text;

    other.mode = LOCK_SHARE;
    nodes[30].awaited = &other;
    nodes[31].awaited = NULL;
    nodes[32].behind = 1;
    text = printed(&waits, (Look){.terminal = true, .columns = 120});
    assert_non_null(strstr(text, "pid 130  "));
    assert_non_null(strstr(text, "for ShareLock on relation public.account"));
    assert_non_null(strstr(text, "waits 30s for a lock"));
    assert_non_null(strstr(text, "pid 132  "));
    free(text);
}

static void other_holders_and_rings_are_told(void **state)
{
    static const int others[] = {7, 8, 9, 10, 11, 12, 13};
    Waits waits = sample(2);
    Lock row = awaited;
    char *text;

    row.tag.type = "tuple", row.tag.page = 0, row.tag.tuple = 5;
    awaited.tag = (LockTag){.type = "transactionid", .xid = 7};
    nodes[1].others = others;
    nodes[1].other_count = 7;
    nodes[1].row = &row;
    nodes[2].in_ring = true;
    nodes[3].others = (const int[]){0};
    nodes[3].other_count = 1;
    nodes[4].session = NULL;
    text = printed(&waits, (Look){.ascii = true});
    assert_non_null(strstr(text, "on transaction 7 (row (0,5) of public.account)"));
    assert_non_null(strstr(text, "also held by pid 7, pid 8, pid 9, pid 10, pid 11 and 2 more"));
    assert_non_null(strstr(text, "in a ring: each waits for the next"));
    assert_non_null(strstr(text, "also held by a prepared transaction"));
    assert_non_null(strstr(text, "pid 104  left meanwhile"));
    assert_non_null(strstr(text, "also in the way of pid 103"));
    free(text);
}

static void json_has_the_keys(void **state)
{
    static const char *const keys[] = {
        "root",   "parent", "depth", "prepared", "waits_for", "waits_s", "blocked_by",
        "blocks", "behind", "ring",  "session",  "pid",       "query",   "longest_wait_s"};
    Waits waits = sample(1);
    json_t *root = tree_json(&waits, &waits.nodes[0], NOW_US);
    json_t *leaf = tree_json(&waits, &waits.nodes[2], NOW_US);

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        assert_non_null(json_object_get(root, keys[i]));
        assert_non_null(json_object_get(leaf, keys[i]));
    }
    assert_true(json_is_null(json_object_get(root, "pid")));
    assert_true(json_is_null(json_object_get(root, "session")));
    assert_string_equal(json_string_value(json_object_get(root, "role")), "app");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(root, "prepared"), "xid")),
                     725);
    assert_int_equal(json_integer_value(json_object_get(leaf, "pid")), 102);
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(leaf, "waits_for"), "mode")),
        "AccessExclusiveLock");
    assert_true(json_is_null(json_object_get(json_object_get(leaf, "waits_for"), "held_mode")));
    json_decref(root);
    json_decref(leaf);
}

static void dot_quotes_what_is_hostile(void **state)
{
    Waits waits = sample(1);
    Printed out;
    char *text;

    nodes[2].others = (const int[]){0, 103};
    nodes[2].other_count = 2;
    sessions[2].application = "say \"hi\" \\ \033";
    printed_begin(&out);
    tree_print_dot(out.out, &waits, NOW_US);
    text = printed_end(&out);
    assert_int_equal(strncmp(text, "digraph waits {\n", 16), 0);
    assert_non_null(strstr(text, "say \\\"hi\\\" \\\\ \\\\x1b"));
    assert_non_null(
        strstr(text, "n1 -> n0 [label=\"AccessExclusiveLock\\nrelation public.account"));
    assert_non_null(strstr(text, ", style=dashed];")); /* a place in the queue */
    assert_non_null(strstr(text, "n2 -> n3 [style=dotted, label=\"also held\"];"));
    assert_null(strchr(text, '\033'));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(branches_lead_to_who_is_waited_for),
        cmocka_unit_test(it_fits_every_width),
        cmocka_unit_test(many_alike_are_counted_on_a_terminal),
        cmocka_unit_test(who_differs_is_not_counted_away),
        cmocka_unit_test(other_holders_and_rings_are_told),
        cmocka_unit_test(json_has_the_keys),
        cmocka_unit_test(dot_quotes_what_is_hostile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
