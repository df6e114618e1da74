/* SPDX-License-Identifier: PostgreSQL */
/* Looks: observations asked for target by target, put to the server many at a time. */
#include <assert.h>
#include <stdlib.h>

#include "loop/runner_internal.h"

enum {
    QUICK,
    FULL,
    KINDS
};

static void set_add(LookSet *set, size_t target)
{
    if (set->count == set->capacity) {
        set->capacity = set->capacity ? set->capacity * 2 : 16;
        set->targets = xrealloc(set->targets, set->capacity * sizeof(set->targets[0]));
    }
    set->targets[set->count++] = target;
}

void looks_want(Runner *runner, size_t target, bool full)
{
    set_add(&runner->wanted[full ? FULL : QUICK], target);
}

/* The row of this target's session, if it is there. */
static const Session *row_of(const SessionsAnswer *look, int pid)
{
    for (size_t i = 0; i < look->count; i++)
        if (look->sessions[i].pid == pid)
            return &look->sessions[i];
    return NULL;
}

static void tell_engine(Runner *runner, int kind)
{
    const SessionsAnswer *look = &runner->look[kind];
    LookSet told = runner->asked[kind];

    runner->asked[kind] = (LookSet){0}; /* the engine may want more while it is told */
    for (size_t i = 0; i < told.count; i++) {
        const Target *target = engine_target(runner->setup.engine, told.targets[i]);
        const Session *session = row_of(look, target->before.pid);
        Event event = {.kind = EVENT_LOOKED,
                       .target = told.targets[i],
                       .session = session,
                       .server_us = look->count > 0 ? look->server_us : clock_wall_us()};

        if (kind == FULL && leftover_ask(runner, told.targets[i], session))
            continue; /* it is told when that is known */
        runner_feed(runner, &event);
    }
    free(told.targets);
}

/* The server answered with an error, so the connection cannot be relied on: it is made anew, but
 * not from in here, where it is being read. */
static void look_failed(Runner *runner)
{
    runner->distrusted = true;
}

static void on_burdens(Answer *answer)
{
    Runner *runner = answer->owner;

    if (answer->lost)
        return;
    if (answer->failed)
        look_failed(runner);
    else
        tell_engine(runner, FULL);
}

static void on_full_look(Answer *answer)
{
    Runner *runner = answer->owner;
    const SessionsAnswer *look = &runner->look[FULL];

    if (answer->lost)
        return;
    if (answer->failed) {
        look_failed(runner);
        return;
    }
    runner->burdens = (BurdensAnswer){
        .answer = {.arena = answer->arena, .on_done = on_burdens, .owner = runner},
        .sessions = look->sessions,
        .count = look->count,
    };
    ask_burdens(runner->setup.link, &runner->burdens);
}

static void on_quick_look(Answer *answer)
{
    Runner *runner = answer->owner;

    if (answer->lost)
        return;
    if (answer->failed)
        look_failed(runner);
    else
        tell_engine(runner, QUICK);
}

static void send_look(Runner *runner, int kind)
{
    LookSet *asked = &runner->asked[kind];
    Arena *arena = &runner->look_arena[kind];
    int *pids;

    arena_clear(arena);
    free(asked->targets);
    *asked = runner->wanted[kind];
    runner->wanted[kind] = (LookSet){0};
    pids = ARENA_ARRAY(arena, int, asked->count);
    for (size_t i = 0; i < asked->count; i++)
        pids[i] = engine_target(runner->setup.engine, asked->targets[i])->before.pid;
    runner->look[kind] = (SessionsAnswer){
        .answer = {.arena = arena,
                   .on_done = kind == FULL ? on_full_look : on_quick_look,
                   .owner = runner},
    };
    ask_look(runner->setup.link, &runner->look[kind], pids, asked->count);
}

/* One look of a kind at a time: what is wanted meanwhile goes with the next. */
void looks_send(Runner *runner)
{
    if (runner->lost || link_state(runner->setup.link) != LINK_READY)
        return;
    for (int kind = 0; kind < KINDS; kind++)
        if (runner->wanted[kind].count > 0 && runner->asked[kind].count == 0)
            send_look(runner, kind);
}

bool looks_out(const Runner *runner)
{
    return runner->asked[QUICK].count > 0;
}

/* Contact is lost: the engine will ask again. */
void looks_forget(Runner *runner)
{
    for (int kind = 0; kind < KINDS; kind++) {
        runner->wanted[kind].count = 0;
        runner->asked[kind].count = 0;
    }
}

void looks_done(Runner *runner)
{
    for (int kind = 0; kind < KINDS; kind++) {
        free(runner->wanted[kind].targets);
        free(runner->asked[kind].targets);
    }
}
