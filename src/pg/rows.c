/* SPDX-License-Identifier: PostgreSQL */
/* Rows: fields of a PGresult as C values, and parameters as text. */
#include "pg/rows.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

static const char *field(const PGresult *result, int row, int column)
{
    return PQgetisnull(result, row, column) ? NULL : PQgetvalue(result, row, column);
}

const char *row_text(const PGresult *result, int row, int column, Arena *arena)
{
    return arena_strdup(arena, field(result, row, column));
}

bool row_bool(const PGresult *result, int row, int column)
{
    const char *text = field(result, row, column);

    return text && text[0] == 't';
}

int64_t row_int64(const PGresult *result, int row, int column)
{
    const char *text = field(result, row, column);

    return text ? strtoll(text, NULL, 10) : 0;
}

int row_int(const PGresult *result, int row, int column)
{
    return (int) row_int64(result, row, column);
}

uint32_t row_oid(const PGresult *result, int row, int column)
{
    return (uint32_t) row_int64(result, row, column);
}

int64_t row_instant(const PGresult *result, int row, int column)
{
    const char *text = field(result, row, column);
    int64_t instant_us;

    if (!text || !instant_parse(text, &instant_us))
        return TIME_UNKNOWN;
    return instant_us;
}

Session row_session(const PGresult *result, int row, Arena *arena)
{
    int port = row_int(result, row, 12);
    Session session = {
        .pid = row_int(result, row, 0),
        .backend_start = row_instant(result, row, 1),
        .xact_start = row_instant(result, row, 2),
        .query_start = row_instant(result, row, 3),
        .state_change = row_instant(result, row, 4),
        .state = state_named(field(result, row, 5)),
        .role_oid = row_oid(result, row, 6),
        .database_oid = row_oid(result, row, 7),
        .xid = row_oid(result, row, 8),
        .xmin = row_oid(result, row, 9),
        .application = row_text(result, row, 10, arena),
        .client = row_text(result, row, 11, arena),
        .client_port = port > 0 ? port : 0,
        .over_socket = port == -1,
        .backend_type = row_text(result, row, 13, arena),
        .wait_event_type = row_text(result, row, 14, arena),
        .wait_event = row_text(result, row, 15, arena),
        .leader_pid = row_int(result, row, 16),
        .query_id = row_int64(result, row, 17),
        .query = row_text(result, row, 18, arena),
        .locks = COUNT_UNKNOWN,
        .waiters = COUNT_UNKNOWN,
        .root_blocker = COUNT_UNKNOWN,
    };

    assert(PQnfields(result) == ROW_SESSION_COLUMNS);
    return session;
}

HeldLocks *rows_held_locks(const PGresult *result, Arena *arena, size_t *ret_count)
{
    int count = PQntuples(result);
    HeldLocks *rows = ARENA_ARRAY(arena, HeldLocks, (size_t) count);

    for (int row = 0; row < count; row++)
        rows[row] = (HeldLocks){
            .pid = row_int(result, row, 0),
            .prepared_xid = row_oid(result, row, 1),
            .advisory = row_bool(result, row, 2),
            .mode = lock_mode_named(PQgetvalue(result, row, 3)),
            .count = row_int(result, row, 4),
        };
    *ret_count = (size_t) count;
    return rows;
}

static const char *array(Arena *arena, const int64_t *values, size_t count)
{
    StrBuf buf;
    const char *text;

    strbuf_init(&buf);
    strbuf_add_char(&buf, '{');
    for (size_t i = 0; i < count; i++)
        strbuf_printf(&buf, "%s%lld", i ? "," : "", (long long) values[i]);
    strbuf_add_char(&buf, '}');
    text = arena_strdup(arena, buf.text);
    strbuf_done(&buf);
    return text;
}

const char *param_ints(Arena *arena, const int *values, size_t count)
{
    int64_t *wide = ARENA_ARRAY(arena, int64_t, count);

    for (size_t i = 0; i < count; i++)
        wide[i] = values[i];
    return array(arena, wide, count);
}

const char *param_oids(Arena *arena, const uint32_t *values, size_t count)
{
    int64_t *wide = ARENA_ARRAY(arena, int64_t, count);

    for (size_t i = 0; i < count; i++)
        wide[i] = values[i];
    return array(arena, wide, count);
}

const char *param_instant(Arena *arena, int64_t instant_us)
{
    char buffer[INSTANT_TEXT_MAX];

    if (instant_us == TIME_UNKNOWN)
        return NULL;
    return arena_strdup(arena, instant_format(instant_us, buffer));
}
