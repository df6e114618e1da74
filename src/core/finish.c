/* SPDX-License-Identifier: PostgreSQL */
/* Finish: a target's outcome, the last count, and the note that goes with it. */
#include <assert.h>
#include <string.h>

#include "core/advice.h"
#include "core/engine_internal.h"
#include "core/statement.h"

void finish_now(const Turn *turn, size_t index, Outcome outcome, const char *note)
{
    Target *target = &turn->engine->targets[index];

    assert(outcome != OUTCOME_NONE);
    if (outcome == OUTCOME_HELD || outcome == OUTCOME_UNKNOWN) {
        target->last.locks = COUNT_UNKNOWN;
        target->last.waiters = COUNT_UNKNOWN;
    }
    target_note(turn->engine, target, note);
    target->outcome = outcome;
    target->finished_us = turn->event->steady_us;
    if (target->begun_us == TIME_UNKNOWN) /* no go-ahead will tell of it again */
        target->begun_us = turn->event->steady_us;
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
    target->finished_us =
        turn->event->steady_us; /* the effect was seen now; counting comes after */
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

/* The locks of a transaction that a savepoint kept. */
static const char *kept_locks(const Session *last, Arena *arena)
{
    return last->locks == COUNT_UNKNOWN ? "its locks"
                                        : arena_printf(arena, "%d locks", last->locks);
}

/* Whether the same transaction is active again with another statement. */
static bool goes_on(const Target *target)
{
    const Session *last = &target->last;

    return target->scope == SCOPE_STATEMENT && session_is_active(last) &&
           last->xact_start != TIME_UNKNOWN && session_same_transaction(&target->before, last) &&
           !session_same_statement(&target->before, last);
}

/* What the session that lives on still has, when its statement was cancelled. */
static const char *cancelled_note(const Target *target, Arena *arena)
{
    const Session *last = &target->last;
    char id[SESSION_ID_MAX];

    if (target->locks_stay)
        return arena_printf(
            arena,
            "only its subtransaction was rolled back: a savepoint keeps the transaction open "
            "with %s until its client goes on; `pgquell terminate %s` ends it",
            kept_locks(last, arena), session_id(last, id));
    if (session_waits(&target->before, "IPC", "SyncRep"))
        return "its transaction is committed locally and may not be replicated";
    if (goes_on(target))
        return "the same transaction is active again, so this may be a cursor: --scope transaction "
               "ends all";
    if (last->state != STATE_ABORTED || last->xact_start != TIME_UNKNOWN)
        return NULL;
    if (last->locks > 0)
        return arena_printf(arena, "%d session-level advisory locks stay until the session ends",
                            last->locks);
    return "its transaction is rolled back; the session waits for its client to say ROLLBACK";
}

/* How a target ended by itself. */
static const char *over_note(const Target *target, Arena *arena)
{
    const Session *last = &target->last;

    if (target->gone)
        return "the session had ended before anything was sent";
    if (goes_on(target))
        return "the same transaction is active again with another statement, as a cursor is at "
               "every FETCH: --scope transaction ends all of it";
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
        if (target->was_lost)
            return "only a cancel was sent, but contact was lost meanwhile: its client may have "
                   "dropped the connection, or a crash of the server ended it";
        return "only a cancel was sent: its client or pooler dropped the connection";
    default:
        return NULL;
    }
}

void finish_settled(const Turn *turn, size_t index, const char *leftover)
{
    Target *target = &turn->engine->targets[index];
    Arena *arena = &turn->engine->arena;
    int64_t seen_us = target->finished_us;

    if (target->gone) {
        target->last.locks = 0;
        target->last.waiters = 0;
        target->last.state = STATE_UNKNOWN;
        if (target->outcome == OUTCOME_CANCELLED) /* it lived for a moment longer */
            target->outcome = OUTCOME_DISCONNECTED;
    }
    target_note(turn->engine, target, outcome_note(target, arena));
    if (target->doubt)
        target_note(turn->engine, target,
                    arena_printf(arena, "%s, so it may have ended by itself", target->doubt));
    finish_now(turn, index, target->outcome, leftover);
    target->finished_us = seen_us;
}

void finish_blind(const Turn *turn, size_t index, const char *note)
{
    if (turn->engine->targets[index].outcome == OUTCOME_NONE)
        finish_now(turn, index, OUTCOME_UNKNOWN, note);
    else
        finish_settled(turn, index, note);
}

/* Nobody knows whether the signal is pending or never came, so nothing is said of why it is there.
 */
static void finish_perhaps_sent(const Turn *turn, size_t index)
{
    const Target *target = &turn->engine->targets[index];
    Arena *arena = &turn->engine->arena;

    finish_now(turn, index, OUTCOME_UNKNOWN,
               arena_printf(arena, "%s, which may never have been sent: it is %s", target->doubt,
                            advice_seen(&target->last, arena)));
}

void finish_unresolved(const Turn *turn, size_t index)
{
    Target *target = &turn->engine->targets[index];
    Arena *arena = &turn->engine->arena;
    bool terminated = target->last_sent == REMEDY_TERMINATE;
    const char *diagnosis = NULL;

    assert(target->sent > 0 && !target->gone);
    target_step(turn, index, STEP_OBSERVE, advice_seen(&target->last, arena));
    if (turn->engine->interrupted)
        target_note(turn->engine, target,
                    arena_printf(arena, "%s, and it was still there at the last look",
                                 turn->engine->interrupted));
    if (target->doubt) {
        finish_perhaps_sent(turn, index);
        return;
    }
    if (terminated || !turn->engine->interrupted) /* a cancel that had no time proves nothing */
        diagnosis =
            advice_diagnosis(&target->last, target->last_sent, turn->event->server_us, arena);
    finish_now(turn, index, terminated ? OUTCOME_STUCK : OUTCOME_SURVIVED, diagnosis);
}
