/* SPDX-License-Identifier: PostgreSQL */
/* Serial: the exchange with PgBouncer's console: one simple query at a time.
 *
 * The console knows neither the extended protocol nor several statements in one query. A statement
 * here has no parameters but a name, which is said as the console quotes it. An error skips the
 * rest of its question. */
#ifndef PGQUELL_PG_SERIAL_H
#define PGQUELL_PG_SERIAL_H

#include "pg/exchange.h"

Exchange *serial_new(void);

/* Says which list of pgbouncer.ini the role has to be in, where that is what the console's error
 * means. */
void serial_explain(Err *err, const char *role);

#endif
