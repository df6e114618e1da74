/* SPDX-License-Identifier: PostgreSQL */
/* Finish: a target's outcome, the last count, and the note that goes with it. */
#include <assert.h>
#include <string.h>

#include "core/advice.h"
#include "core/engine_internal.h"
#include "core/statement.h"

/* Joins what is known already with one more sentence. */
static void add_note(Engine *engine, Target *target, const char *note)
{
    if (!note)
        return;
    target->note = target->note ? arena_printf(&engine->arena, "%s; %s", target->note, note)
                                : arena_strdup(&engine->arena, note);
}

void finish_now(const Turn *turn, size_t index, Outcome outcome, const char *note)
{
    Target *target = &turn->engine->targets[index];

    assert(outcome != OUTCOME_NONE);
    if (outcome == OUTCOME_HELD || outcome == OUTCOME_UNKNOWN) {
        target->last.locks = COUNT_UNKNOWN;
        target->last.waiters = COUNT_UNKNOWN;
    }
    add_note(turn->engine, target, note);
    target->outcome = outcome;
    target->finished_us = turn->event->steady_us;
    target_move(turn->engine, target, TARGET_FINISHED);
    (void) plan_add(turn->plan, ACTION_FINISH, index);
}

/* Whether something may be left behind that a last look can name. */
static bool leaves_something(const Target *target)
{
    return target->sent > 0 && statement_builds_concurrently(target->before.query);
}

void finish_settle(const Turn *turn, size_t index, Outcome outcome)
{
    Target *target = &turn->engine->targets[index];

    assert(outcome != OUTCOME_NONE);
    target->outcome = outcome;
    target->finished_us = turn->event->steady_us; /* the effect was seen now; counting comes after */
    target_step(turn, index, STEP_OBSERVE,
                advice_seen(target->gone ? NULL : &target->last, &turn->engine->arena));
    if (target->gone && !leaves_something(target)) {
        finish_settled(turn, index, NULL);
        return;
    }
    target_move(turn->engine, target, TARGET_SETTLING);
    target->looking = true;
    target->look_us = TIME_NEVER;
    plan_add(turn->plan, ACTION_LOOK, index)->full = true;
}

/* What the session that lives on still has, when its statement was cancelled. */
static const char *cancelled_note(const Target *target, Arena *arena)
{
    const Session *last = &target->last;
    char id[SESSION_ID_MAX];

    if (target->locks_stay)
        return arena_printf(arena,
                            "only its subtransaction was rolled back: a savepoint keeps the transaction open "
                            "with %d locks until its client goes on; `pgquell terminate %s` ends it",
                            last->locks, session_id(last, id));
    if (session_waits(&target->before, "IPC", "SyncRep"))
        return "its transaction is committed locally and may not be replicated";
    if (session_is_active(last) && last->xact_start != TIME_UNKNOWN &&
        session_same_transaction(&target->before, last))
        return "the same transaction is active again, so this may be a cursor: --scope transaction ends all";
    if (last->state == STATE_ABORTED && last->locks > 0)
        return arena_printf(arena, "%d session-level advisory locks stay until the session ends", last->locks);
    if (last->state == STATE_ABORTED)
        return "its transaction is rolled back; the session waits for its client to say ROLLBACK";
    return NULL;
}

/* How a target ended by itself. */
static const char *over_note(const Target *target, Arena *arena)
{
    const Session *last = &target->last;

    if (target->gone)
        return "the session had ended before anything was sent";
    if (target->scope == SCOPE_STATEMENT && last->xact_start != TIME_UNKNOWN &&
        session_same_transaction(&target->before, last) && session_is_active(last))
        return "the same transaction is active again with another statement, as a cursor is at every FETCH: "
               "--scope transaction ends all of it";
    return arena_printf(arena, "it had moved on before anything was sent: it is now %s",
                        advice_seen(last, arena));
}

static const char *outcome_note(const Target *target, Arena *arena)
{
    switch (target->outcome) {
    case OUTCOME_OVER:
        return over_note(target, arena);
    case OUTCOME_CANCELLED:
        return cancelled_note(target, arena);
    case OUTCOME_DISCONNECTED:
        return "only a cancel was sent: its client or pooler dropped the connection";
    default:
        return NULL;
    }
}

void finish_settled(const Turn *turn, size_t index, const char *leftover)
{
    Target *target = &turn->engine->targets[index];
    int64_t seen_us = target->finished_us;

    if (target->gone) {
        target->last.locks = 0;
        target->last.waiters = 0;
        target->last.state = STATE_UNKNOWN;
        if (target->outcome == OUTCOME_CANCELLED) /* it lived for a moment longer */
            target->outcome = OUTCOME_DISCONNECTED;
    }
    add_note(turn->engine, target, outcome_note(target, &turn->engine->arena));
    finish_now(turn, index, target->outcome, leftover);
    target->finished_us = seen_us;
}

void finish_unresolved(const Turn *turn, size_t index)
{
    Target *target = &turn->engine->targets[index];
    Arena *arena = &turn->engine->arena;
    bool terminated = target->last_sent == REMEDY_TERMINATE;

    assert(target->sent > 0 && !target->gone);
    target_step(turn, index, STEP_OBSERVE, advice_seen(&target->last, arena));
    if (turn->engine->interrupted)
        add_note(turn->engine, target,
                 arena_printf(arena, "%s, and it was still there at the last look", turn->engine->interrupted));
    finish_now(turn, index, terminated ? OUTCOME_STUCK : OUTCOME_SURVIVED,
               advice_diagnosis(&target->last, target->last_sent, turn->event->server_us, arena));
}
