/* SPDX-License-Identifier: PostgreSQL */
/* Stage: plays a scenario's events to an engine and writes down what it answers. */
#ifndef PGQUELL_SCENARIO_STAGE_H
#define PGQUELL_SCENARIO_STAGE_H

#include "core/engine.h"
#include "core/protect.h"
#include "words.h"

#define STAGE_TARGETS_MAX 256

typedef struct Stage {
    Arena arena; /* texts of the scenario; lives as long as the stage */
    World world;
    Protections protections; /* of the world */
    double pace_per_s;
    Engine *engine;                  /* NULL until the first event */
    int64_t now_us;                  /* since the start */
    int64_t due_us;                  /* the last plan's deadline, on the steady clock */
    Session seen[STAGE_TARGETS_MAX]; /* each target's last row */
    TargetState states[STAGE_TARGETS_MAX];
    StrBuf out;
} Stage;

void stage_init(Stage *stage);
void stage_done(Stage *stage);

/* Plays one line, which is not blank. */
void stage_play(Stage *stage, const Place *place, const char *line);

/* Appends what the engine answered, in words; `arena` and `plan` are the turn's. */
void print_request(StrBuf *out, const Target *target, size_t index);
void print_plan(StrBuf *out, const Engine *engine, const Plan *plan, int64_t steady_us);

#endif
