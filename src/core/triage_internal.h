/* SPDX-License-Identifier: PostgreSQL */
/* What triage's own files share: triage.c (the whole), triage_blocking.c (who waits behind whom),
 * triage_sessions.c (what a session does by itself), triage_prepared.c (and connections),
 * triage_horizon.c (old rows), triage_fix.c (commands). */
#ifndef PGQUELL_CORE_TRIAGE_INTERNAL_H
#define PGQUELL_CORE_TRIAGE_INTERNAL_H

#include "core/target.h"
#include "core/triage.h"

/* One triage under way. */
typedef struct Triaging {
    const TriageFacts *facts;
    const TriageLimits *limits;
    Arena *arena;
    Finding *findings;
    size_t count;
    const char **notes;
    size_t note_count;
    size_t *finding_of; /* by session: 1 + index of its finding; 0: none */
} Triaging;

/* A finding without any evidence yet. */
Finding finding_empty(FindingKind kind);

/* Keeps it; its session and its prepared transaction are spoken for from now on. */
void triaging_add(Triaging *triaging, const Finding *finding);

/* Another session that the finding added last speaks of, unless an earlier one does. */
void triaging_claim(Triaging *triaging, const Session *session);
bool triaging_claimed(const Triaging *triaging, const Session *session);

void triaging_note(Triaging *triaging, const char *note);

bool triaging_older(const Triaging *triaging, int64_t since_us, int64_t limit_us);

/* `4 min 10 s`; "an unknown time". */
const char *triaging_age(const Triaging *triaging, int64_t since_us);

/* `app@shop (web, pid 812)`, `autovacuum worker (pid 12)`; clean. */
const char *triaging_who(const Triaging *triaging, const Session *session);

/* `prepared transaction "gid"`; clean. */
const char *triaging_gid(const Triaging *triaging, const Prepared *prepared);

/* `1 session`, `3 sessions`. */
const char *triaging_count(const Triaging *triaging, size_t count, const char *one,
                           const char *many);

bool session_prevents_wraparound(const Session *session);

/* An order to one session. */
typedef struct Wish {
    OrderKind kind;
    Scope scope; /* SCOPE_DEFAULT: the order's own */
    const Session *session;
    const char *effect;
} Wish;

/* The command, with the --allow that it needs and what PostgreSQL would have against it. Answers
 * in *ret_reason why that order is right; "" where it is not. */
Fix fix_wish(const Triaging *triaging, const Wish *wish, const char **ret_reason);

/* The same order to several sessions, named one by one; all may be signalled or the first obstacle
 * is named. */
Fix fix_wish_all(const Triaging *triaging, const Wish *first, const Session *const *sessions,
                 size_t count);

/* Sessions of one role, database and application that are alike: by filters that pick just them,
 * or, where no filters do, one by one. `kind` says by what; FINDING_CONNECTIONS: idle ones. */
Fix fix_alike(const Triaging *triaging, FindingKind kind, const Session *const *sessions,
              size_t count, const char *effect);

Fix fix_prepared(const Triaging *triaging, const Prepared *const *prepared, size_t count,
                 const char *effect);
Fix fix_sql(const char *sql, const char *effect);
Fix fix_advice(const char *effect);

/* The parts, in the order in which they are called. */
void triage_blocking(Triaging *triaging);
void triage_sessions(Triaging *triaging);
void triage_prepared(Triaging *triaging);
void triage_connections(Triaging *triaging, const Connections *connections);
void triage_horizon(Triaging *triaging);

#endif
