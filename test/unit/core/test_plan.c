/* SPDX-License-Identifier: PostgreSQL */
/* Plan: actions in the order in which they were added. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/plan.h"

static void actions_keep_their_order(void **state)
{
    Arena arena;
    Plan plan = {.arena = &arena};

    arena_init(&arena);
    for (size_t i = 0; i < 1000; i++) {
        Action *action = plan_add(&plan, ACTION_LOOK, i);

        assert_false(action->full);
        assert_null(action->text);
        action->full = i % 2 == 1;
    }
    assert_int_equal(plan.count, 1000);
    for (size_t i = 0; i < plan.count; i++) {
        assert_int_equal(plan.actions[i].target, i);
        assert_int_equal(plan.actions[i].full, i % 2 == 1);
    }
    arena_done(&arena);
}

static void steps_have_names(void **state)
{
    assert_string_equal(step_name(STEP_REDIRECT), "redirect");
    assert_string_equal(step_name(STEP_CANCEL), "cancel");
    assert_string_equal(step_name(STEP_TERMINATE), "terminate");
    assert_string_equal(step_name(STEP_OBSERVE), "observe");
    assert_string_equal(step_name(STEP_ROLLBACK), "rollback prepared");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(actions_keep_their_order),
        cmocka_unit_test(steps_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
