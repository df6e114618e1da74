/* SPDX-License-Identifier: PostgreSQL */
/* Pipeline: questions on one connection, answered in the order in which they were asked.
 *
 * Every question ends in a Sync of its own: it is a transaction of its own, sees a fresh snapshot
 * of the statistics (facts.md F16), and its error harms no other. */
#ifndef PGQUELL_PG_PIPELINE_H
#define PGQUELL_PG_PIPELINE_H

#include "pg/link_internal.h"

typedef struct Pipeline Pipeline;

Pipeline *pipeline_new(void);
void pipeline_free(Pipeline *pipeline);

/* A new connection, in pipeline mode and non-blocking; nothing is prepared on it yet. */
void pipeline_attach(Pipeline *pipeline, PGconn *conn);

void pipeline_ask(Pipeline *pipeline, Answer *answer, ReadResult *read, const Statement *statements,
                  size_t count);

/* Sends and reads what can be without waiting; false when contact is lost. */
bool pipeline_advance(Pipeline *pipeline);

/* Contact is lost: every question that is open fails with this error. */
void pipeline_fail(Pipeline *pipeline, const Err *err);

bool pipeline_is_flushed(const Pipeline *pipeline);
size_t pipeline_pending(const Pipeline *pipeline);
int64_t pipeline_waiting_since_us(const Pipeline *pipeline); /* TIME_NEVER: nothing waits */

#endif
