/* SPDX-License-Identifier: PostgreSQL */
/* Statement: the little that has to be read out of a query's text, which may be cut and is
 * untrusted. */
#ifndef PGQUELL_CORE_STATEMENT_H
#define PGQUELL_CORE_STATEMENT_H

#include <stdbool.h>

#include "base/arena.h"

/* Whether it builds or rebuilds an index CONCURRENTLY, so that stopping it leaves an invalid index
 * behind (manual, CREATE INDEX and REINDEX). Comments and case are seen through; NULL is false. */
bool statement_builds_concurrently(const char *query);

/* Whether it rolls a transaction back, which no signal hurries. */
bool statement_rolls_back(const char *query);

/* What takes its time by nature, in capitals ("VACUUM", "CREATE INDEX", "COPY", ...); NULL for any
 * other statement. */
const char *statement_long_by_nature(const char *query);

/* The channel as it is written, where it is a LISTEN; else NULL. Not clean. */
const char *statement_listens(const char *query, Arena *arena);

#endif
