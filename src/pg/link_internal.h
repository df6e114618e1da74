/* SPDX-License-Identifier: PostgreSQL */
/* What the questions need of a link; for src/pg only. */
#ifndef PGQUELL_PG_LINK_INTERNAL_H
#define PGQUELL_PG_LINK_INTERNAL_H

#include <libpq-fe.h>

#include "pg/answer.h"
#include "pg/link.h"
#include "pg/sql.h"

/* One statement of a question. Parameters are text; NULL is SQL's null. */
typedef struct Statement {
    SqlId sql;
    int param_count;
    const char *const *params;
    const char *literal; /* put behind the text, quoted; for what takes no parameters; NULL: none */
} Statement;

/* Reads one result of a question: `index` counts its statements. Only for results with rows or a
 * command tag; errors go to the answer. Answers false, with the answer's error set, when the rows
 * are not as they should be. */
typedef bool ReadResult(Answer *answer, const PGresult *result, size_t index);

/* Sends the statements as one question, each prepared at its first use on this connection. The
 * answer is done when all are, or when contact is lost. An error in one skips the rest. */
void link_ask(Link *link, Answer *answer, ReadResult *read, const Statement *statements,
              size_t count);

PGconn *link_conn(const Link *link);

#endif
