/* SPDX-License-Identifier: PostgreSQL */
/* Pipeline: questions on one connection, in order. */
#include "pg/pipeline.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/timefmt.h"

#define STATEMENTS_MAX 5 /* of one question */

/* A question on its way. */
typedef struct Question Question;

struct Question {
    Question *next;
    Answer *answer;
    ReadResult *read;
    size_t read_count;                   /* results handed to `read` */
    size_t expected;                     /* results that will come before the Sync */
    SqlId preparing[STATEMENTS_MAX * 2]; /* what result i prepares; SQL_IDS: it is a statement's */
    size_t result_count;
};

struct Pipeline {
    PGconn *conn; /* borrowed */
    Question *first;
    Question **last;
    size_t pending;
    int64_t since_us; /* steady: since when the first question is the first */
    bool flushed;
    bool failed; /* a send failed; found out by pipeline_advance() */
    bool prepared[SQL_IDS];
};

Pipeline *pipeline_new(void)
{
    Pipeline *pipeline = xcalloc(1, sizeof(*pipeline));

    pipeline->last = &pipeline->first;
    pipeline->flushed = true;
    return pipeline;
}

void pipeline_free(Pipeline *pipeline)
{
    if (!pipeline)
        return;
    assert(!pipeline->first);
    free(pipeline);
}

void pipeline_attach(Pipeline *pipeline, PGconn *conn)
{
    assert(!pipeline->first);
    pipeline->conn = conn;
    pipeline->flushed = true;
    pipeline->failed = false;
    memset(pipeline->prepared, 0, sizeof(pipeline->prepared));
}

static bool send_prepare(Pipeline *pipeline, SqlId sql)
{
    StrBuf text;
    bool sent;

    strbuf_init(&text);
    sql_text(&text, sql, PQserverVersion(pipeline->conn));
    sent = PQsendPrepare(pipeline->conn, sql_name(sql), text.text, 0, NULL) == 1;
    strbuf_done(&text);
    return sent;
}

/* libpq quotes byte by byte, since our client_encoding is SQL_ASCII: every byte arrives as it is.
 */
static bool add_literal(Pipeline *pipeline, StrBuf *text, const char *literal)
{
    char *quoted = PQescapeLiteral(pipeline->conn, literal, strlen(literal));

    if (!quoted)
        return false;
    strbuf_add(text, quoted);
    PQfreemem(quoted);
    return true;
}

static bool send_unprepared(Pipeline *pipeline, const Statement *statement)
{
    StrBuf text;
    bool sent = true;

    strbuf_init(&text);
    sql_text(&text, statement->sql, PQserverVersion(pipeline->conn));
    if (statement->literal)
        sent = add_literal(pipeline, &text, statement->literal);
    sent = sent && PQsendQueryParams(pipeline->conn, text.text, statement->param_count, NULL,
                                     statement->params, NULL, NULL, 0) == 1;
    strbuf_done(&text);
    return sent;
}

static bool send_statement(Pipeline *pipeline, Question *question, const Statement *statement)
{
    if (!sql_is_prepared(statement->sql)) {
        question->preparing[question->expected++] = SQL_IDS;
        return send_unprepared(pipeline, statement);
    }
    if (!pipeline->prepared[statement->sql]) {
        question->preparing[question->expected++] = statement->sql;
        if (!send_prepare(pipeline, statement->sql))
            return false;
        pipeline->prepared[statement->sql] = true;
    }
    question->preparing[question->expected++] = SQL_IDS;
    return PQsendQueryPrepared(pipeline->conn, sql_name(statement->sql), statement->param_count,
                               statement->params, NULL, NULL, 0) == 1;
}

static void flush(Pipeline *pipeline)
{
    int left = PQflush(pipeline->conn);

    pipeline->failed = pipeline->failed || left < 0;
    pipeline->flushed = left == 0;
}

void pipeline_ask(Pipeline *pipeline, Answer *answer, ReadResult *read, const Statement *statements,
                  size_t count)
{
    Question *question = xcalloc(1, sizeof(*question));

    assert(count > 0 && count <= STATEMENTS_MAX);
    if (!pipeline->first)
        pipeline->since_us = clock_steady_us();
    question->answer = answer;
    question->read = read;
    *pipeline->last = question;
    pipeline->last = &question->next;
    pipeline->pending++;
    for (size_t i = 0; i < count && !pipeline->failed; i++)
        pipeline->failed = !send_statement(pipeline, question, &statements[i]);
    if (!pipeline->failed && PQpipelineSync(pipeline->conn) != 1)
        pipeline->failed = true;
    if (!pipeline->failed)
        flush(pipeline);
}

/* Takes the first question out and tells its owner. */
static void end_question(Pipeline *pipeline)
{
    Question *question = pipeline->first;
    Answer *answer = question->answer;

    pipeline->first = question->next;
    pipeline->since_us = clock_steady_us();
    if (!pipeline->first)
        pipeline->last = &pipeline->first;
    pipeline->pending--;
    free(question);
    answer->done = true;
    if (answer->on_done)
        answer->on_done(answer);
}

static void keep_sqlstate(char sqlstate[SQLSTATE_MAX], const PGresult *result)
{
    const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    if (sqlstate[0] == '\0' && code)
        (void) snprintf(sqlstate, SQLSTATE_MAX, "%s", code);
}

static void keep_error(Answer *answer, const PGresult *result)
{
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);

    if (answer->failed)
        return;
    answer->failed = true;
    keep_sqlstate(answer->sqlstate, result);
    (void) err_set(&answer->err, ERR_UNRESOLVED, "%s",
                   message ? message : PQresultErrorMessage(result));
    if (detail)
        (void) err_hint(&answer->err, "%s", detail);
}

static void not_prepared(Pipeline *pipeline, SqlId sql)
{
    if (sql != SQL_IDS)
        pipeline->prepared[sql] = false;
}

/* One result of the first question; the Sync's ends it. */
static void take_result(Pipeline *pipeline, const PGresult *result)
{
    Question *question = pipeline->first;
    Answer *answer = question->answer;
    size_t place = question->result_count++;
    SqlId prepares = place < question->expected ? question->preparing[place] : SQL_IDS;

    switch (PQresultStatus(result)) {
    case PGRES_PIPELINE_SYNC:
        end_question(pipeline);
        break;
    case PGRES_TUPLES_OK:
    case PGRES_COMMAND_OK:
        if (prepares == SQL_IDS && !answer->failed &&
            !question->read(answer, result, question->read_count++))
            answer->failed = true;
        break;
    case PGRES_PIPELINE_ABORTED: /* what followed an error */
        not_prepared(pipeline, prepares);
        break;
    default:
        not_prepared(pipeline, prepares);
        keep_error(answer, result);
        break;
    }
}

bool pipeline_advance(Pipeline *pipeline)
{
    if (!pipeline->failed && !pipeline->flushed)
        flush(pipeline);
    while (pipeline->first && !pipeline->failed && !PQisBusy(pipeline->conn)) {
        PGresult *result = PQgetResult(pipeline->conn);

        if (result)
            take_result(pipeline, result);
        PQclear(result);
        if (PQstatus(pipeline->conn) == CONNECTION_BAD)
            return false;
    }
    return !pipeline->failed;
}

void pipeline_fail(Pipeline *pipeline, const Err *err)
{
    while (pipeline->first) {
        Answer *answer = pipeline->first->answer;

        answer->failed = answer->lost = true;
        answer->err = *err;
        end_question(pipeline);
    }
}

bool pipeline_is_flushed(const Pipeline *pipeline)
{
    return pipeline->flushed;
}

size_t pipeline_pending(const Pipeline *pipeline)
{
    return pipeline->pending;
}

int64_t pipeline_waiting_since_us(const Pipeline *pipeline)
{
    return pipeline->first ? pipeline->since_us : TIME_NEVER;
}
