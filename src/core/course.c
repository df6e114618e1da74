/* SPDX-License-Identifier: PostgreSQL */
/* Course: one target's way from intent to effect, rung by rung. */
#include <assert.h>

#include "core/advice.h"
#include "core/engine_internal.h"
#include "core/privilege.h"
#include "core/protect.h"

/* How often it is looked at: at once while an effect usually shows (facts.md F17g), then at
 * intervals of an eighth of the time already waited, so that what we report is never much later
 * than it was. */
#define LOOK_EAGER_US (2 * US_PER_MS)
#define LOOK_SHARE 8
#define LOOK_LONGEST_US (100 * US_PER_MS)

static bool on_last_rung(const Target *target)
{
    return target->rung + 1 >= target->ladder.count;
}

static Remedy remedy_of(const Target *target)
{
    assert(target->rung < target->ladder.count);
    return target->ladder.remedies[target->rung];
}

static void look(const Turn *turn, size_t index)
{
    Target *target = &turn->engine->targets[index];

    target->looking = true;
    target->look_us = TIME_NEVER;
    (void) plan_add(turn->plan, ACTION_LOOK, index);
}

static void look_later(const Turn *turn, size_t index)
{
    Target *target = &turn->engine->targets[index];
    int64_t now = turn->event->steady_us;
    int64_t waited = now - target->signalled_us;
    int64_t pause = waited / LOOK_SHARE;

    if (waited < LOOK_EAGER_US) {
        look(turn, index);
        return;
    }
    if (pause > LOOK_LONGEST_US)
        pause = LOOK_LONGEST_US;
    target->look_us = now + pause < target->deadline_us ? now + pause : target->deadline_us;
}

static void watch(const Turn *turn, size_t index)
{
    Target *target = &turn->engine->targets[index];
    int64_t now = turn->event->steady_us;

    target_move(turn->engine, target, TARGET_WATCHING);
    target->signalled_us = now;
    target->deadline_us = now;
    if (!turn->engine->interrupted)
        target->deadline_us +=
            on_last_rung(target) ? target->order.timeout_us : target->order.grace_us;
    look(turn, index);
}

void course_intend(const Turn *turn, size_t index)
{
    Target *target = &turn->engine->targets[index];
    Action *action;

    target_move(turn->engine, target, TARGET_INTENDING);
    action = plan_add(turn->plan, ACTION_RECORD_INTENT, index);
    action->remedy = remedy_of(target);
    action->text = target->reason;
}

void course_recorded(const Turn *turn, size_t index)
{
    Target *target = &turn->engine->targets[index];
    bool savepoint = target->locks_stay;
    unsigned int spared = 0;
    Action *action;

    if (target->state != TARGET_INTENDING) /* an interrupt was quicker */
        return;
    if (turn->engine->lost) {
        target_move(turn->engine, target, TARGET_QUEUED);
        return;
    }
    target_move(turn->engine, target, TARGET_SIGNALLING);
    if (!(target->order.allow & ALLOW_SYNCREP))
        spared = SPARED_SYNCREP;
    /* A pooler may have handed it to a client that is protected. */
    if (!(target->order.allow & ALLOW_PROTECTED) &&
        protect_by_application(turn->engine->world.protections))
        spared |= CHOSEN_APPLICATION;
    action = plan_add(turn->plan, ACTION_SIGNAL, index);
    action->remedy = remedy_of(target);
    if (savepoint) /* its statement is over: what is to end now is the transaction as it was last
                      seen */
        action->stamp =
            stamp_for(SCOPE_TRANSACTION, CHOSEN_STATE | CHOSEN_STATE_CHANGE, &target->last);
    else
        action->stamp = stamp_for(target->scope, target->order.chosen_by, &target->before);
    action->stamp.tests |= spared;
}

static StepKind step_of(Remedy remedy)
{
    return remedy == REMEDY_CANCEL ? STEP_CANCEL : STEP_TERMINATE;
}

static void count_sent(Target *target, const char *doubt)
{
    target->sent++;
    target->last_sent = remedy_of(target);
    target->doubt = doubt;
}

/* The signal was not sent, so what it is like now has to be seen. */
static void check(const Turn *turn, size_t index)
{
    Target *target = &turn->engine->targets[index];

    target_move(turn->engine, target, TARGET_CHECKING);
    target->signalled_us = turn->event->steady_us;
    target->deadline_us = turn->event->steady_us + target->order.grace_us;
    look(turn, index);
}

static const char *answer_text(const Turn *turn)
{
    return turn->event->text ? turn->event->text : "no reason given";
}

/* PostgreSQL would not: the first rung ends with that, after a later one it is looked at. */
static void not_sent(const Turn *turn, size_t index, Outcome outcome)
{
    Target *target = &turn->engine->targets[index];
    Arena *arena = &turn->engine->arena;
    const char *answer = answer_text(turn);

    if (target->sent > 0) {
        target_note(turn->engine, target,
                    arena_printf(arena, "the %s was not accepted: %s",
                                 remedy_name(remedy_of(target)), answer));
        check(turn, index);
        return;
    }
    target->reason =
        arena_printf(arena, "PostgreSQL %s: %s",
                     outcome == OUTCOME_DENIED ? "refused" : "did not send it", answer);
    finish_now(turn, index, outcome, NULL);
}

void course_signalled(const Turn *turn, size_t index)
{
    Target *target = &turn->engine->targets[index];
    StepKind step;

    if (target->state != TARGET_SIGNALLING)
        return;
    step = step_of(remedy_of(target));
    switch (turn->event->signal) {
    case SIGNAL_SENT:
        target_step(turn, index, step, "sent");
        count_sent(target, NULL);
        watch(turn, index);
        break;
    case SIGNAL_MOVED:
        target_step(turn, index, step, "not sent: it is no longer as it was seen");
        check(turn, index);
        break;
    case SIGNAL_DENIED:
        target_step(turn, index, step, "not sent: permission denied");
        not_sent(turn, index, OUTCOME_DENIED);
        break;
    case SIGNAL_FAILED:
        target_step(turn, index, step, "not sent: an error");
        not_sent(turn, index, OUTCOME_HELD);
        break;
    default: /* SIGNAL_DOUBTFUL */
        target_step(turn, index, step, "perhaps sent: an error");
        count_sent(target, arena_printf(&turn->engine->arena,
                                        "PostgreSQL answered the %s with an error (%s)",
                                        remedy_name(remedy_of(target)), answer_text(turn)));
        watch(turn, index);
        break;
    }
}

static void next_rung(const Turn *turn, size_t index)
{
    Target *target = &turn->engine->targets[index];
    Arena *arena = &turn->engine->arena;

    target_step(turn, index, STEP_OBSERVE, advice_seen(&target->last, arena));
    if (target->locks_stay)
        target->reason =
            "the cancel ended its statement, but a savepoint kept the transaction and its locks, "
            "and its client did not go on: only ending the session releases them";
    else
        target->reason = arena_printf(arena, "the cancel did not end it: it is still %s",
                                      advice_seen(&target->last, arena));
    target->rung++;
    target_move(turn->engine, target, TARGET_QUEUED);
}

/* Not over: the next rung when its time is up, else another look. */
static void still_there(const Turn *turn, size_t index)
{
    Target *target = &turn->engine->targets[index];

    if (turn->event->steady_us < target->deadline_us)
        look_later(turn, index);
    else if (on_last_rung(target) || turn->engine->interrupted)
        finish_unresolved(turn, index);
    else
        next_rung(turn, index);
}

static void looked_while_watching(const Turn *turn, size_t index)
{
    Target *target = &turn->engine->targets[index];
    bool awaits_client = target->locks_stay && !on_last_rung(target) && !turn->engine->interrupted;

    if (target->last_sent == REMEDY_TERMINATE) {
        if (target->gone)
            finish_settle(turn, index, OUTCOME_TERMINATED);
        else
            still_there(turn, index);
        return;
    }
    if (target->gone) {
        finish_settle(turn, index, OUTCOME_DISCONNECTED);
        return;
    }
    if (awaits_client || !scope_is_over(target->scope, &target->before, &target->last))
        still_there(turn, index);
    else
        finish_settle(turn, index, OUTCOME_CANCELLED);
}

/* Between two statements of one transaction: perhaps a cursor, which shows when it is active again.
 */
static bool may_be_cursor(const Target *target)
{
    return !target->gone && target->scope == SCOPE_STATEMENT &&
           target->last.state == STATE_IN_TRANSACTION &&
           session_same_transaction(&target->before, &target->last);
}

/* Committed locally by now, and waiting for a standby: what is left is not ours to end unasked. */
static bool came_to_wait(const Target *target)
{
    return !target->gone && !(target->order.allow & ALLOW_SYNCREP) &&
           session_waits(&target->last, "IPC", "SyncRep");
}

static void refuse_wait(const Turn *turn, size_t index)
{
    turn->engine->targets[index].reason =
        "it has come to wait for synchronous replication: its transaction is committed locally and "
        "stays committed, though perhaps not replicated; --allow syncrep ends the wait all the "
        "same";
    finish_now(turn, index, OUTCOME_REFUSED, NULL);
}

static void looked_while_checking(const Turn *turn, size_t index)
{
    Target *target = &turn->engine->targets[index];

    assert(target->sent == 0 ||
           target->last_sent == REMEDY_CANCEL); /* a terminate is the last rung */
    if (target->sent == 0 && may_be_cursor(target) &&
        turn->event->steady_us < target->deadline_us && !turn->engine->interrupted) {
        look_later(turn, index);
        return;
    }
    if (target->sent == 0 && came_to_wait(target))
        refuse_wait(turn, index);
    else if (target->sent == 0)
        finish_settle(turn, index, OUTCOME_OVER);
    else if (target->gone)
        finish_settle(turn, index, OUTCOME_DISCONNECTED);
    else if (scope_is_over(target->scope, &target->before, &target->last))
        finish_settle(turn, index, OUTCOME_CANCELLED);
    else
        finish_unresolved(turn, index);
}

/* A cancelled statement whose transaction a savepoint kept, locks and all, until its client moves.
 */
static bool kept_by_savepoint(const Target *target)
{
    return target->scope == SCOPE_STATEMENT && target->last.state == STATE_ABORTED &&
           target->last.xact_start != TIME_UNKNOWN &&
           session_same_transaction(&target->before, &target->last);
}

/* Keeps the observation; texts that cannot have changed are kept as they are. */
static void observe(const Turn *turn, Target *target)
{
    const Session *seen = turn->event->session;
    Session last;

    target->looking = false;
    target->look_us = TIME_NEVER;
    target->gone = !seen || !session_same(&target->before, seen);
    if (target->gone)
        return;
    last = *seen;
    last.role = target->before.role;
    last.database = target->before.database;
    last.application = target->before.application;
    last.client = target->before.client;
    last.backend_type = target->before.backend_type;
    last.query = target->before.query;
    last.wait_event_type = arena_strdup(&turn->engine->arena, seen->wait_event_type);
    last.wait_event = arena_strdup(&turn->engine->arena, seen->wait_event);
    target->last = last;
    target->locks_stay = target->sent > 0 && kept_by_savepoint(target);
}

void course_looked(const Turn *turn, size_t index)
{
    Target *target = &turn->engine->targets[index];

    if (target->state != TARGET_WATCHING && target->state != TARGET_CHECKING &&
        target->state != TARGET_SETTLING)
        return; /* an answer that came after the end */
    if (turn->event->session && session_is_hidden(turn->event->session)) {
        finish_blind(
            turn, index,
            arena_printf(&turn->engine->arena,
                         "our role may no longer see it: GRANT pg_read_all_stats TO %s",
                         privilege_quote(&turn->engine->arena, turn->engine->world.current_role)));
        return;
    }
    observe(turn, target);
    if (target->state == TARGET_WATCHING)
        looked_while_watching(turn, index);
    else if (target->state == TARGET_CHECKING)
        looked_while_checking(turn, index);
    else
        finish_settled(turn, index, turn->event->text);
}

void course_time(const Turn *turn, size_t index)
{
    const Target *target = &turn->engine->targets[index];

    if (target->look_us <= turn->event->steady_us)
        look(turn, index);
}

void course_lost(const Turn *turn, size_t index)
{
    Target *target = &turn->engine->targets[index];

    target->looking = false;
    target->look_us = TIME_NEVER;
    target->was_lost = true;
    if (target->state == TARGET_SIGNALLING) { /* it may have been sent, so it counts as sent */
        target_step(turn, index, step_of(remedy_of(target)), "perhaps sent: contact was lost");
        count_sent(target, arena_printf(&turn->engine->arena, "contact was lost at the %s",
                                        remedy_name(remedy_of(target))));
    } else if (target->state != TARGET_WATCHING && target->state != TARGET_CHECKING &&
               target->state != TARGET_SETTLING) {
        return;
    }
    target_move(turn->engine, target, TARGET_LOST);
}

/* Whether the server that answers now is not the one that was lost, or has been restarted since. */
static const char *another_server(const World *was, const World *is)
{
    bool told = was->system_identifier != 0 && is->system_identifier != 0;

    if (told && was->system_identifier != is->system_identifier)
        return "another server answers now (system identifier differs)";
    if (was->standby != is->standby)
        return "another server of the same cluster answers now";
    if (was->postmaster_start != is->postmaster_start)
        return "the server was restarted, or another of its cluster answers now";
    return NULL;
}

void course_back(const Turn *turn, size_t index)
{
    Target *target = &turn->engine->targets[index];
    const char *changed = another_server(&turn->engine->world, turn->event->world);

    if (changed) {
        finish_blind(turn, index, changed);
        return;
    }
    if (target->state != TARGET_LOST)
        return;
    if (target->outcome != OUTCOME_NONE) {
        target_move(turn->engine, target, TARGET_SETTLING);
        target->looking = true;
        plan_add(turn->plan, ACTION_LOOK, index)->full = true;
    } else if (target->sent > 0) {
        target_step(turn, index, STEP_OBSERVE, "contact again: looking before anything else");
        watch(turn, index);
    } else {
        target_move(turn->engine, target, TARGET_CHECKING);
        look(turn, index);
    }
}

/* It was not begun, or is between two rungs: the next is not begun. */
static void interrupt_waiting(const Turn *turn, size_t index)
{
    Target *target = &turn->engine->targets[index];

    if (target->sent > 0) {
        watch(turn, index);
        return;
    }
    target->reason = arena_printf(&turn->engine->arena, "%s before anything was sent",
                                  turn->engine->interrupted);
    finish_now(turn, index, OUTCOME_HELD, NULL);
}

static void interrupt_lost(const Turn *turn, size_t index)
{
    finish_blind(turn, index,
                 arena_printf(&turn->engine->arena, "%s while contact with the server was lost",
                              turn->engine->interrupted));
}

void course_interrupt(const Turn *turn, size_t index)
{
    Target *target = &turn->engine->targets[index];

    switch (target->state) {
    case TARGET_PLANNED:
    case TARGET_QUEUED:
    case TARGET_INTENDING:
        if (target->sent > 0 && turn->engine->lost)
            interrupt_lost(turn, index);
        else
            interrupt_waiting(turn, index);
        break;
    case TARGET_LOST:
        interrupt_lost(turn, index);
        break;
    case TARGET_WATCHING:
    case TARGET_CHECKING:
        target->deadline_us = turn->event->steady_us;
        if (!target->looking)
            look(turn, index);
        break;
    default: /* the answer on its way finishes it */
        break;
    }
}
