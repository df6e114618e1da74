/* SPDX-License-Identifier: PostgreSQL */
/* Sessions: the table that `ps` prints. */
#include "ui/sessions.h"

#include "ui/describe.h"
#include "ui/table.h"

enum {
    AT_PID,
    AT_SESSION,
    AT_ROLE,
    AT_DATABASE,
    AT_APPLICATION,
    AT_CLIENT,
    AT_STATE,
    AT_FOR,
    AT_XACT,
    AT_WAIT,
    AT_BLOCK,
    AT_QUERY,
    AT_COUNT,
};

static const Column columns[AT_COUNT] = {
    [AT_PID] = {.name = "PID", .rank = 0, .right = true},
    [AT_SESSION] = {.name = "SESSION", .rank = 11, .device_min = 160},
    [AT_ROLE] = {.name = "ROLE", .rank = 3, .width_min = 8, .width_max = 24},
    [AT_DATABASE] = {.name = "DATABASE", .rank = 9, .width_min = 8, .width_max = 20},
    [AT_APPLICATION] = {.name = "APPLICATION", .rank = 6, .width_min = 11, .width_max = 24},
    [AT_CLIENT] = {.name = "CLIENT", .rank = 10, .width_min = 9, .width_max = 39},
    [AT_STATE] = {.name = "STATE", .rank = 1},
    [AT_FOR] = {.name = "FOR", .rank = 2, .right = true},
    [AT_XACT] = {.name = "XACT", .rank = 8, .right = true},
    [AT_WAIT] = {.name = "WAIT", .rank = 7, .width_min = 14, .width_max = 28},
    [AT_BLOCK] = {.name = "BLOCK", .rank = 4, .width_min = 8},
    [AT_QUERY] = {.name = "QUERY", .rank = 5, .width_min = 16, .width_max = 20},
};

static Style wait_style(const Session *session)
{
    return session_waits(session, "Lock", NULL) ? STYLE_WARNING : STYLE_PLAIN;
}

static void fill_row(Cell *row, const Describe *describe, const Session *session)
{
    Arena *arena = describe->arena;
    const Look *look = describe->look;
    Style state = describe_state_style(describe, session);
    char id[SESSION_ID_MAX];

    row[AT_PID].text = arena_printf(arena, "%d", session->pid);
    row[AT_SESSION].text = arena_strdup(arena, session_id(session, id));
    row[AT_ROLE].text = describe_role(describe, session);
    row[AT_DATABASE].text = look_text(look, arena, session->database);
    row[AT_APPLICATION].text = look_text(look, arena, session->application);
    row[AT_CLIENT].text = describe_client(describe, session);
    row[AT_STATE] = (Cell){describe_state(session), state};
    row[AT_FOR] = (Cell){describe_age(describe, describe_since_us(session)), state};
    row[AT_XACT].text = describe_age(describe, session->xact_start);
    row[AT_WAIT] = (Cell){describe_wait(describe, session), wait_style(session)};
    row[AT_BLOCK] = (Cell){describe_blocking(describe, session),
                           session->waiters > 0 ? STYLE_ERROR : STYLE_WARNING};
    row[AT_QUERY] = (Cell){look_query(look, arena, session->query),
                           session_is_active(session) ? STYLE_PLAIN : STYLE_DIM};
}

void sessions_print(FILE *out, const Session *sessions, size_t count, int64_t now_us,
                    const Look *look)
{
    Describe describe = {.look = look, .now_us = now_us};
    Arena arena;
    Table table;

    if (count == 0)
        return;
    arena_init(&arena);
    describe.arena = &arena;
    table_init(&table, &arena, columns, AT_COUNT);
    for (size_t i = 0; i < count; i++)
        fill_row(table_row(&table), &describe, &sessions[i]);
    table_print(out, &table, look);
    arena_done(&arena);
}
