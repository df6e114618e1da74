/* SPDX-License-Identifier: PostgreSQL */
/* Plan: what goes into the engine (events) and what comes out of it (actions). */
#ifndef PGQUELL_CORE_PLAN_H
#define PGQUELL_CORE_PLAN_H

#include "core/consequences.h"

typedef enum EventKind {
    EVENT_REQUEST,   /* a session is to be dealt with: `session`, `order`, `redirected_from` */
    EVENT_FORESEEN,  /* what its end would bring was learnt: `target`, `consequences` */
    EVENT_GO,        /* what was planned may begin */
    EVENT_RECORDED,  /* the intent is durable: `target` */
    EVENT_SIGNALLED, /* the guarded signal was answered: `target`, `signal`, `text` */
    EVENT_LOOKED,    /* an observation: `target`, `session` or NULL when gone, `text` a leftover */
    EVENT_TIME,      /* the deadline of a plan has come, or just time */
    EVENT_LOST,      /* contact with the server is lost */
    EVENT_BACK,      /* contact again: `world` says with which server */
    EVENT_GIVE_UP,   /* nothing more will be seen: contact will not come back, or `text` says why */
    EVENT_INTERRUPT, /* nothing more may be begun: `text` says why ("interrupted by the operator")
                      */
} EventKind;

/* How PostgreSQL answered a guarded signal. */
typedef enum SignalResult {
    SIGNAL_SENT,
    SIGNAL_MOVED,    /* identity or stamp no longer match: nothing was sent */
    SIGNAL_DENIED,   /* 42501 */
    SIGNAL_FAILED,   /* an error that comes before the signal: nothing was sent */
    SIGNAL_DOUBTFUL, /* any other error, such as a cancel of our own statement: it may have been
                        sent */
} SignalResult;

typedef struct Event {
    EventKind kind;
    int64_t steady_us; /* a clock that never jumps: deadlines */
    int64_t wall_us;   /* Unix time: what is recorded */
    int64_t server_us; /* the server's clock: ages; only with EVENT_REQUEST and EVENT_LOOKED */
    size_t target;
    const Session *session;
    const Order *order;
    int redirected_from; /* EVENT_REQUEST: pid of the parallel worker that was named, or 0 */
    const Consequences *consequences;
    SignalResult signal;
    const char *text;
    const World *world;
} Event;

typedef enum ActionKind {
    ACTION_RECORD_INTENT, /* `remedy`, `text`; must be durable before EVENT_RECORDED */
    ACTION_SIGNAL,        /* `remedy`, `stamp` */
    ACTION_RECORD,        /* the step that was just taken: `step` */
    ACTION_LOOK,          /* `full`: with its locks, waiters and leftovers */
    ACTION_FINISH,        /* the outcome is in the target */
} ActionKind;

typedef enum StepKind {
    STEP_REDIRECT,
    STEP_CANCEL,
    STEP_TERMINATE,
    STEP_OBSERVE,
    STEP_ROLLBACK, /* of a prepared transaction */
} StepKind;

typedef struct Step {
    StepKind kind;
    int64_t wall_us;
    const char *result;
} Step;

typedef struct Action {
    ActionKind kind;
    size_t target;
    Remedy remedy;
    Stamp stamp;
    bool full;
    Step step;
    const char *text;
} Action;

typedef struct Plan {
    Arena *arena; /* the turn's */
    Action *actions;
    size_t count;
    int64_t
        deadline_us; /* steady clock: send EVENT_TIME then; TIME_NEVER: only an event moves us */
} Plan;

const char *step_name(StepKind kind);

/* Adds an action to the plan and answers it, to be filled in. */
Action *plan_add(Plan *plan, ActionKind kind, size_t target);

#endif
