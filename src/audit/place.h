/* SPDX-License-Identifier: PostgreSQL */
/* Place: where the audit store lies, and who may get at it. All errors have code ERR_AUDIT. */
#ifndef PGQUELL_AUDIT_PLACE_H
#define PGQUELL_AUDIT_PLACE_H

#include "base/arena.h"
#include "base/err.h"

#define PLACE_SHARED "/var/lib/pgquell/audit.db" /* one store for a team */

/* `shared` where it exists and may be written, else the user's own (store_default_path()). */
FALLIBLE bool place_default(Arena *arena, const char *shared, const char **ret_path, Err *err);

/* Makes the missing directories (0700) and the missing file (0600, empty); refuses what everybody
 * may write and what is no regular file. */
FALLIBLE bool place_prepare(const char *path, Err *err);

/* Refuses what is missing or no regular file. */
FALLIBLE bool place_check_readable(const char *path, Err *err);

/* Whether a write-ahead log with something in it lies beside the file. */
bool place_has_log(const char *path);

#endif
