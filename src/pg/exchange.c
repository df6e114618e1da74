/* SPDX-License-Identifier: PostgreSQL */
/* Exchange: the queue of questions on one connection. */
#include "pg/exchange.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/timefmt.h"

void exchange_init(Exchange *exchange, const ExchangeKind *kind)
{
    exchange->kind = kind;
    exchange->last = &exchange->first;
    exchange->flushed = true;
}

void exchange_free(Exchange *exchange)
{
    if (!exchange)
        return;
    assert(!exchange->first);
    free(exchange);
}

bool exchange_attach(Exchange *exchange, PGconn *conn)
{
    assert(!exchange->first);
    exchange->conn = conn;
    exchange->flushed = true;
    exchange->failed = false;
    return exchange->kind->attach(exchange);
}

void exchange_ask(Exchange *exchange, Answer *answer, ReadResult *read, const Statement *statements,
                  size_t count)
{
    Question *question;

    assert(count > 0 && count <= STATEMENTS_MAX);
    if (!exchange->first)
        exchange->since_us = clock_steady_us();
    question = exchange->kind->make(exchange, statements, count);
    question->answer = answer;
    question->read = read;
    *exchange->last = question;
    exchange->last = &question->next;
    exchange->pending++;
    exchange->kind->go_on(exchange);
}

void exchange_flush(Exchange *exchange)
{
    int left = PQflush(exchange->conn);

    exchange->failed = exchange->failed || left < 0;
    exchange->flushed = left == 0;
}

void exchange_end_question(Exchange *exchange)
{
    Question *question = exchange->first;
    Answer *answer = question->answer;

    exchange->first = question->next;
    exchange->since_us = clock_steady_us();
    if (!exchange->first)
        exchange->last = &exchange->first;
    exchange->pending--;
    exchange->kind->free_question(question);
    answer->done = true;
    if (answer->on_done)
        answer->on_done(answer);
}

void exchange_read(Exchange *exchange, const PGresult *result)
{
    Question *question = exchange->first;
    Answer *answer = question->answer;

    if (!answer->failed && !question->read(answer, result, question->read_count++))
        answer->failed = true;
}

static void keep_sqlstate(char sqlstate[SQLSTATE_MAX], const PGresult *result)
{
    const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    if (sqlstate[0] == '\0' && code)
        (void) snprintf(sqlstate, SQLSTATE_MAX, "%s", code);
}

void exchange_keep_error(Exchange *exchange, const PGresult *result)
{
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
    Answer *answer = exchange->first->answer;

    if (answer->failed)
        return;
    answer->failed = true;
    keep_sqlstate(answer->sqlstate, result);
    (void) err_set(&answer->err, ERR_UNRESOLVED, "%s",
                   message ? message : PQresultErrorMessage(result));
    if (detail)
        (void) err_hint(&answer->err, "%s", detail);
}

bool exchange_advance(Exchange *exchange)
{
    if (!exchange->failed && !exchange->flushed)
        exchange_flush(exchange);
    while (exchange->first && !exchange->failed && !PQisBusy(exchange->conn)) {
        PGresult *result = PQgetResult(exchange->conn);

        exchange->kind->take(exchange, result);
        PQclear(result);
        if (PQstatus(exchange->conn) == CONNECTION_BAD)
            return false;
    }
    return !exchange->failed;
}

void exchange_fail(Exchange *exchange, const Err *err)
{
    while (exchange->first) {
        Answer *answer = exchange->first->answer;

        answer->failed = answer->lost = true;
        answer->err = *err;
        exchange_end_question(exchange);
    }
}

int64_t exchange_waiting_since_us(const Exchange *exchange)
{
    return exchange->first ? exchange->since_us : TIME_NEVER;
}
