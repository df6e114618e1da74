/* SPDX-License-Identifier: PostgreSQL */
/* Rollbacks: preview, result and JSON of prepared transactions, whatever their GIDs are. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ui/json.h"
#include "ui/rollbacks.h"
#include "ui/sample.h"

static const Consequence foreseen[] = {
    {CONSEQUENCE_FREES, "2 sessions that wait behind it"},
    {CONSEQUENCE_HOLDS, "1 ShareLock"},
    {CONSEQUENCE_HOLDS, "its xid is 9 transactions back"},
};

static Rollback sample_rollback(void)
{
    return (Rollback){
        .before = {.gid = "order-17",
                   .xid = 744,
                   .prepared_us = NOW_US - 250 * US_PER_S,
                   .role = "app",
                   .database = "shop",
                   .locks = 3},
        .waiters_before = 2,
        .waiters_after = COUNT_UNKNOWN,
        .locks_after = COUNT_UNKNOWN,
        .planned = true,
        .reason = "it was prepared long ago",
        .foreseen = {.list = foreseen, .count = 3},
        .begun_us = TIME_UNKNOWN,
    };
}

static Rollback finished_rollback(void)
{
    Rollback rollback = sample_rollback();

    rollback.begun_us = 1000;
    rollback.finished_us = 4200;
    rollback.sent = true;
    rollback.outcome = OUTCOME_CANCELLED;
    rollback.locks_after = 0;
    rollback.waiters_after = 0;
    rollback.note = "rolled back";
    rollback.steps[0] = (Step){STEP_ROLLBACK, NOW_US, "done"};
    rollback.step_count = 1;
    return rollback;
}

static char *preview_at(const Rollback *list, size_t count, int columns)
{
    Look look = {.columns = columns, .terminal = columns > 0};
    Printed printed;
    char *text;

    printed_begin(&printed);
    rollbacks_preview(printed.out, list, count, NOW_US, &look);
    text = printed_end(&printed);
    assert_lines_fit(text, columns);
    return text;
}

static char *result_at(const Rollback *rollback, int columns)
{
    Look look = {.columns = columns, .terminal = columns > 0};
    Printed printed;
    char *text;

    printed_begin(&printed);
    rollbacks_result(printed.out, rollback, &look);
    text = printed_end(&printed);
    assert_lines_fit(text, columns);
    return text;
}

static void assert_text(char *text, const char *expected)
{
    assert_string_equal(text, expected);
    free(text);
}

static void test_preview(void **state)
{
    Rollback list[] = {sample_rollback(), sample_rollback()};

    list[1].planned = false;
    list[1].outcome = OUTCOME_DENIED;
    list[1].before.database = NULL;
    list[1].foreseen.count = 0;
    list[1].reason = "only its owner may";
    assert_text(preview_at(list, 2, 0),
                "prepared transaction 'order-17'  xid 744  app@shop  prepared 4m10s ago\n"
                "    will: roll back\n"
                "    why: it was prepared long ago\n"
                "    frees: 2 sessions that wait behind it\n"
                "    holds: 1 ShareLock; its xid is 9 transactions back\n"
                "prepared transaction 'order-17'  xid 744  app  prepared 4m10s ago\n"
                "    denied: only its owner may\n");
}

static void test_result(void **state)
{
    Rollback rollback = finished_rollback();

    assert_text(result_at(&rollback, 0), "prepared transaction 'order-17'  cancelled  in 3.2 ms  "
                                         "(locks 3 -> 0, waiters 2 -> 0)  rolled back\n");
    rollback.waiters_before = 0;
    assert_text(result_at(&rollback, 0), "prepared transaction 'order-17'  cancelled  in 3.2 ms  "
                                         "(locks 3 -> 0)  rolled back\n");
    rollback.before.locks = 0;
    assert_text(result_at(&rollback, 0),
                "prepared transaction 'order-17'  cancelled  in 3.2 ms  rolled back\n");
    rollback.sent = false;
    rollback.outcome = OUTCOME_DENIED;
    rollback.note = NULL;
    assert_text(result_at(&rollback, 0),
                "prepared transaction 'order-17'  denied  it was prepared long ago\n");
}

static void test_every_width_fits(void **state)
{
    Rollback rollback = finished_rollback();
    char *gid = sample_long('g', 199);

    rollback.before.gid = gid;
    for (int columns = 14; columns <= 200; columns++) {
        free(preview_at(&rollback, 1, columns));
        free(result_at(&rollback, columns));
    }
    rollback.before.gid = rollback.before.role = rollback.before.database = HOSTILE;
    rollback.reason = rollback.note = HOSTILE;
    for (int columns = 14; columns <= 200; columns++) {
        free(preview_at(&rollback, 1, columns));
        free(result_at(&rollback, columns));
    }
    free(gid);
}

static void assert_json(const Rollback *rollback, const char *expected)
{
    Arena arena;

    arena_init(&arena);
    assert_string_equal(json_text(&arena, rollbacks_json(rollback)), expected);
    arena_done(&arena);
}

static void test_json(void **state)
{
    Rollback rollback = sample_rollback();

    assert_json(&rollback,
                "{\"gid\":\"order-17\",\"xid\":744,\"role\":\"app\",\"database\":\"shop\","
                "\"prepared\":\"2024-11-20T12:30:46.123456Z\",\"plan\":[\"rollback prepared\"],"
                "\"reason\":\"it was prepared long ago\",\"steps\":[],\"outcome\":null,"
                "\"elapsed_ms\":null,\"locks_before\":3,\"locks_after\":null,"
                "\"waiters_before\":2,\"waiters_after\":null,\"note\":null}");
    rollback = finished_rollback();
    rollback.planned = false;
    rollback.before.gid = "\xff'";
    assert_json(&rollback,
                "{\"gid\":\"\\\\xff'\",\"xid\":744,\"role\":\"app\",\"database\":\"shop\","
                "\"prepared\":\"2024-11-20T12:30:46.123456Z\",\"plan\":[],"
                "\"reason\":\"it was prepared long ago\",\"steps\":[{\"at\":"
                "\"2024-11-20T12:34:56.123456Z\",\"step\":\"rollback prepared\",\"result\":"
                "\"done\"}],\"outcome\":\"cancelled\",\"elapsed_ms\":3.2,\"locks_before\":3,"
                "\"locks_after\":0,\"waiters_before\":2,\"waiters_after\":0,"
                "\"note\":\"rolled back\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_preview),
        cmocka_unit_test(test_result),
        cmocka_unit_test(test_every_width_fits),
        cmocka_unit_test(test_json),
    };

    (void) setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
