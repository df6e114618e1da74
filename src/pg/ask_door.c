/* SPDX-License-Identifier: PostgreSQL */
/* Ask: doors of databases and roles, and what keeps a database from being dropped. */
#include "pg/ask_door.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "pg/link_internal.h"
#include "pg/rows.h"

#define SQLSTATE_INSUFFICIENT_PRIVILEGE "42501"
#define SQLSTATE_CHANGED "PQ001" /* raised by sql_door.c, as is the next */
#define SQLSTATE_GONE "PQ002"

static bool read_door(Answer *base, const PGresult *result, size_t index)
{
    DoorFacts *facts = &((DoorAnswer *) base)->facts;
    Arena *arena = base->arena;

    (void) index;
    if (PQntuples(result) != 1)
        return true;
    facts->exists = true;
    facts->oid = row_oid(result, 0, 0);
    facts->name = row_text(result, 0, 1, arena);
    facts->allow_connections = row_bool(result, 0, 2);
    facts->connection_limit = row_int(result, 0, 3);
    facts->current = row_bool(result, 0, 4);
    facts->alterable = row_bool(result, 0, 5);
    facts->owner = row_text(result, 0, 6, arena);
    facts->superuser = row_bool(result, 0, 7);
    facts->superusers = row_text(result, 0, 8, arena);
    return true;
}

void ask_door(Link *link, DoorAnswer *answer, bool is_role, const char *name, uint32_t oid)
{
    Arena *arena = answer->answer.arena;
    const char *params[] = {name, name ? NULL : arena_printf(arena, "%u", (unsigned int) oid)};
    Statement statement = {
        .sql = is_role ? SQL_DOOR_ROLE : SQL_DOOR_DATABASE, .param_count = 2, .params = params};

    answer->facts = (DoorFacts){.is_role = is_role, .name = name ? arena_strdup(arena, name) : "?"};
    link_ask(link, &answer->answer, read_door, &statement, 1);
}

static bool read_nothing(Answer *base, const PGresult *result, size_t index)
{
    (void) base;
    (void) result;
    (void) index;
    return true;
}

static const char *value_word(const Door *door, int value, Arena *arena)
{
    if (door_is_flag(door->lock))
        return value ? "true" : "false";
    return arena_printf(arena, "%d", value);
}

void ask_turn_door(Link *link, Answer *answer, const Door *door, bool opens, const char *line)
{
    static const SqlId turns[] = {
        [DOOR_CONNECTIONS] = SQL_DOOR_CONNECTIONS,
        [DOOR_LIMIT] = SQL_DOOR_LIMIT,
        [DOOR_ROLE_LIMIT] = SQL_DOOR_ROLE_LIMIT,
    };
    Arena *arena = answer->arena;
    const char *before = value_word(door, door->before, arena);
    const char *after = value_word(door, door->after, arena);
    const char *params[] = {arena_printf(arena, "%u %s %s", (unsigned int) door->oid,
                                         opens ? after : before, opens ? before : after),
                            line};
    Statement statements[] = {{.sql = SQL_DOOR_WORDS, .param_count = 2, .params = params},
                              {.sql = SQL_DOOR_LIMIT}};

    assert(door->lock <= DOOR_ROLE_LIMIT);
    statements[1].sql = turns[door->lock];
    link_ask(link, answer, read_nothing, statements, 2);
}

DoorRefusal door_refusal(const Answer *answer)
{
    assert(answer->failed);
    if (strcmp(answer->sqlstate, SQLSTATE_CHANGED) == 0)
        return DOOR_HAS_CHANGED;
    if (strcmp(answer->sqlstate, SQLSTATE_GONE) == 0)
        return DOOR_IS_GONE;
    if (strcmp(answer->sqlstate, SQLSTATE_INSUFFICIENT_PRIVILEGE) == 0)
        return DOOR_IS_DENIED;
    return DOOR_HAS_FAILED;
}

static bool read_obstacles(Answer *base, const PGresult *result, size_t index)
{
    ObstaclesAnswer *answer = (ObstaclesAnswer *) base;

    (void) index;
    answer->count = (size_t) PQntuples(result);
    answer->kinds = ARENA_ARRAY(base->arena, const char *, answer->count);
    answer->names = ARENA_ARRAY(base->arena, const char *, answer->count);
    for (size_t i = 0; i < answer->count; i++) {
        answer->kinds[i] = text_cleaned(base->arena, PQgetvalue(result, (int) i, 0));
        answer->names[i] = text_cleaned(base->arena, PQgetvalue(result, (int) i, 1));
    }
    return true;
}

static void ask_obstacles(Link *link, ObstaclesAnswer *answer, SqlId sql, uint32_t database_oid)
{
    const char *params[] = {arena_printf(answer->answer.arena, "%u", (unsigned int) database_oid)};
    Statement statement = {.sql = sql, .param_count = 1, .params = params};

    link_ask(link, &answer->answer, read_obstacles, &statement, 1);
}

void ask_drop_obstacles(Link *link, ObstaclesAnswer *answer, uint32_t database_oid)
{
    ask_obstacles(link, answer, SQL_DROP_OBSTACLES, database_oid);
}

void ask_drop_subscriptions(Link *link, ObstaclesAnswer *answer, uint32_t database_oid)
{
    ask_obstacles(link, answer, SQL_DROP_SUBSCRIPTIONS, database_oid);
}
