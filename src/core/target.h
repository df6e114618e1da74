/* SPDX-License-Identifier: PostgreSQL */
/* Target: a session with a scope, the order it is under, and the words for how it goes. */
#ifndef PGQUELL_CORE_TARGET_H
#define PGQUELL_CORE_TARGET_H

#include "core/session.h"

typedef enum OrderKind {
    ORDER_CANCEL,
    ORDER_STOP,
    ORDER_TERMINATE,
} OrderKind;

/* When one is done. */
typedef enum Scope {
    SCOPE_DEFAULT, /* the order's own: see scope_for() */
    SCOPE_STATEMENT,
    SCOPE_TRANSACTION,
    SCOPE_SESSION,
} Scope;

typedef enum Remedy {
    REMEDY_CANCEL,
    REMEDY_TERMINATE,
} Remedy;

typedef enum Outcome {
    OUTCOME_NONE,
    OUTCOME_OVER,
    OUTCOME_CANCELLED,
    OUTCOME_TERMINATED,
    OUTCOME_DISCONNECTED,
    OUTCOME_SURVIVED,
    OUTCOME_STUCK,
    OUTCOME_HELD,
    OUTCOME_REFUSED,
    OUTCOME_DENIED,
    OUTCOME_UNKNOWN,
} Outcome;

/* Kinds of session that an order spares unless told otherwise (`--allow`). */
enum {
    ALLOW_SYNCREP = 1 << 0,
    ALLOW_CONCURRENTLY = 1 << 1,
    ALLOW_WALSENDER = 1 << 2,
    ALLOW_AUTOVACUUM = 1 << 3,
    ALLOW_PROTECTED = 1 << 4,
};

#define LADDER_MAX 2

/* What a session was chosen by, so what a guarded signal has to test again. */
enum {
    CHOSEN_STATE = 1 << 0,
    CHOSEN_STATE_CHANGE = 1 << 1,
    CHOSEN_XACT_START = 1 << 2,
    CHOSEN_QUERY_START = 1 << 3,
    CHOSEN_APPLICATION = 1 << 4,
    SPARED_SYNCREP = 1 << 5, /* not by that: it must not wait for synchronous replication by now */
};

typedef struct Ladder {
    Remedy remedies[LADDER_MAX];
    size_t count;
} Ladder;

typedef struct Order {
    OrderKind kind;
    Scope scope;            /* as asked; SCOPE_DEFAULT when not */
    unsigned int allow;     /* ALLOW_ bits */
    unsigned int chosen_by; /* CHOSEN_ bits; 0 for a target given by hand */
    int64_t grace_us;       /* wait after every remedy but the last */
    int64_t timeout_us;     /* how long the last one is watched */
} Order;

/* What is tested again, with IS NOT DISTINCT FROM, in the statement that signals: always (pid,
 * backend_start), and what `tests` (CHOSEN_ bits) names. `application` is borrowed. */
typedef struct Stamp {
    int pid;
    int64_t backend_start;
    unsigned int tests;
    SessionState state;
    int64_t state_change;
    int64_t xact_start;
    int64_t query_start;
    const char *application;
} Stamp;

const char *order_name(OrderKind kind);
const char *scope_name(Scope scope);
const char *remedy_name(Remedy remedy);
const char *outcome_name(Outcome outcome); /* NULL for OUTCOME_NONE */

/* The exit status that a target's outcome asks for. */
ErrCode outcome_exit(Outcome outcome);

/* The scope that an order has over this session when none was asked for: `cancel` the statement,
 * `terminate` the session, `stop` the statement where one is active, else the transaction. */
Scope scope_for(const Order *order, const Session *session);

/* Whether what the scope names, as it was in `before`, is over in `now` (NULL: the session is
 * gone). */
bool scope_is_over(Scope scope, const Session *before, const Session *now);

/* The stamp for the next signal to a session seen as `session`. */
Stamp stamp_for(Scope scope, unsigned int chosen_by, const Session *session);

#endif
