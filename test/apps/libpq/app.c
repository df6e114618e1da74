/* SPDX-License-Identifier: PostgreSQL */
/* An application on bare libpq: one connection, no pool. See test/apps/README.md for what it is
 * asked.
 *
 * usage: app_libpq exec|send [keep]
 *
 * exec runs statements with PQexec, send with PQsendQuery and PQgetResult. A request connects again
 * where PQstatus says that the connection is bad; with "keep" it never does. */
#include <jansson.h>
#include <libpq-fe.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 4096

typedef struct App {
    PGconn *conn;
    bool sends;
    bool keeps;
} App;

typedef struct Verb {
    const char *name;
    void (*run)(App *app, const char *sql, json_t *answer);
} Verb;

static void say(json_t *line)
{
    (void) json_dumpf(line, stdout, JSON_COMPACT);
    (void) putchar('\n');
    (void) fflush(stdout);
    json_decref(line);
}

static bool is_bad(const App *app)
{
    return PQstatus(app->conn) != CONNECTION_OK;
}

static void put_error(json_t *answer, const char *name, const char *sqlstate, const char *message)
{
    (void) json_object_set_new(answer, "error", json_string(name));
    (void) json_object_set_new(answer, "sqlstate", sqlstate ? json_string(sqlstate) : json_null());
    (void) json_object_set_new(answer, "message", json_string(message));
}

static void put_result(json_t *answer, const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);

    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        put_error(answer, PQresStatus(status), PQresultErrorField(result, PG_DIAG_SQLSTATE),
                  PQresultErrorMessage(result));
    else if (PQntuples(result) > 0)
        (void) json_object_set_new(answer, "value", json_string(PQgetvalue(result, 0, 0)));
}

/* The first result is the one that counts: what a dead connection adds has no SQLSTATE. */
static PGresult *send_and_get(PGconn *conn, const char *sql)
{
    PGresult *first = NULL;
    PGresult *next;

    if (!PQsendQuery(conn, sql))
        return NULL;
    while ((next = PQgetResult(conn)) != NULL)
        if (first == NULL)
            first = next;
        else
            PQclear(next);
    return first;
}

static void query(App *app, const char *sql, json_t *answer)
{
    PGresult *result = app->sends ? send_and_get(app->conn, sql) : PQexec(app->conn, sql);

    if (result == NULL)
        put_error(answer, "no result", NULL, PQerrorMessage(app->conn));
    else
        put_result(answer, result);
    PQclear(result);
}

static void request(App *app, const char *sql, json_t *answer)
{
    if (is_bad(app) && !app->keeps)
        PQreset(app->conn);
    query(app, sql, answer);
}

static void begin(App *app, const char *sql, json_t *answer)
{
    (void) sql;
    query(app, "BEGIN", answer);
}

static void rollback(App *app, const char *sql, json_t *answer)
{
    (void) sql;
    query(app, "ROLLBACK", answer);
}

/* There is no pool to take from, give to or check. */
static void nothing(App *app, const char *sql, json_t *answer)
{
    (void) app;
    (void) sql;
    (void) answer;
}

static const Verb verbs[] = {
    {"begin", begin},       {"give", nothing},   {"query", query},  {"request", request},
    {"rollback", rollback}, {"status", nothing}, {"take", nothing},
};

/* "ID LANE VERB [SQL]"; there is one lane. */
static void obey(App *app, char *line)
{
    char *save = NULL;
    const char *id = strtok_r(line, " ", &save);
    const char *lane = strtok_r(NULL, " ", &save);
    const char *verb = strtok_r(NULL, " ", &save);
    json_t *answer = json_object();

    if (lane == NULL || verb == NULL) {
        (void) fprintf(stderr, "app_libpq: not understood: %s\n", line);
        exit(EXIT_FAILURE);
    }
    (void) json_object_set_new(answer, "id", json_integer(strtol(id, NULL, 10)));
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (strcmp(verbs[i].name, verb) == 0) {
            verbs[i].run(app, save, answer);
            (void) json_object_set_new(answer, "broken", json_boolean(is_bad(app)));
            say(answer);
            return;
        }
    (void) fprintf(stderr, "app_libpq: there is no verb \"%s\"\n", verb);
    exit(EXIT_FAILURE);
}

int main(int argc, char **argv)
{
    App app = {0};
    char line[LINE_MAX_BYTES];
    char versions[32];

    if (argc < 2 || (strcmp(argv[1], "exec") != 0 && strcmp(argv[1], "send") != 0)) {
        (void) fputs("usage: app_libpq exec|send [keep]\n", stderr);
        return EXIT_FAILURE;
    }
    app.sends = strcmp(argv[1], "send") == 0;
    app.keeps = argc > 2 && strcmp(argv[2], "keep") == 0;
    app.conn = PQconnectdb("");
    if (is_bad(&app)) {
        (void) fprintf(stderr, "app_libpq: %s", PQerrorMessage(app.conn));
        return EXIT_FAILURE;
    }
    (void) snprintf(versions, sizeof(versions), "libpq %d", PQlibVersion() / 10000);
    say(json_pack("{s: s}", "ready", versions));
    while (fgets(line, sizeof(line), stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strcmp(line, "quit") == 0)
            break;
        obey(&app, line);
    }
    PQfinish(app.conn);
    return EXIT_SUCCESS;
}
