/* SPDX-License-Identifier: PostgreSQL */
/* Describe: the short words for a session that tables and sentences share.
 *
 * Every text is fit for the device (see look_text()) and lives in the arena or for ever; what is
 * not known is "". */
#ifndef PGQUELL_UI_DESCRIBE_H
#define PGQUELL_UI_DESCRIBE_H

#include "core/target.h"
#include "ui/look.h"

/* What the functions need beside the session. */
typedef struct Describe {
    Arena *arena;
    const Look *look;
    int64_t now_us; /* the server's clock */
} Describe;

/* A duration as short as can be: `350ms`, `4.2s`, `42s`, `4m10s`, `2h05m`, `3d04h`. */
const char *describe_duration(int64_t duration_us, Arena *arena);

/* The age of an instant, "" for TIME_UNKNOWN. */
const char *describe_age(const Describe *describe, int64_t since_us);

/* The role, the kind of process where it is no client's, or both. */
const char *describe_role(const Describe *describe, const Session *session);

/* `10.0.0.5`, `[local]` over a socket; behind a PgBouncer `10.0.0.7 via pgbouncer`, and while no
 * client has it `pool of 10.0.0.5:6432`. */
const char *describe_client(const Describe *describe, const Session *session);

/* `active`, `idle in xact`, `aborted xact`, ...; `hidden` where our role may not see it. */
const char *describe_state(const Session *session);

/* Since when it does what it does now: its statement while it is active, else its state. */
int64_t describe_since_us(const Session *session);

/* `Lock/transactionid`; `Client/ClientRead` of a session that is idle says nothing, and is "". */
const char *describe_wait(const Describe *describe, const Session *session);

/* How bad its state is. */
Style describe_state_style(const Describe *describe, const Session *session);

/* `blocks 3`, `by 812`, `by 812, blocks 3`, `by prepared`. */
const char *describe_blocking(const Describe *describe, const Session *session);

/* How good an outcome is. */
Style describe_outcome_style(Outcome outcome);

/* `locks 3 -> 0`; "" where nothing is known, or there was nothing and is nothing. */
const char *describe_change(const char *what, int before, int after, Arena *arena);

#endif
