/* SPDX-License-Identifier: PostgreSQL */
/* Demo programs: where PostgreSQL's server programs are, and as whom they may run. */
#ifndef PGQUELL_CMD_DEMO_PROGRAMS_H
#define PGQUELL_CMD_DEMO_PROGRAMS_H

#include "cmd/demo_child.h"

#define PROGRAMS_ROOT "/usr/lib/postgresql" /* Debian's: VERSION/bin below it */

/* The directory that has them all: that of version 15 below `root`, else the newest there, else the
 * first of PATH. */
FALLIBLE bool programs_find(Arena *arena, const char *root, const char **ret_bin, Err *err);

/* As whom the server runs: as we do, or, since it refuses to be root, as postgres or nobody. */
FALLIBLE bool programs_user(User *ret_user, Err *err);

#endif
