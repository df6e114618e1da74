/* SPDX-License-Identifier: PostgreSQL */
/* Engine: takes events in, keeps the targets, and hands each to its course. */
#include "core/engine.h"

#include <assert.h>
#include <stdlib.h>

#include "core/engine_internal.h"

/* Keeps what is told of the server; an identifier that is not told this time stays as it was. */
static void know_world(Engine *engine, const World *world)
{
    uint64_t identifier = engine->world.system_identifier;
    const Protections *protections = engine->world.protections;

    engine->world = *world;
    engine->world.current_role = arena_strdup(&engine->arena, world->current_role);
    engine->world.session_role = arena_strdup(&engine->arena, world->session_role);
    if (world->system_identifier == 0)
        engine->world.system_identifier = identifier;
    if (!world->protections) /* the server does not tell of them when contact is back */
        engine->world.protections = protections;
}

Engine *engine_new(const World *world, double pace_per_s, int64_t steady_us)
{
    Engine *engine = xcalloc(1, sizeof(*engine));

    arena_init(&engine->arena);
    know_world(engine, world);
    pace_init(&engine->pace, pace_per_s, steady_us);
    return engine;
}

void engine_free(Engine *engine)
{
    if (!engine)
        return;
    arena_done(&engine->arena);
    free(engine->targets);
    free(engine);
}

size_t engine_target_count(const Engine *engine)
{
    return engine->count;
}

const Target *engine_target(const Engine *engine, size_t target)
{
    assert(target < engine->count);
    return &engine->targets[target];
}

bool engine_is_done(const Engine *engine)
{
    return engine->finished == engine->count;
}

void target_move(Engine *engine, Target *target, TargetState to)
{
    assert(target_state_follows(target->state, to));
    if (target->state == TARGET_QUEUED)
        engine->queued--;
    if (to == TARGET_QUEUED)
        engine->queued++;
    if (to == TARGET_FINISHED)
        engine->finished++;
    target->state = to;
}

void target_step(const Turn *turn, size_t index, StepKind kind, const char *result)
{
    Target *target = &turn->engine->targets[index];
    Step step = {.kind = kind,
                 .wall_us = turn->event->wall_us,
                 .result = arena_strdup(&turn->engine->arena, result)};

    if (target->step_count < ENGINE_STEPS_MAX) /* the audit store has them all */
        target->steps[target->step_count++] = step;
    plan_add(turn->plan, ACTION_RECORD, index)->step = step;
}

void target_note(Engine *engine, Target *target, const char *note)
{
    if (!note)
        return;
    target->note = target->note ? arena_printf(&engine->arena, "%s; %s", target->note, note)
                                : arena_strdup(&engine->arena, note);
}

/* What need not be tested again where the operator has said that the transaction is what counts: it
 * is pinned by its start, whatever statement it has come to. */
#define STAMPED_BY_TRANSACTION \
    ((unsigned int) (CHOSEN_STATE | CHOSEN_STATE_CHANGE | CHOSEN_QUERY_START))

static Target *new_target(Engine *engine)
{
    if (engine->count == engine->capacity) {
        engine->capacity = engine->capacity ? engine->capacity * 2 : 16;
        engine->targets = xrealloc(engine->targets, engine->capacity * sizeof(Target));
    }
    engine->targets[engine->count] = (Target){.begun_us = TIME_UNKNOWN, .look_us = TIME_NEVER};
    return &engine->targets[engine->count++];
}

/* Judges a session and keeps it as a target: planned, or finished where nothing will be sent. */
static void request(const Turn *turn)
{
    Engine *engine = turn->engine;
    const Event *event = turn->event;
    Judgement judgement =
        guard_judge(&engine->world, event->order, event->session, event->server_us, &engine->arena);
    Target *target = new_target(engine);

    target->before = session_copy(event->session, &engine->arena);
    target->last = target->before;
    target->order = *event->order;
    target->scope = scope_for(event->order, event->session);
    target->seen_us = event->server_us;
    if (event->order->scope == SCOPE_TRANSACTION && event->session->xact_start != TIME_UNKNOWN)
        target->order.chosen_by &= ~STAMPED_BY_TRANSACTION;
    target->ladder = judgement.ladder;
    target->reason = judgement.reason;
    if (event->redirected_from != 0)
        target->redirect = arena_printf(&engine->arena, "named by pid %d, a parallel worker of it",
                                        event->redirected_from);
    target_note(engine, target, target->redirect);
    target_note(engine, target, pooled_note(&target->before, &target->ladder, &engine->arena));
    if (judgement.verdict == VERDICT_SEND)
        return;
    target->outcome = judgement.verdict == VERDICT_DENY ? OUTCOME_DENIED : OUTCOME_REFUSED;
    target_move(engine, target, TARGET_FINISHED);
}

static void foreseen(const Turn *turn)
{
    Engine *engine = turn->engine;

    assert(turn->event->target < engine->count);
    engine->targets[turn->event->target].foreseen =
        consequences_copy(turn->event->consequences, &engine->arena);
}

static void go(const Turn *turn)
{
    Engine *engine = turn->engine;

    for (size_t i = 0; i < engine->count; i++) {
        Target *target = &engine->targets[i];

        if (target->begun_us != TIME_UNKNOWN)
            continue;
        target->begun_us = turn->event->steady_us;
        target->finished_us = turn->event->steady_us;
        if (target->redirect)
            target_step(turn, i, STEP_REDIRECT, target->redirect);
        if (target->state == TARGET_FINISHED)
            (void) plan_add(turn->plan, ACTION_FINISH, i);
        else if (engine->interrupted)
            course_interrupt(turn, i);
        else
            target_move(engine, target, TARGET_QUEUED);
    }
}

/* Lets as many queued targets through as the pace allows, first come first served. */
static void advance_queue(const Turn *turn)
{
    Engine *engine = turn->engine;

    if (engine->lost)
        return;
    for (size_t i = 0; engine->queued > 0; i++) {
        assert(i < engine->count);
        if (engine->targets[i].state != TARGET_QUEUED)
            continue;
        if (!pace_take(&engine->pace, turn->event->steady_us))
            return;
        course_intend(turn, i);
    }
}

static void for_each_open(const Turn *turn, void (*what)(const Turn *turn, size_t index))
{
    for (size_t i = 0; i < turn->engine->count; i++)
        if (turn->engine->targets[i].state != TARGET_FINISHED)
            what(turn, i);
}

static void give_up(const Turn *turn, size_t index)
{
    const Target *target = &turn->engine->targets[index];

    if (turn->event->text)
        finish_blind(turn, index, turn->event->text);
    else if (target->sent > 0)
        finish_blind(turn, index,
                     "contact with the server was lost after the signal and did not come back");
    else
        finish_blind(turn, index, "contact with the server was lost before anything was sent");
}

static void lost(const Turn *turn)
{
    turn->engine->lost = true;
    for_each_open(turn, course_lost);
}

static void back(const Turn *turn)
{
    turn->engine->lost = false;
    for_each_open(turn, course_back);
    know_world(turn->engine, turn->event->world);
}

static void interrupt(const Turn *turn)
{
    turn->engine->interrupted = arena_strdup(&turn->engine->arena, turn->event->text);
    for_each_open(turn, course_interrupt);
}

static void dispatch(const Turn *turn)
{
    switch (turn->event->kind) {
    case EVENT_REQUEST:
        request(turn);
        break;
    case EVENT_FORESEEN:
        foreseen(turn);
        break;
    case EVENT_GO:
        go(turn);
        break;
    case EVENT_RECORDED:
        course_recorded(turn, turn->event->target);
        break;
    case EVENT_SIGNALLED:
        course_signalled(turn, turn->event->target);
        break;
    case EVENT_LOOKED:
        course_looked(turn, turn->event->target);
        break;
    case EVENT_TIME:
        for_each_open(turn, course_time);
        break;
    case EVENT_LOST:
        lost(turn);
        break;
    case EVENT_BACK:
        back(turn);
        break;
    case EVENT_GIVE_UP:
        for_each_open(turn, give_up);
        break;
    default: /* EVENT_INTERRUPT */
        interrupt(turn);
        break;
    }
}

/* When the engine has to be woken though nothing happens. */
static int64_t next_deadline(const Engine *engine, int64_t steady_us)
{
    int64_t deadline = TIME_NEVER;

    for (size_t i = 0; i < engine->count; i++) {
        const Target *target = &engine->targets[i];

        if (target->state != TARGET_FINISHED && target->look_us < deadline)
            deadline = target->look_us;
    }
    if (engine->queued > 0 && !engine->lost && deadline > pace_next_us(&engine->pace, steady_us))
        deadline = pace_next_us(&engine->pace, steady_us);
    return deadline;
}

void engine_step(Engine *engine, const Event *event, Plan *plan)
{
    Turn turn = {.engine = engine, .event = event, .plan = plan};

    plan->actions = NULL;
    plan->count = 0;
    dispatch(&turn);
    advance_queue(&turn);
    plan->deadline_us = next_deadline(engine, event->steady_us);
}
