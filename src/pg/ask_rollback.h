/* SPDX-License-Identifier: PostgreSQL */
/* Ask, rollback: what a prepared transaction holds, and its end. Answers as in ask.h. */
#ifndef PGQUELL_PG_ASK_ROLLBACK_H
#define PGQUELL_PG_ASK_ROLLBACK_H

#include "core/rollback.h"
#include "pg/ask_stakes.h"

/* How many transactions ago the xid of a prepared one was given. */
typedef struct PreparedAge {
    uint32_t xid;
    int xids_back;
} PreparedAge;

/* Of every prepared transaction: locks by mode, ages. */
typedef struct PreparedStakesAnswer {
    Answer answer;
    HeldLocks *locks;
    size_t lock_count;
    PreparedAge *ages;
    size_t age_count;
} PreparedStakesAnswer;

void ask_prepared_stakes(Link *link, PreparedStakesAnswer *answer);

/* Ends the prepared transaction of that GID, which is quoted here and nowhere else. Only in a
 * connection to its own database. */
void ask_rollback_prepared(Link *link, Answer *answer, const char *gid);

/* How that was answered; the text is the error's. */
RollbackAnswer rollback_answer_of(const Answer *answer);

#endif
