/* SPDX-License-Identifier: PostgreSQL */
/* Pipeline: the exchange with a server: questions are sent without waiting for answers.
 *
 * Every question ends in a Sync of its own: it is a transaction of its own, sees a fresh snapshot
 * of the statistics (facts.md F16), and its error harms no other. */
#ifndef PGQUELL_PG_PIPELINE_H
#define PGQUELL_PG_PIPELINE_H

#include "pg/exchange.h"

Exchange *pipeline_new(void);

#endif
