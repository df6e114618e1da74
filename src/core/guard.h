/* SPDX-License-Identifier: PostgreSQL */
/* Guard: what an order does to a session as it is seen, or why it does nothing; in one sentence.
 *
 * This is the table "What each command does with what it sees" of docs/design.md. */
#ifndef PGQUELL_CORE_GUARD_H
#define PGQUELL_CORE_GUARD_H

#include "core/target.h"

typedef enum Verdict {
    VERDICT_SEND,
    VERDICT_REDIRECT, /* to the leader of a parallel worker: session->leader_pid */
    VERDICT_REFUSE,
    VERDICT_DENY, /* PostgreSQL would refuse our role */
} Verdict;

typedef struct Judgement {
    Verdict verdict;
    Scope scope;        /* for VERDICT_SEND */
    Ladder ladder;      /* for VERDICT_SEND; empty otherwise */
    bool inapplicable;  /* the order means nothing to such a session: a filter passes it over */
    const char *reason; /* one sentence, clean text, in the arena */
} Judgement;

/* Judges one session under one order. `now_us` is the server's clock. */
Judgement guard_judge(const World *world, const Order *order, const Session *session,
                      int64_t now_us, Arena *arena);

#endif
