/* SPDX-License-Identifier: PostgreSQL */
/* What the engine's own files share: engine.c (events), course.c (one target's way), finish.c (its
 * end). */
#ifndef PGQUELL_CORE_ENGINE_INTERNAL_H
#define PGQUELL_CORE_ENGINE_INTERNAL_H

#include "core/engine.h"
#include "core/pace.h"
#include "core/pooled.h"

struct Engine {
    Arena arena; /* what outlives a turn */
    World world;
    Pace pace;
    Target *targets;
    size_t count;
    size_t capacity;
    size_t queued;   /* targets in TARGET_QUEUED, so that a turn without any costs nothing */
    size_t finished; /* targets in TARGET_FINISHED */
    bool lost;       /* no contact: nothing is signalled */
    const char *interrupted; /* why nothing more is begun; NULL: it goes on */
};

/* One event on its way through the engine. */
typedef struct Turn {
    Engine *engine;
    const Event *event;
    Plan *plan;
} Turn;

/* The only way to change a target's state; asserts that the table allows it. */
void target_move(Engine *engine, Target *target, TargetState to);

/* Adds a step, in text that lives in the turn or longer, and has it recorded. */
void target_step(const Turn *turn, size_t index, StepKind kind, const char *result);

/* Joins what is noted already with one more sentence; NULL adds nothing. */
void target_note(Engine *engine, Target *target, const char *note);

/* course.c: what an event does to one target that is under way. */
void course_intend(const Turn *turn, size_t index);
void course_recorded(const Turn *turn, size_t index);
void course_signalled(const Turn *turn, size_t index);
void course_looked(const Turn *turn, size_t index);
void course_time(const Turn *turn, size_t index);
void course_lost(const Turn *turn, size_t index);
void course_back(const Turn *turn, size_t index);
void course_interrupt(const Turn *turn, size_t index);

/* finish.c: how a target ends. */
/* The outcome is known; counts locks and waiters once more where there is something to count. */
void finish_settle(const Turn *turn, size_t index, Outcome outcome);
/* The last count has come: `leftover` is what was left behind, or NULL. */
void finish_settled(const Turn *turn, size_t index, const char *leftover);
/* Everything allowed was tried and it is still there. */
void finish_unresolved(const Turn *turn, size_t index);
/* Nothing can be looked at any more: what is known stays, all else is unknown. */
void finish_blind(const Turn *turn, size_t index, const char *note);
/* Ends here and now. `note` may be NULL. */
void finish_now(const Turn *turn, size_t index, Outcome outcome, const char *note);

#endif
