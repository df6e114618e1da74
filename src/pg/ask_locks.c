/* SPDX-License-Identifier: PostgreSQL */
/* Ask: awaited locks and what is in their way, and prepared transactions. */
#include "pg/ask_locks.h"

#include <string.h>

#include "base/text.h"
#include "pg/link_internal.h"
#include "pg/rows.h"

static Lock read_lock(const PGresult *result, int row, Arena *arena)
{
    const char *mode = row_text(result, row, 12, arena);

    return (Lock){
        .pid = row_int(result, row, 0),
        .prepared_xid = row_oid(result, row, 1),
        .tag = {.type = row_text(result, row, 2, arena),
                .database = row_oid(result, row, 3),
                .relation = row_oid(result, row, 4),
                .page = row_int64(result, row, 5),
                .tuple = row_int64(result, row, 6),
                .virtual_xid = row_text(result, row, 7, arena),
                .xid = row_oid(result, row, 8),
                .class_oid = row_oid(result, row, 9),
                .object_oid = row_oid(result, row, 10),
                .sub_id = row_int(result, row, 11)},
        .mode = mode ? lock_mode_named(mode) : LOCK_UNKNOWN,
        .granted = row_bool(result, row, 13),
        .wait_start_us = row_instant(result, row, 14),
    };
}

static bool read_wait_locks(Answer *base, const PGresult *result, size_t index)
{
    LocksAnswer *answer = (LocksAnswer *) base;
    int rows = PQntuples(result);

    (void) index;
    answer->locks = ARENA_ARRAY(base->arena, Lock, (size_t) rows);
    answer->count = (size_t) rows;
    for (int row = 0; row < rows; row++)
        answer->locks[row] = read_lock(result, row, base->arena);
    return true;
}

void ask_wait_locks(Link *link, LocksAnswer *answer)
{
    static const Statement statement = {.sql = SQL_WAIT_LOCKS};

    link_ask(link, &answer->answer, read_wait_locks, &statement, 1);
}

static bool read_prepared(Answer *base, const PGresult *result, size_t index)
{
    PreparedAnswer *answer = (PreparedAnswer *) base;
    int rows = PQntuples(result);

    (void) index;
    answer->prepared = ARENA_ARRAY(base->arena, Prepared, (size_t) rows);
    answer->count = (size_t) rows;
    for (int row = 0; row < rows; row++)
        answer->prepared[row] = (Prepared){
            .gid = row_text(result, row, 0, base->arena),
            .xid = row_oid(result, row, 1),
            .prepared_us = row_instant(result, row, 2),
            .role_oid = row_oid(result, row, 3),
            .database_oid = row_oid(result, row, 4),
            .role = row_text(result, row, 5, base->arena),
            .database = row_text(result, row, 6, base->arena),
            .locks = row_int(result, row, 7),
        };
    return true;
}

void ask_prepared(Link *link, PreparedAnswer *answer)
{
    static const Statement statement = {.sql = SQL_PREPARED};

    link_ask(link, &answer->answer, read_prepared, &statement, 1);
}

static bool is_meant(const RelationsAnswer *answer, const Lock *lock)
{
    return lock->tag.relation != 0 &&
           (lock->tag.database == answer->database_oid || lock->tag.database == 0);
}

static bool read_relations(Answer *base, const PGresult *result, size_t index)
{
    RelationsAnswer *answer = (RelationsAnswer *) base;

    (void) index;
    for (int row = 0; row < PQntuples(result); row++) {
        uint32_t oid = row_oid(result, row, 0);
        const char *name = text_cleaned(base->arena, PQgetvalue(result, row, 1));

        for (size_t i = 0; i < answer->count; i++)
            if (is_meant(answer, &answer->locks[i]) && answer->locks[i].tag.relation == oid)
                answer->locks[i].name = name;
    }
    return true;
}

void ask_relations(Link *link, RelationsAnswer *answer)
{
    Arena *arena = answer->answer.arena;
    uint32_t *oids = ARENA_ARRAY(arena, uint32_t, answer->count);
    const char *params[1];
    Statement statement = {.sql = SQL_RELATIONS, .param_count = 1, .params = params};
    size_t count = 0;

    for (size_t i = 0; i < answer->count; i++)
        if (is_meant(answer, &answer->locks[i]))
            oids[count++] = answer->locks[i].tag.relation;
    params[0] = param_oids(arena, oids, count);
    link_ask(link, &answer->answer, read_relations, &statement, 1);
}

static bool read_building(Answer *base, const PGresult *result, size_t index)
{
    OidsAnswer *answer = (OidsAnswer *) base;

    (void) index;
    answer->count = (size_t) PQntuples(result);
    answer->oids = ARENA_ARRAY(base->arena, uint32_t, answer->count);
    for (size_t i = 0; i < answer->count; i++)
        answer->oids[i] = row_oid(result, (int) i, 0);
    return true;
}

void ask_building(Link *link, OidsAnswer *answer, int pid)
{
    const char *params[] = {arena_printf(answer->answer.arena, "%d", pid)};
    Statement statement = {.sql = SQL_BUILDING, .param_count = 1, .params = params};

    link_ask(link, &answer->answer, read_building, &statement, 1);
}

static bool read_texts(Answer *base, const PGresult *result, size_t index)
{
    TextsAnswer *answer = (TextsAnswer *) base;

    (void) index;
    answer->count = (size_t) PQntuples(result);
    answer->texts = ARENA_ARRAY(base->arena, const char *, answer->count);
    for (size_t i = 0; i < answer->count; i++)
        answer->texts[i] = text_cleaned(base->arena, PQgetvalue(result, (int) i, 0));
    return true;
}

void ask_invalid_indexes(Link *link, TextsAnswer *answer, const uint32_t *tables, size_t count)
{
    const char *params[] = {param_oids(answer->answer.arena, tables, count)};
    Statement statement = {.sql = SQL_INVALID_INDEXES, .param_count = 1, .params = params};

    link_ask(link, &answer->answer, read_texts, &statement, 1);
}
