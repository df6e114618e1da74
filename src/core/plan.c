/* SPDX-License-Identifier: PostgreSQL */
/* Plan: the actions of one turn. */
#include "core/plan.h"

#include <assert.h>

const char *step_name(StepKind kind)
{
    static const char *const names[] = {
        [STEP_REDIRECT] = "redirect",          [STEP_CANCEL] = "cancel",
        [STEP_TERMINATE] = "terminate",        [STEP_OBSERVE] = "observe",
        [STEP_ROLLBACK] = "rollback prepared",
    };

    return names[kind];
}

Action *plan_add(Plan *plan, ActionKind kind, size_t target)
{
    Action *action;

    assert(plan->arena);
    plan->actions = arena_grow(plan->arena, plan->actions, plan->count, sizeof(Action));
    action = &plan->actions[plan->count++];
    *action = (Action){.kind = kind, .target = target};
    return action;
}
