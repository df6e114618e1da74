/* SPDX-License-Identifier: PostgreSQL */
/* Ask about locks: what is awaited and what is in its way, prepared transactions, and what lies
 * under a lock. Answers as in ask.h. */
#ifndef PGQUELL_PG_ASK_LOCKS_H
#define PGQUELL_PG_ASK_LOCKS_H

#include "core/lock.h"
#include "core/prepared.h"
#include "pg/answer.h"
#include "pg/link.h"

/* Awaited locks, those held on the same objects, and the row locks that waiters hold. */
typedef struct LocksAnswer {
    Answer answer;
    Lock *locks; /* without names of relations */
    size_t count;
} LocksAnswer;

void ask_wait_locks(Link *link, LocksAnswer *answer);

/* Every prepared transaction, oldest first. */
typedef struct PreparedAnswer {
    Answer answer;
    Prepared *prepared;
    size_t count;
} PreparedAnswer;

void ask_prepared(Link *link, PreparedAnswer *answer);

/* Names of relations, to be asked in their own database; fills them into the locks that are on
 * relations of that one, or of none. */
typedef struct RelationsAnswer {
    Answer answer;
    Lock *locks; /* the caller's */
    size_t count;
    uint32_t database_oid;
} RelationsAnswer;

void ask_relations(Link *link, RelationsAnswer *answer);

/* The tables on which the session builds an index; then, in their own database, the indexes there
 * that are invalid. */
typedef struct OidsAnswer {
    Answer answer;
    uint32_t *oids;
    size_t count;
} OidsAnswer;

typedef struct TextsAnswer {
    Answer answer;
    const char **texts; /* clean */
    size_t count;
} TextsAnswer;

void ask_building(Link *link, OidsAnswer *answer, int pid);
void ask_invalid_indexes(Link *link, TextsAnswer *answer, const uint32_t *tables, size_t count);

#endif
