/* SPDX-License-Identifier: PostgreSQL */
/* Rollback: one prepared transaction that is to be rolled back, from the judgement to the outcome;
 * no clock, no I/O.
 *
 * Whoever performs it does what RollbackNext says and tells what came of it. The intent is durable
 * before rollback_begin(). The GID, the xid and the time of its preparation are looked at right
 * before it is sent; what may have been sent is never sent again. An outcome `cancelled` means that
 * it was rolled back by us. Texts that are handed in are borrowed for the call. */
#ifndef PGQUELL_CORE_ROLLBACK_H
#define PGQUELL_CORE_ROLLBACK_H

#include "core/plan.h"
#include "core/prepared.h"

#define ROLLBACK_STEPS_MAX 16

typedef enum RollbackNext {
    ROLLBACK_LOOK, /* for the GID among the prepared transactions */
    ROLLBACK_SEND, /* ROLLBACK PREPARED */
    ROLLBACK_END,  /* the outcome is there */
} RollbackNext;

/* How PostgreSQL answered ROLLBACK PREPARED. */
typedef enum RollbackAnswer {
    ROLLBACK_UNANSWERED, /* contact was lost */
    ROLLBACK_DONE,
    ROLLBACK_NO_SUCH,     /* 42704 */
    ROLLBACK_DENIED,      /* 42501 */
    ROLLBACK_BUSY,        /* 55000: another session is ending it */
    ROLLBACK_IN_RECOVERY, /* 25006: it is a standby by now */
    ROLLBACK_FAILED,      /* any other error; the text says which */
} RollbackAnswer;

typedef struct Moment {
    int64_t steady_us;
    int64_t wall_us;
} Moment;

typedef struct Rollback {
    Prepared before;
    int waiters_before; /* sessions that wait for it directly; COUNT_UNKNOWN, as the next two */
    int waiters_after;
    int locks_after;
    Outcome outcome;
    const char *reason; /* why, or why not */
    const char *note;   /* NULL: nothing more to say */
    Consequences foreseen;
    Step steps[ROLLBACK_STEPS_MAX];
    size_t step_count;
    int64_t begun_us; /* steady; TIME_UNKNOWN before */
    int64_t finished_us;
    const char *failure; /* of ROLLBACK_FAILED */
    Arena *arena;        /* for its texts; borrowed */
    RollbackAnswer answer;
    bool planned;    /* it may be begun; else the outcome says why not */
    bool sent;       /* it may have been */
    bool seen_after; /* the last look after it was sent still saw it */
} Rollback;

/* What is known of the transaction; all borrowed. */
typedef struct RollbackFacts {
    const World *world;
    unsigned int allow; /* ALLOW_ bits */
    const Prepared *prepared;
    const int *modes; /* locks by mode, LOCK_MODES of them; NULL: could not be read */
    int advisory_locks;
    int xids_back; /* how many transactions ago its xid was given; COUNT_UNKNOWN */
    const Waits *waits;
    const Lock *locks; /* that the waits were grown from */
    size_t lock_count;
    const Ending *ending; /* all that will be rolled back together with it */
    int64_t now_us;       /* the server's clock */
} RollbackFacts;

/* What filters and protections look at, as if it were a session; texts are borrowed. */
Session rollback_stand_in(const Prepared *prepared, int waiters);

/* Judges it and foresees what its end brings. The arena outlives the rollback. */
Rollback rollback_judge(const RollbackFacts *facts, Arena *arena);

/* The go-ahead; of one that is not planned it ends here. */
RollbackNext rollback_begin(Rollback *rollback, Moment now);

/* What has the GID now; NULL: nothing. */
RollbackNext rollback_looked(Rollback *rollback, const Prepared *found, Moment now);

RollbackNext rollback_answered(Rollback *rollback, RollbackAnswer answer, const char *text,
                               Moment now);

/* Its database cannot be reached, and nothing was sent. */
RollbackNext rollback_unreachable(Rollback *rollback, const char *why, Moment now);

/* The time is up, or the operator gives up. */
void rollback_late(Rollback *rollback, Moment now);

/* Nothing more may be begun. */
void rollback_hold(Rollback *rollback, const char *why, Moment now);

#endif
