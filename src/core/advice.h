/* SPDX-License-Identifier: PostgreSQL */
/* Advice: one sentence on why a remedy is the right one, and what else the operator should know.
 *
 * Every text is clean, in the arena, and used as it is by the preview, the audit trail and the
 * logs. */
#ifndef PGQUELL_CORE_ADVICE_H
#define PGQUELL_CORE_ADVICE_H

#include "core/target.h"

/* Why this ladder for this session as it is seen. `now_us` is the server's clock. */
const char *advice_reason(const Session *session, const Ladder *ladder, int64_t now_us,
                          Arena *arena);

/* Why a session is still there after `last`, the strongest remedy that was allowed: what it waits
 * for, what that means, and what helps. */
const char *advice_diagnosis(const Session *session, Remedy last, int64_t now_us, Arena *arena);

/* The command that ends a prepared transaction, as a person may paste it: a GID may look like an
 * option. */
const char *advice_rollback(const char *gid, Arena *arena);

/* An observation in a few words: "active", "idle in transaction (aborted)", "gone" for NULL. */
const char *advice_seen(const Session *session, Arena *arena);

#endif
