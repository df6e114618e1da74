/* SPDX-License-Identifier: PostgreSQL */
/* Ask, stakes: what ends together with a session or a prepared transaction. */
#include "pg/ask_stakes.h"

#include "pg/link_internal.h"
#include "pg/rows.h"

static bool read_held_locks(Answer *base, const PGresult *result, size_t index)
{
    HeldLocksAnswer *answer = (HeldLocksAnswer *) base;

    (void) index;
    answer->rows = rows_held_locks(result, base->arena, &answer->count);
    return true;
}

void ask_held_locks(Link *link, HeldLocksAnswer *answer, const int *pids, size_t count)
{
    const char *params[] = {param_ints(answer->answer.arena, pids, count)};
    Statement statement = {.sql = SQL_HELD_LOCKS, .param_count = 1, .params = params};

    link_ask(link, &answer->answer, read_held_locks, &statement, 1);
}

static Progress read_one_progress(const PGresult *result, int row, Arena *arena)
{
    Progress progress = {
        .kind = progress_kind_named(PQgetvalue(result, row, 0)),
        .subphase = row_text(result, row, 2, arena),
        .seen_us = row_instant(result, row, 3),
    };

    for (int i = 0; i < PROGRESS_PARAMS; i++)
        progress.params[i] = row_int64(result, row, 4 + i);
    return progress;
}

static bool read_progress(Answer *base, const PGresult *result, size_t index)
{
    ProgressAnswer *answer = (ProgressAnswer *) base;
    int rows = PQntuples(result);

    (void) index;
    answer->rows = ARENA_ARRAY(base->arena, ProgressRow, (size_t) rows);
    answer->count = (size_t) rows;
    for (int row = 0; row < rows; row++)
        answer->rows[row] =
            (ProgressRow){row_int(result, row, 1), read_one_progress(result, row, base->arena)};
    return true;
}

void ask_progress(Link *link, ProgressAnswer *answer, const int *pids, size_t count)
{
    const char *params[] = {param_ints(answer->answer.arena, pids, count)};
    Statement statement = {.sql = SQL_PROGRESS, .param_count = 1, .params = params};

    link_ask(link, &answer->answer, read_progress, &statement, 1);
}

static bool read_temp_slots(Answer *base, const PGresult *result, size_t index)
{
    TempSlotsAnswer *answer = (TempSlotsAnswer *) base;
    int rows = PQntuples(result);

    (void) index;
    answer->rows = ARENA_ARRAY(base->arena, TempSlot, (size_t) rows);
    answer->count = (size_t) rows;
    for (int row = 0; row < rows; row++)
        answer->rows[row] =
            (TempSlot){row_int(result, row, 0),
                       PQgetisnull(result, row, 1) ? COUNT_UNKNOWN : row_int(result, row, 1)};
    temp_slots_infer(answer->rows, answer->count);
    return true;
}

void ask_temp_slots(Link *link, TempSlotsAnswer *answer)
{
    static const Statement statement = {.sql = SQL_TEMP_SLOTS};

    link_ask(link, &answer->answer, read_temp_slots, &statement, 1);
}

static bool read_temp_tables(Answer *base, const PGresult *result, size_t index)
{
    TempTablesAnswer *answer = (TempTablesAnswer *) base;
    int rows = PQntuples(result);

    (void) index;
    answer->rows = ARENA_ARRAY(base->arena, TempTables, (size_t) rows);
    answer->count = (size_t) rows;
    for (int row = 0; row < rows; row++)
        answer->rows[row] = (TempTables){row_int(result, row, 0), row_int(result, row, 1)};
    return true;
}

void ask_temp_tables(Link *link, TempTablesAnswer *answer, const int *slots, size_t count)
{
    const char *params[] = {param_ints(answer->answer.arena, slots, count)};
    Statement statement = {.sql = SQL_TEMP_TABLES, .param_count = 1, .params = params};

    link_ask(link, &answer->answer, read_temp_tables, &statement, 1);
}
