/* SPDX-License-Identifier: PostgreSQL */
/* Answer: what every question's answer begins with. */
#ifndef PGQUELL_PG_ANSWER_H
#define PGQUELL_PG_ANSWER_H

#include "base/arena.h"
#include "base/err.h"

#define SQLSTATE_MAX 6 /* five characters and the terminator */

typedef struct Answer Answer;

/* The caller owns it, zeroes it, sets `arena`, and keeps it until `done`. What was read lives in
 * `arena`. `on_done` may be NULL; it is called once, when `done` has been set. */
struct Answer {
    Arena *arena;
    void (*on_done)(Answer *answer);
    void *owner; /* the caller's */
    bool done;
    bool failed;                 /* `err` says why */
    bool lost;                   /* ... because contact was lost */
    char sqlstate[SQLSTATE_MAX]; /* of the first error, "" when there was none */
    Err err;
};

#endif
