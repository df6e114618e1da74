/* SPDX-License-Identifier: PostgreSQL */
/* Print: a plan as lines that a person can read and compare. */
#include <string.h>

#include "fields.h"
#include "stage.h"

static void print_text(StrBuf *out, const char *label, const char *text)
{
    if (text)
        strbuf_printf(out, "      %s: %s\n", label, text);
}

static void print_instant(StrBuf *out, const char *name, int64_t instant_us)
{
    char buffer[OFFSET_TEXT_MAX];

    strbuf_printf(out, " %s=%s", name,
                  instant_us == TIME_UNKNOWN ? "none"
                                             : offset_format(instant_us - SERVER_START_US, buffer));
}

static void print_stamp(StrBuf *out, const Stamp *stamp)
{
    const char *state = state_name(stamp->state);

    strbuf_printf(out, " if pid=%d", stamp->pid);
    print_instant(out, "backend_start", stamp->backend_start);
    if (stamp->tests & CHOSEN_STATE)
        strbuf_printf(out, " state=\"%s\"", state ? state : "none");
    if (stamp->tests & CHOSEN_STATE_CHANGE)
        print_instant(out, "state_change", stamp->state_change);
    if (stamp->tests & CHOSEN_XACT_START)
        print_instant(out, "xact_start", stamp->xact_start);
    if (stamp->tests & CHOSEN_QUERY_START)
        print_instant(out, "query_start", stamp->query_start);
    if (stamp->tests & CHOSEN_APPLICATION)
        strbuf_printf(out, " application=\"%s\"", stamp->application ? stamp->application : "none");
    if (!(stamp->tests & SPARED_SYNCREP))
        strbuf_add(out, " even in SyncRep");
    strbuf_add(out, "\n");
}

static void print_count(StrBuf *out, int count)
{
    if (count == COUNT_UNKNOWN)
        strbuf_add(out, "unknown");
    else
        strbuf_printf(out, "%d", count);
}

static void print_finish(StrBuf *out, const Target *target)
{
    char buffer[OFFSET_TEXT_MAX];

    strbuf_printf(out, " finish %s after %s, %zu signals, %zu steps%s\n",
                  outcome_name(target->outcome),
                  offset_format(target->finished_us - target->begun_us, buffer), target->sent,
                  target->step_count, target->gone ? ", gone" : "");
    print_text(out, "reason", target->reason);
    print_text(out, "note", target->note);
    strbuf_add(out, "      locks ");
    print_count(out, target->before.locks);
    strbuf_add(out, " -> ");
    print_count(out, target->last.locks);
    strbuf_add(out, ", waiters ");
    print_count(out, target->before.waiters);
    strbuf_add(out, " -> ");
    print_count(out, target->last.waiters);
    strbuf_add(out, "\n");
}

static void print_action(StrBuf *out, const Engine *engine, const Action *action)
{
    strbuf_printf(out, "  %zu", action->target);
    switch (action->kind) {
    case ACTION_RECORD_INTENT:
        strbuf_printf(out, " record-intent %s\n", remedy_name(action->remedy));
        print_text(out, "reason", action->text);
        break;
    case ACTION_SIGNAL:
        strbuf_printf(out, " signal %s", remedy_name(action->remedy));
        print_stamp(out, &action->stamp);
        break;
    case ACTION_RECORD:
        strbuf_printf(out, " record %s: %s\n", step_name(action->step.kind), action->step.result);
        break;
    case ACTION_LOOK:
        strbuf_printf(out, " look%s\n", action->full ? " full" : "");
        break;
    case ACTION_FINISH:
        print_finish(out, engine_target(engine, action->target));
        break;
    }
}

void print_request(StrBuf *out, const Target *target, size_t index)
{
    if (target->state == TARGET_FINISHED) {
        strbuf_printf(out, "  %zu %s\n", index, outcome_name(target->outcome));
    } else {
        strbuf_printf(out, "  %zu planned: scope %s, ladder", index, scope_name(target->scope));
        for (size_t i = 0; i < target->ladder.count; i++)
            strbuf_printf(out, "%s %s", i > 0 ? "," : "", remedy_name(target->ladder.remedies[i]));
        strbuf_add(out, "\n");
    }
    print_text(out, "reason", target->reason);
    print_text(out, "note", target->note);
}

void print_plan(StrBuf *out, const Engine *engine, const Plan *plan, int64_t steady_us)
{
    char buffer[OFFSET_TEXT_MAX];

    for (size_t i = 0; i < plan->count; i++)
        print_action(out, engine, &plan->actions[i]);
    if (plan->deadline_us != TIME_NEVER)
        strbuf_printf(out, "  next %s\n", offset_format(plan->deadline_us - steady_us, buffer));
}
