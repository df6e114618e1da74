/* SPDX-License-Identifier: PostgreSQL */
/* Triage: what is wrong on a server, worst first, each with what would fix it; pure.
 *
 * One finding per cause: whoever blocks others and has forgotten its transaction is one finding
 * that says both, and whoever merely waits is none. Texts of findings are clean and live in the
 * arena; words of commands are not, since they have to be exact. */
#ifndef PGQUELL_CORE_TRIAGE_H
#define PGQUELL_CORE_TRIAGE_H

#include "core/server.h"
#include "core/waits.h"

#define TRIAGE_FIXES_MAX 2

typedef enum FindingKind {
    FINDING_NONE,
    FINDING_BLOCKER,     /* sessions wait behind it */
    FINDING_QUEUE,       /* many wait for one lock, though nobody has held it for long */
    FINDING_WRAPAROUND,  /* autovacuum that prevents wraparound is held up, or holds up */
    FINDING_CONNECTIONS, /* slots run out */
    FINDING_SYNCREP,     /* commits wait for a standby */
    FINDING_ABORTED,
    FINDING_IDLE,  /* in transaction */
    FINDING_STUCK, /* on its client */
    FINDING_RUNAWAY,
    FINDING_TRANSACTION,
    FINDING_PREPARED,
    FINDING_STANDBY, /* its query holds the primary's xmin */
    FINDING_HORIZON, /* another that does */
} FindingKind;

typedef enum Severity {
    SEVERITY_WARNING,
    SEVERITY_CRITICAL, /* it is stopping others' work */
} Severity;

/* A command of pgquell, an SQL statement, or, with neither, advice. */
typedef struct Fix {
    const char *const *words; /* behind "pgquell", exact; NULL: none */
    size_t word_count;
    const char *sql;      /* clean; NULL: none */
    const char *effect;   /* what that does, or the advice; a sentence without its full stop */
    const char *obstacle; /* why our role cannot, with the GRANT; NULL: it can */
} Fix;

typedef struct Finding {
    FindingKind kind;
    Severity severity;
    const char *what;            /* one line */
    const char *why;             /* a sentence or more; "" */
    Fix fixes[TRIAGE_FIXES_MAX]; /* the mildest that cures it first */
    size_t fix_count;
    const Session *session;   /* NULL: it is about no session; of several the oldest */
    const Prepared *prepared; /* the same */
    size_t count;             /* how many are alike */
    size_t waiters;           /* behind it, at any depth */
    int64_t since_us;         /* TIME_UNKNOWN; so is waiting_us */
    int64_t waiting_us;       /* since when the first of the waiters waits */
    const char *lock;         /* what the first of them waits for; NULL */
    int xids_back;            /* how far back it holds rows; COUNT_UNKNOWN */
    bool horizon;             /* nobody holds older ones */
} Finding;

/* Longer or more than these is worth saying. */
typedef struct TriageLimits {
    int64_t statement_us;
    int64_t transaction_us;
    int64_t in_state_us;
    int xids;    /* behind the xmin horizon */
    int targets; /* more than these an action takes with --limit only */
} TriageLimits;

/* All borrowed. */
typedef struct TriageFacts {
    const World *world;
    const Server *server;
    const Session *sessions;
    size_t session_count;
    const Prepared *prepared;
    size_t prepared_count;
    const Waits *waits;
    const int *unmoved; /* pids of triage_suspects() that stood still in all looks */
    size_t unmoved_count;
    int64_t now_us;            /* the server's clock */
    const char *reason_demand; /* where the configuration demands a reason; NULL: it does not */
} TriageFacts;

typedef struct Triage {
    const Finding *findings;
    size_t count;
    const char *const *notes; /* what is no finding but should be known */
    size_t note_count;
    Connections connections;
    int64_t oldest_us; /* start of the oldest transaction; TIME_UNKNOWN: there is none */
    size_t hidden;     /* sessions of which our role may not see what they do */
} Triage;

/* Pids of sessions that may stand still, so that one look cannot tell: to be looked at again. */
size_t triage_suspects(const TriageFacts *facts, const TriageLimits *limits, Arena *arena,
                       const int **ret_pids);

/* Whether nothing moved between two looks at the same session; `now` may be NULL: it is gone. */
bool triage_stands_still(const Session *before, const Session *now);

Triage triage_of(const TriageFacts *facts, const TriageLimits *limits, Arena *arena);

/* The word for a kind in JSON, such as "idle_in_transaction". */
const char *finding_name(FindingKind kind);
const char *severity_name(Severity severity);

#endif
