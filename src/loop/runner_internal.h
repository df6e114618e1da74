/* SPDX-License-Identifier: PostgreSQL */
/* What the runner's own files share: runner.c (plans), records.c (audit), looks.c (observations),
 * leftover.c (what a target leaves behind), contact.c (losing and finding the server). */
#ifndef PGQUELL_LOOP_RUNNER_INTERNAL_H
#define PGQUELL_LOOP_RUNNER_INTERNAL_H

#include "loop/runner.h"
#include "pg/ask_locks.h"

typedef struct Runner Runner;

/* A set of targets that want to be looked at. */
typedef struct LookSet {
    size_t *targets;
    size_t count;
    size_t capacity;
} LookSet;

/* Records that are not on disk yet. */
typedef struct Records {
    Arena arena;
    Record *records;
    Step *steps; /* of those whose body is still to be made; texts belong to the engine */
    size_t count;
    int64_t oldest_us; /* steady; when the first of them came */
} Records;

/* What a statement that builds an index leaves behind, asked on a connection of its own. */
typedef struct Leftover Leftover;

struct Runner {
    RunnerSetup setup;
    World world;
    int64_t deadline_us; /* the engine's */
    Records records;
    bool audit_failed;
    Err audit_err;
    unsigned int interrupts; /* that the engine has been told of */
    int64_t interrupted_us;  /* steady; when it was */

    LookSet wanted[2]; /* quick, full: for the next look of that kind */
    LookSet asked[2];  /* what the look on its way is for */
    SessionsAnswer look[2];
    BurdensAnswer burdens;
    Arena look_arena[2];

    Answer warm[2]; /* that the server has everything planned; its failure only costs time */

    Arena signal_arena; /* answers of signals and log lines on their way */
    size_t signals_open;
    StrBuf log_lines;    /* for the server's log, not sent yet */
    int64_t log_line_us; /* steady; when the first of them came */

    Leftover *leftovers; /* one per target that builds an index, by list */

    bool distrusted; /* the connection answers with errors: to be made anew */
    bool lost;
    int64_t lost_since_us;
    int64_t retry_us; /* steady: when to try again */
    int64_t pause_us; /* how long after the next failure */
    bool greeting;    /* connected again, and asking which server it is */
    Arena contact_arena;
    WorldAnswer hello;
    SystemAnswer system;
};

/* runner.c: lets the engine decide on an event and performs what it says. */
void runner_feed(Runner *runner, Event *event);

/* records.c */
void records_add_intent(Runner *runner, const Action *action);
void records_add_step(Runner *runner, const Action *action);
void records_add_outcome(Runner *runner, size_t index);
bool records_flush(Runner *runner);

/* looks.c */
void looks_want(Runner *runner, size_t target, bool full);
void looks_send(Runner *runner);
void looks_forget(Runner *runner);
void looks_done(Runner *runner);
bool looks_out(const Runner *runner); /* a quick one is on its way */

/* leftover.c: `text` of the answer is NULL when nothing was left. */
void leftover_prepare(Runner *runner);
bool leftover_ask(Runner *runner, size_t target, const Session *session);
void leftover_advance(Runner *runner);
void leftover_done(Runner *runner);

/* contact.c */
void contact_advance(Runner *runner);
int64_t contact_deadline(const Runner *runner);

#endif
