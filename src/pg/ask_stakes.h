/* SPDX-License-Identifier: PostgreSQL */
/* Ask, stakes: what ends together with a session or a prepared transaction.
 *
 * As in pg/ask.h: every answer begins with an Answer, whose owner's duties hold for all of them. */
#ifndef PGQUELL_PG_ASK_STAKES_H
#define PGQUELL_PG_ASK_STAKES_H

#include "core/lock.h"
#include "core/progress.h"
#include "core/temp_slots.h"
#include "pg/answer.h"
#include "pg/link.h"

/* Locks held by one, counted by mode; its own transaction's (virtualxid, transactionid) are left
 * out, advisory ones apart. */
typedef struct HeldLocks {
    int pid;               /* 0: a prepared transaction's */
    uint32_t prepared_xid; /* 0: a session's */
    bool advisory;
    LockMode mode;
    int count;
} HeldLocks;

typedef struct HeldLocksAnswer {
    Answer answer;
    HeldLocks *rows;
    size_t count;
} HeldLocksAnswer;

void ask_held_locks(Link *link, HeldLocksAnswer *answer, const int *pids, size_t count);

/* One look at the progress reports of these sessions; who has none has no row. */
typedef struct ProgressRow {
    int pid;
    Progress progress;
} ProgressRow;

typedef struct ProgressAnswer {
    Answer answer;
    ProgressRow *rows;
    size_t count;
} ProgressAnswer;

void ask_progress(Link *link, ProgressAnswer *answer, const int *pids, size_t count);

/* Every backend and the number of its schema for temporary tables, as far as it can be known. */
typedef struct TempSlotsAnswer {
    Answer answer;
    TempSlot *rows;
    size_t count;
} TempSlotsAnswer;

void ask_temp_slots(Link *link, TempSlotsAnswer *answer);

/* How many temporary tables there are in the schemas of these slots; to be asked in their own
 * database. A slot without any has no row. */
typedef struct TempTables {
    int slot;
    int tables;
} TempTables;

typedef struct TempTablesAnswer {
    Answer answer;
    TempTables *rows;
    size_t count;
} TempTablesAnswer;

void ask_temp_tables(Link *link, TempTablesAnswer *answer, const int *slots, size_t count);

#endif
