/* SPDX-License-Identifier: PostgreSQL */
/* Ask: sessions, their names, and what they hold and hold up. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "pg/ask.h"
#include "pg/link_internal.h"
#include "pg/rows.h"

/* Up to so many pids are read one by one; beyond, one scan of all sessions is cheaper (facts.md
 * F17a). */
#define LOOK_FEW_MAX 16

static bool read_sessions(Answer *base, const PGresult *result, size_t index)
{
    SessionsAnswer *answer = (SessionsAnswer *) base;
    int rows = PQntuples(result);

    (void) index;
    answer->sessions = ARENA_ARRAY(base->arena, Session, (size_t) rows);
    answer->count = (size_t) rows;
    for (int row = 0; row < rows; row++)
        answer->sessions[row] = row_session(result, row, base->arena);
    answer->server_us =
        rows > 0 ? row_instant(result, rows - 1, ROW_SESSION_CLOCK) : clock_wall_us();
    return true;
}

void ask_sessions(Link *link, SessionsAnswer *answer)
{
    static const Statement statement = {.sql = SQL_SESSIONS};

    link_ask(link, &answer->answer, read_sessions, &statement, 1);
}

static SqlId look_for(size_t count)
{
    if (count == 1)
        return SQL_LOOK_ONE;
    return count > LOOK_FEW_MAX ? SQL_LOOK_MANY : SQL_LOOK_FEW;
}

void ask_look(Link *link, SessionsAnswer *answer, const int *pids, size_t count)
{
    Arena *arena = answer->answer.arena;
    const char *params[] = {count == 1 ? arena_printf(arena, "%d", pids[0])
                                       : param_ints(arena, pids, count)};
    Statement statement = {.sql = look_for(count), .param_count = 1, .params = params};

    link_ask(link, &answer->answer, read_sessions, &statement, 1);
}

static void take_role(NamesAnswer *answer, const PGresult *result, int row)
{
    uint32_t oid = row_oid(result, row, 0);
    const char *name = row_text(result, row, 1, answer->answer.arena);

    for (size_t i = 0; i < answer->count; i++) {
        Session *session = &answer->sessions[i];

        if (session->role_oid != oid)
            continue;
        session->role = name;
        session->role_superuser = row_bool(result, row, 2);
        session->role_signalable = row_bool(result, row, 3);
    }
}

static void take_database(NamesAnswer *answer, const PGresult *result, int row)
{
    uint32_t oid = row_oid(result, row, 0);
    const char *name = row_text(result, row, 1, answer->answer.arena);

    for (size_t i = 0; i < answer->count; i++)
        if (answer->sessions[i].database_oid == oid)
            answer->sessions[i].database = name;
}

static bool read_names(Answer *base, const PGresult *result, size_t index)
{
    NamesAnswer *answer = (NamesAnswer *) base;

    for (int row = 0; row < PQntuples(result); row++) {
        if (index == 0)
            take_role(answer, result, row);
        else
            take_database(answer, result, row);
    }
    return true;
}

static int compare_oids(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *) a;
    uint32_t right = *(const uint32_t *) b;

    return (left > right) - (left < right);
}

/* Sorts them and leaves every one but once. */
static size_t distinct(uint32_t *oids, size_t count)
{
    size_t kept = 0;

    qsort(oids, count, sizeof(oids[0]), compare_oids);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || oids[i] != oids[i - 1])
            oids[kept++] = oids[i];
    return kept;
}

/* Who may signal a process without a role: a superuser; from 18 on also a member of
 * pg_signal_autovacuum_worker, if it is an autovacuum worker. */
static bool may_signal_roleless(const World *world, const Session *session)
{
    return world->superuser || (world->signals_autovacuum && session->backend_type &&
                                strcmp(session->backend_type, "autovacuum worker") == 0);
}

void ask_names(Link *link, NamesAnswer *answer)
{
    Arena *arena = answer->answer.arena;
    uint32_t *roles = ARENA_ARRAY(arena, uint32_t, answer->count);
    uint32_t *databases = ARENA_ARRAY(arena, uint32_t, answer->count);
    const char *role_params[1];
    const char *database_params[1];
    Statement statements[] = {{.sql = SQL_ROLES, .param_count = 1, .params = role_params},
                              {.sql = SQL_DATABASES, .param_count = 1, .params = database_params}};

    for (size_t i = 0; i < answer->count; i++) {
        Session *session = &answer->sessions[i];

        roles[i] = session->role_oid;
        databases[i] = session->database_oid;
        session->role_signalable =
            session->role_oid == 0 && may_signal_roleless(answer->world, session);
    }
    role_params[0] = param_oids(arena, roles, distinct(roles, answer->count));
    database_params[0] = param_oids(arena, databases, distinct(databases, answer->count));
    link_ask(link, &answer->answer, read_names, statements, 2);
}

static void take_locks(BurdensAnswer *answer, const PGresult *result)
{
    for (size_t i = 0; i < answer->count; i++)
        answer->sessions[i].locks = 0;
    for (int row = 0; row < PQntuples(result); row++)
        for (size_t i = 0; i < answer->count; i++)
            if (answer->sessions[i].pid == row_int(result, row, 0))
                answer->sessions[i].locks = row_int(result, row, 1);
}

static void take_blocking(BurdensAnswer *answer, const PGresult *result)
{
    int rows = PQntuples(result);

    answer->edges = ARENA_ARRAY(answer->answer.arena, BlockingEdge, (size_t) rows);
    answer->edge_count = (size_t) rows;
    for (int row = 0; row < rows; row++)
        answer->edges[row] = (BlockingEdge){row_int(result, row, 0), row_int(result, row, 1)};
    blocking_fill(&(Blocking){answer->edges, answer->edge_count}, answer->sessions, answer->count,
                  answer->answer.arena);
}

static bool read_burdens(Answer *base, const PGresult *result, size_t index)
{
    BurdensAnswer *answer = (BurdensAnswer *) base;

    if (index == 0)
        take_locks(answer, result);
    else
        take_blocking(answer, result);
    return true;
}

void ask_burdens(Link *link, BurdensAnswer *answer)
{
    Arena *arena = answer->answer.arena;
    int *pids = ARENA_ARRAY(arena, int, answer->count);
    const char *params[1];
    Statement statements[] = {{.sql = SQL_LOCKS, .param_count = 1, .params = params},
                              {.sql = SQL_BLOCKING}};

    for (size_t i = 0; i < answer->count; i++)
        pids[i] = answer->sessions[i].pid;
    params[0] = param_ints(arena, pids, answer->count);
    link_ask(link, &answer->answer, read_burdens, statements, 2);
}
