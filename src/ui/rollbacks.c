/* SPDX-License-Identifier: PostgreSQL */
/* Rollbacks: prepared transactions that will be, or have been, rolled back. */
#include "ui/rollbacks.h"

#include <stdlib.h>

#include "ui/describe.h"
#include "ui/flow.h"
#include "ui/json.h"
#include "ui/json_parts.h"
#include "ui/labelled.h"
#include "ui/tree.h"

static void add_identity(StrBuf *buf, const Describe *describe, const Prepared *prepared)
{
    Arena *arena = describe->arena;
    const Look *look = describe->look;
    Flow flow = flow_begin(look, buf, 0, LABELLED_INDENT);
    const char *database = look_text(look, arena, prepared->database);

    flow_piece(&flow, tree_prepared_name(look, arena, prepared), STYLE_HEADING);
    flow_piece(&flow, arena_printf(arena, "xid %u", (unsigned int) prepared->xid), STYLE_PLAIN);
    flow_piece(&flow,
               arena_printf(arena, "%s%s%s", look_text(look, arena, prepared->role),
                            *database ? "@" : "", database),
               STYLE_PLAIN);
    flow_piece(
        &flow,
        arena_printf(arena, "prepared %s ago", describe_age(describe, prepared->prepared_us)),
        STYLE_PLAIN);
    flow_end(&flow);
}

static void add_one(StrBuf *buf, const Describe *describe, const Rollback *rollback)
{
    const Look *look = describe->look;
    const char *reason = look_text(look, describe->arena, rollback->reason);

    add_identity(buf, describe, &rollback->before);
    if (rollback->planned) {
        labelled_add(buf, look, "will:", STYLE_HEADING, "roll back");
        labelled_add(buf, look, "why:", STYLE_PLAIN, reason);
    } else {
        labelled_add(buf, look,
                     rollback->outcome == OUTCOME_DENIED ? "denied:" : "refused:", STYLE_WARNING,
                     reason);
    }
    labelled_consequences(buf, look, &rollback->foreseen);
}

void rollbacks_preview(FILE *out, const Rollback *list, size_t count, int64_t now_us,
                       const Look *look)
{
    Describe describe = {.look = look, .now_us = now_us};
    Arena arena;
    StrBuf buf;

    arena_init(&arena);
    strbuf_init(&buf);
    describe.arena = &arena;
    for (size_t i = 0; i < count; i++)
        add_one(&buf, &describe, &list[i]);
    look_write(out, &buf);
    strbuf_done(&buf);
    arena_done(&arena);
}

static const char *effect_text(const Rollback *rollback, Arena *arena)
{
    const char *locks =
        describe_change("locks", rollback->before.locks, rollback->locks_after, arena);
    const char *waiters =
        describe_change("waiters", rollback->waiters_before, rollback->waiters_after, arena);

    if (!rollback->sent || (!*locks && !*waiters))
        return "";
    return arena_printf(arena, "(%s%s%s)", locks, *locks && *waiters ? ", " : "", waiters);
}

void rollbacks_result(FILE *out, const Rollback *rollback, const Look *look)
{
    const char *remark = rollback->note ? rollback->note : rollback->reason;
    char elapsed[DURATION_TEXT_MAX];
    Arena arena;
    StrBuf buf;
    Flow flow;

    arena_init(&arena);
    strbuf_init(&buf);
    flow = flow_begin(look, &buf, 0, LABELLED_INDENT);
    flow_piece(&flow, tree_prepared_name(look, &arena, &rollback->before), STYLE_PLAIN);
    flow_piece(&flow, outcome_name(rollback->outcome), describe_outcome_style(rollback->outcome));
    if (rollback->sent)
        flow_piece(
            &flow,
            arena_printf(&arena, "in %s",
                         duration_format(rollback->finished_us - rollback->begun_us, elapsed)),
            STYLE_PLAIN);
    flow_piece(&flow, effect_text(rollback, &arena), STYLE_PLAIN);
    flow_piece(&flow, look_text(look, &arena, remark), STYLE_PLAIN);
    flow_end(&flow);
    look_write(out, &buf);
    strbuf_done(&buf);
    arena_done(&arena);
}

static json_t *of_plan(const Rollback *rollback)
{
    json_t *plan = json_array();

    if (rollback->planned &&
        json_array_append_new(plan, json_string(step_name(STEP_ROLLBACK))) != 0)
        abort();
    return plan;
}

json_t *rollbacks_json(const Rollback *rollback)
{
    const Prepared *before = &rollback->before;
    bool ended = rollback->begun_us != TIME_UNKNOWN;
    double elapsed_us = ended ? (double) (rollback->finished_us - rollback->begun_us) : 0;
    json_t *object = json_object();

    json_put(object, "gid", json_of_text(before->gid));
    json_put(object, "xid", json_integer(before->xid));
    json_put(object, "role", json_of_text(before->role));
    json_put(object, "database", json_of_text(before->database));
    json_put(object, "prepared", json_of_instant(before->prepared_us));
    json_put(object, "plan", of_plan(rollback));
    json_put(object, "reason", json_of_text(rollback->reason));
    json_put(object, "steps", json_of_steps(rollback->steps, rollback->step_count));
    json_put(object, "outcome", ended ? json_string(outcome_name(rollback->outcome)) : json_null());
    json_put(object, "elapsed_ms",
             ended ? json_real(elapsed_us / (double) US_PER_MS) : json_null());
    json_put(object, "locks_before", json_of_count(before->locks));
    json_put(object, "locks_after", ended ? json_of_count(rollback->locks_after) : json_null());
    json_put(object, "waiters_before", json_of_count(rollback->waiters_before));
    json_put(object, "waiters_after", ended ? json_of_count(rollback->waiters_after) : json_null());
    json_put(object, "note", json_of_text(rollback->note));
    return object;
}
