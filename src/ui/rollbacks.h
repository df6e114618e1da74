/* SPDX-License-Identifier: PostgreSQL */
/* Rollbacks: prepared transactions that will be, or have been, rolled back; in words and as JSON.
 */
#ifndef PGQUELL_UI_ROLLBACKS_H
#define PGQUELL_UI_ROLLBACKS_H

#include <jansson.h>

#include "core/rollback.h"
#include "ui/look.h"

/* What will be done to each and why, before anything is sent. `now_us` is the server's clock. */
void rollbacks_preview(FILE *out, const Rollback *list, size_t count, int64_t now_us,
                       const Look *look);

/* What came of one that has its outcome. */
void rollbacks_result(FILE *out, const Rollback *rollback, const Look *look);

/* What was, or in a dry run would be, done: gid, xid, role, database, prepared, plan, reason,
 * steps, outcome, elapsed_ms, locks_before, locks_after, waiters_before, waiters_after, note. */
json_t *rollbacks_json(const Rollback *rollback);

#endif
