/* SPDX-License-Identifier: PostgreSQL */
/* Progress: how far a long command is, as the server's progress reports tell it, in one sentence.
 *
 * Most commands go through phases, and only some of these count what they have done: a percentage
 * is one of the present phase, and no time is named where it cannot be told. Source: manual,
 * "Progress Reporting"; the parameters are those of the pg_stat_progress_* views, 10 to 18. */
#ifndef PGQUELL_CORE_PROGRESS_H
#define PGQUELL_CORE_PROGRESS_H

#include "core/session.h"

#define PROGRESS_PARAMS 20

typedef enum ProgressKind {
    PROGRESS_NONE,
    PROGRESS_VACUUM,
    PROGRESS_CREATE_INDEX, /* from 12 on; also REINDEX */
    PROGRESS_CLUSTER,      /* from 12 on; also VACUUM FULL */
    PROGRESS_ANALYZE,      /* from 13 on */
    PROGRESS_BASE_BACKUP,  /* from 13 on */
    PROGRESS_COPY,         /* from 14 on */
    PROGRESS_KINDS,
} ProgressKind;

/* One look at one command. */
typedef struct Progress {
    ProgressKind kind;
    const char *subphase; /* of building an index, in its access method's words; NULL: none */
    int64_t params[PROGRESS_PARAMS]; /* param1 is the first */
    int64_t seen_us;                 /* the server's clock */
} Progress;

/* The name under which the server keeps the reports of a kind, such as "CREATE INDEX"; and back,
 * PROGRESS_NONE for a name that is none. */
const char *progress_kind_name(ProgressKind kind);
ProgressKind progress_kind_named(const char *name);

/* `CREATE INDEX is at 92 % of this phase (building index: scanning table), about 40 s of it left`.
 * The time comes from two looks, or, where there is but one phase, from the start of the statement
 * (TIME_UNKNOWN: not known). `earlier` may be of kind PROGRESS_NONE. */
const char *progress_text(const Progress *earlier, const Progress *now, int64_t statement_us,
                          Arena *arena);

#endif
