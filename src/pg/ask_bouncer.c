/* SPDX-License-Identifier: PostgreSQL */
/* Ask: PgBouncer's console: whom it serves, and the verbs for a database. */
#include <assert.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "pg/bouncer.h"
#include "pg/link_internal.h"
#include "pg/rows.h"

#define CONSOLE "pgbouncer" /* its database */
#define COLUMNS_MAX 8

/* A row of one kind of answer, its fields in the order of the kind's names. */
typedef struct Row {
    const PGresult *result;
    int row;
    const int *at;
    Arena *arena;
} Row;

static const char *text_at(const Row *row, size_t field)
{
    return row_text(row->result, row->row, row->at[field], row->arena);
}

/* Where nothing is an empty text to the console. */
static const char *filled_at(const Row *row, size_t field)
{
    const char *text = text_at(row, field);

    return text && text[0] != '\0' ? text : NULL;
}

static int int_at(const Row *row, size_t field)
{
    return row_int(row->result, row->row, row->at[field]);
}

/* Finds the columns by name, since every version adds some. */
static bool find_columns(Answer *answer, const PGresult *result, const char *const *names,
                         int at[COLUMNS_MAX])
{
    for (size_t i = 0; names[i]; i++) {
        at[i] = -1;
        for (int column = 0; column < PQnfields(result); column++)
            if (strcmp(PQfname(result, column), names[i]) == 0)
                at[i] = column;
        if (at[i] < 0) {
            (void) err_set(&answer->err, ERR_UNRESOLVED,
                           "the console's answer has no column \"%s\"", names[i]);
            return err_hint(&answer->err, "It takes the console of PgBouncer 1.18 or later.");
        }
    }
    return true;
}

/* `2026-11-21 12:47:53 CET`: the zone is not told in a way that can be relied upon, so it is left
 * out. */
static int64_t connected_s(const char *text, Arena *arena)
{
    int64_t instant_us;

    if (!text || !instant_parse(arena_printf(arena, "%.19s+00", text), &instant_us))
        return BOUNCER_TIME_UNKNOWN;
    return instant_us / US_PER_S;
}

static bool read_servers(Answer *answer, const PGresult *result, const BouncerServer **ret_servers,
                         size_t *ret_count)
{
    static const char *const names[] = {"remote_pid", "user",       "database",
                                        "local_addr", "local_port", "connect_time",
                                        "ptr",        "link",       NULL};
    size_t count = (size_t) PQntuples(result);
    BouncerServer *servers = ARENA_ARRAY(answer->arena, BouncerServer, count);
    int at[COLUMNS_MAX] = {0};

    if (!find_columns(answer, result, names, at))
        return false;
    for (size_t i = 0; i < count; i++) {
        Row row = {result, (int) i, at, answer->arena};

        servers[i] = (BouncerServer){
            .pid = int_at(&row, 0),
            .role = text_at(&row, 1),
            .database = text_at(&row, 2),
            .local_addr = text_at(&row, 3),
            .local_port = int_at(&row, 4),
            .connected_s = connected_s(text_at(&row, 5), answer->arena),
            .ptr = filled_at(&row, 6),
            .link = filled_at(&row, 7),
        };
    }
    *ret_servers = servers;
    *ret_count = count;
    return true;
}

static bool read_clients(Answer *answer, const PGresult *result, BouncerReading *reading)
{
    static const char *const names[] = {
        "user", "database", "application_name", "addr", "port", "remote_pid", "ptr", "link", NULL};
    size_t count = (size_t) PQntuples(result);
    BouncerClient *clients = ARENA_ARRAY(answer->arena, BouncerClient, count);
    int at[COLUMNS_MAX] = {0};

    if (!find_columns(answer, result, names, at))
        return false;
    for (size_t i = 0; i < count; i++) {
        Row row = {result, (int) i, at, answer->arena};

        clients[i] = (BouncerClient){
            .role = text_at(&row, 0),
            .database = text_at(&row, 1),
            .application = filled_at(&row, 2),
            .addr = text_at(&row, 3),
            .port = int_at(&row, 4),
            .os_pid = int_at(&row, 5),
            .ptr = filled_at(&row, 6),
            .link = filled_at(&row, 7),
        };
    }
    reading->clients = clients;
    reading->client_count = count;
    return true;
}

static bool read_databases(Answer *answer, const PGresult *result, BouncerDatabase **ret_databases,
                           size_t *ret_count)
{
    static const char *const names[] = {"name",   "host",     "port", "database",
                                        "paused", "disabled", NULL};
    size_t rows = (size_t) PQntuples(result);
    BouncerDatabase *databases = ARENA_ARRAY(answer->arena, BouncerDatabase, rows);
    size_t count = 0;
    int at[COLUMNS_MAX] = {0};

    if (!find_columns(answer, result, names, at))
        return false;
    for (size_t i = 0; i < rows; i++) {
        Row row = {result, (int) i, at, answer->arena};
        BouncerDatabase database = {
            .name = text_at(&row, 0),
            .host = filled_at(&row, 1),
            .port = text_at(&row, 2),
            .database = text_at(&row, 3),
            .paused = int_at(&row, 4) != 0,
            .disabled = int_at(&row, 5) != 0,
        };

        if (database.name && strcmp(database.name, CONSOLE) != 0)
            databases[count++] = database;
    }
    *ret_databases = databases;
    *ret_count = count;
    return true;
}

/* The statements of ask_bouncer(), in order. */
static bool read_bouncer(Answer *answer, const PGresult *result, size_t index)
{
    BouncerReading *reading = &((BouncerAnswer *) answer)->reading;
    BouncerDatabase *databases;

    switch (index) {
    case 0:
        return read_servers(answer, result, &reading->servers, &reading->server_count);
    case 1:
        return read_clients(answer, result, reading);
    case 2:
        return read_servers(answer, result, &reading->again, &reading->again_count);
    default:
        if (!read_databases(answer, result, &databases, &reading->database_count))
            return false;
        reading->databases = databases;
        return true;
    }
}

void ask_bouncer(Link *console, BouncerAnswer *answer)
{
    static const Statement statements[] = {{.sql = SQL_BOUNCER_SERVERS},
                                           {.sql = SQL_BOUNCER_CLIENTS},
                                           {.sql = SQL_BOUNCER_SERVERS},
                                           {.sql = SQL_BOUNCER_DATABASES}};

    answer->reading.pooler = bouncer_address(console, answer->answer.arena);
    link_ask(console, &answer->answer, read_bouncer, statements,
             sizeof(statements) / sizeof(statements[0]));
}

static bool read_databases_only(Answer *base, const PGresult *result, size_t index)
{
    BouncerDatabasesAnswer *answer = (BouncerDatabasesAnswer *) base;

    (void) index;
    return read_databases(base, result, &answer->databases, &answer->count);
}

void ask_bouncer_databases(Link *console, BouncerDatabasesAnswer *answer)
{
    static const Statement statement = {.sql = SQL_BOUNCER_DATABASES};

    link_ask(console, &answer->answer, read_databases_only, &statement, 1);
}

static const struct {
    const char *name;
    SqlId sql;
} verbs[] = {
    [BOUNCER_PAUSE] = {"PAUSE", SQL_BOUNCER_PAUSE},
    [BOUNCER_RESUME] = {"RESUME", SQL_BOUNCER_RESUME},
    [BOUNCER_DISABLE] = {"DISABLE", SQL_BOUNCER_DISABLE},
    [BOUNCER_ENABLE] = {"ENABLE", SQL_BOUNCER_ENABLE},
};

const char *bouncer_verb_name(BouncerVerb verb)
{
    return verbs[verb].name;
}

/* Empty means all databases, and control characters would go into the pooler's log as they are. */
static bool can_be_said(const char *database)
{
    for (const unsigned char *c = (const unsigned char *) database; *c; c++)
        if (*c < ' ' || *c == 0x7f)
            return false;
    return database[0] != '\0';
}

static bool read_verb(Answer *answer, const PGresult *result, size_t index)
{
    (void) answer;
    (void) result;
    (void) index;
    return true;
}

void ask_bouncer_verb(Link *console, Answer *answer, BouncerVerb verb, const char *database)
{
    const char *params[] = {database};
    Statement statement = {.sql = verbs[verb].sql, .param_count = 1, .params = params};

    if (can_be_said(database)) {
        link_ask(console, answer, read_verb, &statement, 1);
        return;
    }
    (void) err_set(&answer->err, ERR_REFUSED,
                   "the database's name \"%s\" cannot be said to PgBouncer",
                   text_cleaned(answer->arena, database));
    answer->failed = answer->done = true;
    if (answer->on_done)
        answer->on_done(answer);
}
