/* SPDX-License-Identifier: PostgreSQL */
/* Serial: the exchange with PgBouncer's console: one simple query at a time. */
#include "pg/serial.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* The console's words; its SQLSTATE is the same for every error. */
#define NOT_ALLOWED "not allowed"
#define ADMIN_NEEDED "admin access needed"
#define BAD_ARGUMENTS "bad arguments"

typedef struct Serial {
    Exchange exchange;
    bool under_way; /* a statement has been sent, and its results have not all come */
} Serial;

typedef struct Serialized {
    Question question;
    char *texts[STATEMENTS_MAX];
    size_t count;
    size_t next; /* to be sent */
} Serialized;

static bool attach(Exchange *exchange)
{
    ((Serial *) exchange)->under_way = false;
    return true;
}

static char *text_of(const Statement *statement)
{
    StrBuf buf;

    assert(statement->param_count <= 1);
    strbuf_init(&buf);
    sql_text(&buf, statement->sql, 0);
    if (statement->param_count == 1)
        sql_console_name(&buf, statement->params[0]);
    return buf.text;
}

static Question *make_question(Exchange *exchange, const Statement *statements, size_t count)
{
    Serialized *serialized = xcalloc(1, sizeof(*serialized));

    (void) exchange;
    serialized->count = count;
    for (size_t i = 0; i < count; i++)
        serialized->texts[i] = text_of(&statements[i]);
    return &serialized->question;
}

/* Sends the next statement of the first question, unless one is under way. */
static void go_on(Exchange *exchange)
{
    Serial *serial = (Serial *) exchange;
    Serialized *first = (Serialized *) exchange->first;

    if (!first || serial->under_way || exchange->failed)
        return;
    assert(first->next < first->count);
    serial->under_way = true;
    exchange->failed = PQsendQuery(exchange->conn, first->texts[first->next++]) != 1;
    if (!exchange->failed)
        exchange_flush(exchange);
}

void serial_explain(Err *err, const char *role)
{
    if (strstr(err->message, ADMIN_NEEDED)) {
        (void) err_set(err, ERR_REFUSED,
                       "role \"%s\" may look at PgBouncer's console but not act on it", role);
        (void) err_hint(err, "It has to be in admin_users of pgbouncer.ini.");
    } else if (strstr(err->message, NOT_ALLOWED)) {
        (void) err_hint(err,
                        "Role \"%s\" has to be in stats_users of pgbouncer.ini to look at the "
                        "console, in admin_users to act on it.",
                        role);
    } else if (strcmp(err->message, BAD_ARGUMENTS) == 0) {
        (void) err_hint(err, "The console takes no name of more than 61 bytes.");
    }
}

static void take_result(Exchange *exchange, const PGresult *result)
{
    Serialized *first = (Serialized *) exchange->first;

    if (!result) { /* the end of a statement */
        ((Serial *) exchange)->under_way = false;
        if (first->next == first->count || first->question.answer->failed)
            exchange_end_question(exchange);
        go_on(exchange);
        return;
    }
    switch (PQresultStatus(result)) {
    case PGRES_TUPLES_OK:
    case PGRES_COMMAND_OK:
        exchange_read(exchange, result);
        break;
    default:
        exchange_keep_error(exchange, result);
        serial_explain(&first->question.answer->err, PQuser(exchange->conn));
        break;
    }
}

static void free_question(Question *question)
{
    Serialized *serialized = (Serialized *) question;

    for (size_t i = 0; i < serialized->count; i++)
        free(serialized->texts[i]);
    free(serialized);
}

static const ExchangeKind kind = {
    .attach = attach,
    .make = make_question,
    .go_on = go_on,
    .take = take_result,
    .free_question = free_question,
};

Exchange *serial_new(void)
{
    Serial *serial = xcalloc(1, sizeof(*serial));

    exchange_init(&serial->exchange, &kind);
    return &serial->exchange;
}
