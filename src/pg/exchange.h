/* SPDX-License-Identifier: PostgreSQL */
/* Exchange: how questions travel on one connection, answered in the order in which they were asked.
 *
 * There are two kinds: pipeline.h, for servers, and serial.h, for PgBouncer's console. What they
 * share is here: the queue, and how an answer ends. For src/pg only. */
#ifndef PGQUELL_PG_EXCHANGE_H
#define PGQUELL_PG_EXCHANGE_H

#include "pg/link_internal.h"

#define STATEMENTS_MAX 5 /* of one question */

typedef struct Exchange Exchange;

/* A question on its way; a kind puts what it has to know of one behind it. */
typedef struct Question Question;

struct Question {
    Question *next;
    Answer *answer;
    ReadResult *read;
    size_t read_count; /* results handed to `read` */
};

typedef struct ExchangeKind {
    /* Readies a new connection; false when it failed, see PQerrorMessage(). */
    bool (*attach)(Exchange *exchange);
    /* Makes a question; a pipeline sends it already. */
    Question *(*make)(Exchange *exchange, const Statement *statements, size_t count);
    /* A question has been put into the queue. */
    void (*go_on)(Exchange *exchange);
    /* One result of the first question; NULL ends its statement. */
    void (*take)(Exchange *exchange, const PGresult *result);
    void (*free_question)(Question *question);
} ExchangeKind;

/* What every kind's own struct begins with. */
struct Exchange {
    const ExchangeKind *kind;
    PGconn *conn; /* borrowed */
    Question *first;
    Question **last;
    size_t pending;
    int64_t since_us; /* steady: since when the first question is the first */
    bool flushed;
    bool failed; /* a send failed; found out by exchange_advance() */
};

void exchange_init(Exchange *exchange, const ExchangeKind *kind);
void exchange_free(Exchange *exchange);

/* A new, non-blocking connection, on which nothing has been asked yet. */
bool exchange_attach(Exchange *exchange, PGconn *conn);

void exchange_ask(Exchange *exchange, Answer *answer, ReadResult *read, const Statement *statements,
                  size_t count);

/* Sends and reads what can be without waiting; false when contact is lost. */
bool exchange_advance(Exchange *exchange);

/* Contact is lost: every question that is open fails with this error. */
void exchange_fail(Exchange *exchange, const Err *err);

int64_t exchange_waiting_since_us(const Exchange *exchange); /* TIME_NEVER: nothing waits */

/* For the kinds: sends what libpq has buffered; hands a result with rows or a tag to the first
 * question, or an error to its answer; takes the first question out and tells its owner. */
void exchange_flush(Exchange *exchange);
void exchange_read(Exchange *exchange, const PGresult *result);
void exchange_keep_error(Exchange *exchange, const PGresult *result);
void exchange_end_question(Exchange *exchange);

#endif
