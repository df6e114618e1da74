/* SPDX-License-Identifier: PostgreSQL */
/* Actions: what is happening to targets, and what came of it. */
#include "ui/actions.h"

#include <assert.h>

#include "ui/describe.h"
#include "ui/flow.h"

#define INDENT 4
#define OUTCOME_COUNT (OUTCOME_UNKNOWN + 1)

/* `(locks 3 -> 0, waiters 2 -> 0)`. */
static const char *effect_text(const Target *target, Arena *arena)
{
    const char *locks = describe_change("locks", target->before.locks, target->last.locks, arena);
    const char *waiters =
        describe_change("waiters", target->before.waiters, target->last.waiters, arena);

    if (target->sent == 0 || (!*locks && !*waiters))
        return "";
    return arena_printf(arena, "(%s%s%s)", locks, *locks && *waiters ? ", " : "", waiters);
}

/* Why nothing was sent, and what else is to be said. */
static const char *remark_text(const Target *target, Arena *arena)
{
    bool spared = outcome_exit(target->outcome) == ERR_REFUSED;

    if (!spared || !target->reason)
        return target->note;
    return target->note ? arena_printf(arena, "%s; %s", target->reason, target->note)
                        : target->reason;
}

void actions_result(FILE *out, const Target *target, const Look *look)
{
    char id[SESSION_ID_MAX];
    char elapsed[DURATION_TEXT_MAX];
    Arena arena;
    StrBuf buf;
    Flow flow;

    assert(target->outcome != OUTCOME_NONE);
    arena_init(&arena);
    strbuf_init(&buf);
    flow = flow_begin(look, &buf, 0, INDENT);
    flow_piece(&flow, session_id(&target->before, id), STYLE_PLAIN);
    flow_piece(&flow, arena_printf(&arena, "pid %d", target->before.pid), STYLE_PLAIN);
    flow_piece(&flow, outcome_name(target->outcome), describe_outcome_style(target->outcome));
    if (target->sent > 0 && target->begun_us != TIME_UNKNOWN)
        flow_piece(&flow,
                   arena_printf(&arena, "in %s",
                                duration_format(target->finished_us - target->begun_us, elapsed)),
                   STYLE_PLAIN);
    flow_piece(&flow, effect_text(target, &arena), STYLE_PLAIN);
    flow_piece(&flow, look_text(look, &arena, remark_text(target, &arena)), STYLE_PLAIN);
    flow_end(&flow);
    look_write(out, &buf);
    strbuf_done(&buf);
    arena_done(&arena);
}

/* What one target is doing. */
static const char *watching_text(const Target *target, int64_t steady_us, Arena *arena)
{
    const char *next;
    bool last = target->rung + 1 >= target->ladder.count;
    int64_t left_us = target->deadline_us - steady_us;
    char ago[DURATION_TEXT_MAX];
    char left[DURATION_TEXT_MAX];

    if (target->sent == 0)
        return arena_printf(arena, "waiting for pid %d: looking at it", target->before.pid);
    duration_format(steady_us - target->signalled_us, ago);
    if (left_us <= 0)
        return arena_printf(arena, "waiting for pid %d: %s sent %s ago, a last look",
                            target->before.pid, remedy_name(target->last_sent), ago);
    duration_format(left_us, left);
    next = last ? arena_printf(arena, "%s left", left)
                : arena_printf(arena, "%s in %s",
                               remedy_name(target->ladder.remedies[target->rung + 1]), left);
    return arena_printf(arena, "waiting for pid %d: %s sent %s ago, %s", target->before.pid,
                        remedy_name(target->last_sent), ago, next);
}

static const char *target_text(const Target *target, int64_t steady_us, Arena *arena)
{
    switch (target->state) {
    case TARGET_PLANNED:
        return arena_printf(arena, "pid %d waits for the go-ahead", target->before.pid);
    case TARGET_QUEUED:
        return arena_printf(arena, "pid %d waits for its turn in the pace", target->before.pid);
    case TARGET_INTENDING:
        return arena_printf(arena, "recording the intent for pid %d", target->before.pid);
    case TARGET_SIGNALLING:
        return arena_printf(arena, "sending %s to pid %d",
                            remedy_name(target->ladder.remedies[target->rung]), target->before.pid);
    case TARGET_SETTLING:
        return arena_printf(arena, "counting locks and waiters of pid %d", target->before.pid);
    case TARGET_LOST:
        return "contact with the server is lost, trying to get it back";
    default:
        return watching_text(target, steady_us, arena);
    }
}

/* Whether `a` says more about what is waited for than `b`. */
static bool tells_more(const Target *a, const Target *b)
{
    static const int weight[TARGET_STATES] = {
        [TARGET_LOST] = 4,     [TARGET_WATCHING] = 3,   [TARGET_CHECKING] = 3,
        [TARGET_SETTLING] = 2, [TARGET_SIGNALLING] = 2, [TARGET_INTENDING] = 2,
        [TARGET_QUEUED] = 1,
    };

    if (weight[a->state] != weight[b->state])
        return weight[a->state] > weight[b->state];
    return weight[a->state] == 3 && a->signalled_us < b->signalled_us;
}

void actions_progress(StrBuf *buf, const Engine *engine, int64_t steady_us, const Look *look)
{
    size_t count = engine_target_count(engine);
    size_t done = 0;
    const Target *telling = NULL;
    const char *text = "";
    Arena arena;

    arena_init(&arena);
    for (size_t i = 0; i < count; i++) {
        const Target *target = engine_target(engine, i);

        if (target->state == TARGET_FINISHED)
            done++;
        else if (!telling || tells_more(target, telling))
            telling = target;
    }
    if (telling)
        text = target_text(telling, steady_us, &arena);
    if (count != 1 || !telling)
        text = arena_printf(&arena, "%zu of %zu done%s%s", done, count, *text ? ", " : "", text);
    look_fit(look, buf, text, look->columns > 0 ? (size_t) look->columns : SIZE_MAX, false);
    arena_done(&arena);
}

void actions_summary(FILE *out, const Engine *engine, const Look *look)
{
    size_t count = engine_target_count(engine);
    size_t counts[OUTCOME_COUNT] = {0};
    size_t left = count;
    Arena arena;
    StrBuf buf;
    Flow flow;

    if (count < 2)
        return;
    for (size_t i = 0; i < count; i++)
        counts[engine_target(engine, i)->outcome]++;
    arena_init(&arena);
    strbuf_init(&buf);
    flow = flow_begin(look, &buf, 0, INDENT);
    flow_words(&flow, arena_printf(&arena, "%zu targets:", count), STYLE_PLAIN);
    for (size_t i = 0; i < OUTCOME_COUNT; i++) {
        /* the open ones come last */
        Outcome outcome = (Outcome) ((i + 1) % OUTCOME_COUNT);
        const char *name = outcome == OUTCOME_NONE ? "open" : outcome_name(outcome);

        if (counts[outcome] == 0)
            continue;
        left -= counts[outcome];
        flow_words(&flow, arena_printf(&arena, "%zu %s%s", counts[outcome], name, left ? "," : ""),
                   outcome == OUTCOME_NONE ? STYLE_PLAIN : describe_outcome_style(outcome));
    }
    flow_end(&flow);
    look_write(out, &buf);
    strbuf_done(&buf);
    arena_done(&arena);
}
