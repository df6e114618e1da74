/* SPDX-License-Identifier: PostgreSQL */
/* Engine: every decision about open targets; no clock, no I/O. Events in, a plan out.
 *
 * Ownership: engine_step() borrows the event for the call. The plan and all it points to live in
 * the engine or in the turn's arena that the caller gave; they are good until the caller clears
 * that arena. What must outlive the turn the engine copies. Targets are named by their index, in
 * the order in which they were requested.
 *
 * The caller performs the actions in order, and turns each completion into an event. A signal is
 * only ever asked for after EVENT_RECORDED has confirmed its intent. */
#ifndef PGQUELL_CORE_ENGINE_H
#define PGQUELL_CORE_ENGINE_H

#include "core/guard.h"
#include "core/plan.h"
#include "core/states.h"

#define ENGINE_STEPS_MAX \
    16 /* kept of one target: two rungs and their observations need half of it */

/* A target as the engine holds it; read-only outside. */
typedef struct Target {
    Session before; /* as it was seen when it was chosen */
    Session last;   /* the last observation; meaningless once `gone` */
    bool gone;
    Order order;
    Scope scope;
    Ladder ladder;
    size_t rung; /* the remedy that is, or will be, under way */
    size_t sent; /* signals that were, or may have been, sent */
    Remedy last_sent;
    TargetState state;
    Outcome outcome;
    const char *reason;    /* why this remedy, or why none */
    const char *note;      /* what else is worth knowing; NULL */
    const char *redirect;  /* which parallel worker was named in its place; NULL */
    Consequences foreseen; /* an empty list where nobody has looked */
    Step steps[ENGINE_STEPS_MAX];
    size_t step_count;
    int64_t begun_us;     /* steady: when the go-ahead came; TIME_UNKNOWN before */
    int64_t finished_us;  /* steady */
    int64_t signalled_us; /* steady: the last signal */
    int64_t deadline_us;  /* steady: when this state has lasted long enough */
    int64_t look_us;      /* steady: when to look next; TIME_NEVER while `looking` */
    bool looking;         /* an observation was asked for and has not come */
    bool locks_stay;      /* the statement is over but a savepoint kept the transaction's locks */
    const char *doubt;    /* why the last signal may never have been sent; NULL: it was */
    bool was_lost;        /* contact was lost since the first signal */
    int64_t seen_us;      /* the server's clock when `before` was seen */
} Target;

typedef struct Engine Engine;

/* `pace_per_s`: signals a second. */
Engine *engine_new(const World *world, double pace_per_s, int64_t steady_us);
void engine_free(Engine *engine);

/* Takes the event in and answers what is to be done. The plan's arena must be set. */
void engine_step(Engine *engine, const Event *event, Plan *plan);

size_t engine_target_count(const Engine *engine);
const Target *engine_target(const Engine *engine, size_t target);

/* Whether every target has its outcome. */
bool engine_is_done(const Engine *engine);

#endif
