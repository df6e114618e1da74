/* SPDX-License-Identifier: PostgreSQL */
/* Pipeline: the exchange with a server: questions are sent without waiting for answers. */
#include "pg/pipeline.h"

#include <stdlib.h>
#include <string.h>

typedef struct Pipeline {
    Exchange exchange;
    bool prepared[SQL_IDS];
} Pipeline;

typedef struct Pipelined {
    Question question;
    size_t expected;                     /* results that will come before the Sync */
    SqlId preparing[STATEMENTS_MAX * 2]; /* what result i prepares; SQL_IDS: it is a statement's */
    size_t result_count;
} Pipelined;

static bool attach(Exchange *exchange)
{
    memset(((Pipeline *) exchange)->prepared, 0, sizeof(((Pipeline *) exchange)->prepared));
    return PQenterPipelineMode(exchange->conn) == 1;
}

static bool send_prepare(PGconn *conn, SqlId sql)
{
    StrBuf text;
    bool sent;

    strbuf_init(&text);
    sql_text(&text, sql, PQserverVersion(conn));
    sent = PQsendPrepare(conn, sql_name(sql), text.text, 0, NULL) == 1;
    strbuf_done(&text);
    return sent;
}

/* libpq quotes byte by byte, since our client_encoding is SQL_ASCII: every byte arrives as it is.
 */
static bool add_literal(PGconn *conn, StrBuf *text, const char *literal)
{
    char *quoted = PQescapeLiteral(conn, literal, strlen(literal));

    if (!quoted)
        return false;
    strbuf_add(text, quoted);
    PQfreemem(quoted);
    return true;
}

static bool send_unprepared(PGconn *conn, const Statement *statement)
{
    StrBuf text;
    bool sent = true;

    strbuf_init(&text);
    sql_text(&text, statement->sql, PQserverVersion(conn));
    if (statement->literal)
        sent = add_literal(conn, &text, statement->literal);
    sent = sent && PQsendQueryParams(conn, text.text, statement->param_count, NULL,
                                     statement->params, NULL, NULL, 0) == 1;
    strbuf_done(&text);
    return sent;
}

static bool send_statement(Pipeline *pipeline, Pipelined *pipelined, const Statement *statement)
{
    PGconn *conn = pipeline->exchange.conn;

    if (!sql_is_prepared(statement->sql)) {
        pipelined->preparing[pipelined->expected++] = SQL_IDS;
        return send_unprepared(conn, statement);
    }
    if (!pipeline->prepared[statement->sql]) {
        pipelined->preparing[pipelined->expected++] = statement->sql;
        if (!send_prepare(conn, statement->sql))
            return false;
        pipeline->prepared[statement->sql] = true;
    }
    pipelined->preparing[pipelined->expected++] = SQL_IDS;
    return PQsendQueryPrepared(conn, sql_name(statement->sql), statement->param_count,
                               statement->params, NULL, NULL, 0) == 1;
}

static Question *make_question(Exchange *exchange, const Statement *statements, size_t count)
{
    Pipelined *pipelined = xcalloc(1, sizeof(*pipelined));

    for (size_t i = 0; i < count && !exchange->failed; i++)
        exchange->failed = !send_statement((Pipeline *) exchange, pipelined, &statements[i]);
    if (!exchange->failed && PQpipelineSync(exchange->conn) != 1)
        exchange->failed = true;
    if (!exchange->failed)
        exchange_flush(exchange);
    return &pipelined->question;
}

static void go_on(Exchange *exchange)
{
    (void) exchange; /* everything has been sent */
}

static void not_prepared(Exchange *exchange, SqlId sql)
{
    if (sql != SQL_IDS)
        ((Pipeline *) exchange)->prepared[sql] = false;
}

/* One result of the first question; the Sync's ends it. NULL only parts statements. */
static void take_result(Exchange *exchange, const PGresult *result)
{
    Pipelined *pipelined = (Pipelined *) exchange->first;
    size_t place = pipelined->result_count;
    SqlId prepares = place < pipelined->expected ? pipelined->preparing[place] : SQL_IDS;

    if (!result)
        return;
    pipelined->result_count++;
    switch (PQresultStatus(result)) {
    case PGRES_PIPELINE_SYNC:
        exchange_end_question(exchange);
        break;
    case PGRES_TUPLES_OK:
    case PGRES_COMMAND_OK:
        if (prepares == SQL_IDS)
            exchange_read(exchange, result);
        break;
    case PGRES_PIPELINE_ABORTED: /* what followed an error */
        not_prepared(exchange, prepares);
        break;
    default:
        not_prepared(exchange, prepares);
        exchange_keep_error(exchange, result);
        break;
    }
}

static void free_question(Question *question)
{
    free(question);
}

static const ExchangeKind kind = {
    .attach = attach,
    .make = make_question,
    .go_on = go_on,
    .take = take_result,
    .free_question = free_question,
};

Exchange *pipeline_new(void)
{
    Pipeline *pipeline = xcalloc(1, sizeof(*pipeline));

    exchange_init(&pipeline->exchange, &kind);
    return &pipeline->exchange;
}
