/* SPDX-License-Identifier: PostgreSQL */
/* Consequences: what will be freed and lost when a target ends, said before it is confirmed.
 *
 * Sentences are clean, live in the arena, and are used as they are by the preview and the audit
 * trail. What the reason of an order says already (core/advice.h) is not said again. */
#ifndef PGQUELL_CORE_CONSEQUENCES_H
#define PGQUELL_CORE_CONSEQUENCES_H

#include "core/progress.h"
#include "core/relief.h"
#include "core/target.h"

/* In order of weight. */
typedef enum ConsequenceKind {
    CONSEQUENCE_FREES,
    CONSEQUENCE_LOSES,
    CONSEQUENCE_HOLDS,
    CONSEQUENCE_PROGRESS,
    CONSEQUENCE_SPARES,
    CONSEQUENCE_KINDS,
} ConsequenceKind;

typedef struct Consequence {
    ConsequenceKind kind;
    const char *text;
} Consequence;

typedef struct Consequences {
    const Consequence *list; /* by kind */
    size_t count;
    size_t freed;    /* sessions */
    int temp_tables; /* that are dropped; COUNT_UNKNOWN */
} Consequences;

/* What has to be asked beside the row of a session. */
typedef struct Stake {
    bool locks_known;
    int modes[LOCK_MODES]; /* locks held by mode, without advisory ones and the transaction's own */
    int advisory_locks;
    int temp_tables;       /* that are committed; COUNT_UNKNOWN: not known */
    bool temp_unread;      /* ... because the answer did not come in time */
    Progress earlier, now; /* two looks a moment apart */
} Stake;

/* All borrowed. */
typedef struct ConsequenceFacts {
    const Session *session;
    const Ladder *ladder; /* empty: it is not signalled */
    const Stake *stake;   /* NULL: nothing more was asked */
    const Waits *waits;   /* NULL: could not be read */
    const Lock *locks;    /* that the waits were grown from */
    size_t lock_count;
    const Ending *ending;    /* all that will be signalled together with it */
    const Session *sessions; /* of the server */
    size_t session_count;
    int own_pid;    /* pgquell's session, which is nobody's sibling */
    int64_t now_us; /* the server's clock */
} ConsequenceFacts;

/* "frees", "loses", ... */
const char *consequence_label(ConsequenceKind kind);

Consequences consequences_foresee(const ConsequenceFacts *facts, Arena *arena);

/* `2 AccessExclusiveLock, 1 RowExclusiveLock`, the strongest first; NULL where there is none. */
const char *consequences_modes(const int modes[LOCK_MODES], Arena *arena);

/* `3 sessions that wait behind it (the longest for 4 min 10 s), 2 more move up`; NULL where nobody
 * waits. */
const char *consequences_relief(const Relief *relief, int64_t now_us, Arena *arena);

/* A copy whose texts live in the arena. */
Consequences consequences_copy(const Consequences *consequences, Arena *arena);

#endif
