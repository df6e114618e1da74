/* SPDX-License-Identifier: PostgreSQL */
/* Rows: fields of a PGresult as C values, and parameters as text; for src/pg only. */
#ifndef PGQUELL_PG_ROWS_H
#define PGQUELL_PG_ROWS_H

#include <libpq-fe.h>

#include "core/session.h"
#include "pg/ask_stakes.h"

/* A field; what is null reads as the value that means unknown. */
const char *row_text(const PGresult *result, int row, int column, Arena *arena); /* NULL */
bool row_bool(const PGresult *result, int row, int column);                      /* false */
int row_int(const PGresult *result, int row, int column);                        /* 0 */
int64_t row_int64(const PGresult *result, int row, int column);                  /* 0 */
uint32_t row_oid(const PGresult *result, int row, int column);                   /* 0 */
int64_t row_instant(const PGresult *result, int row, int column);                /* TIME_UNKNOWN */

/* The columns of a session as sql.c lists them; the last is the server's clock. */
#define ROW_SESSION_COLUMNS 20
Session row_session(const PGresult *result, int row, Arena *arena);
#define ROW_SESSION_CLOCK 19

/* Locks held, by mode: the rows of SQL_HELD_LOCKS and SQL_PREPARED_LOCKS. */
HeldLocks *rows_held_locks(const PGresult *result, Arena *arena, size_t *ret_count);

/* Arrays and instants as PostgreSQL reads them: "{1,2}", "2026-11-20 12:34:56.123456+00"; an
 * unknown instant is NULL. */
const char *param_ints(Arena *arena, const int *values, size_t count);
const char *param_oids(Arena *arena, const uint32_t *values, size_t count);
const char *param_instant(Arena *arena, int64_t instant_us);

#endif
