/* SPDX-License-Identifier: PostgreSQL */
/* Mistyped: what is wrong with a long option that getopt_long() did not take. */
#ifndef PGQUELL_CMD_MISTYPED_H
#define PGQUELL_CMD_MISTYPED_H

#include "base/err.h"

/* `given` is the word, dashes and a joined value included. The error says whether it is short for
 * several options of the groups, takes no value, or is none of them; its hint names what was meant.
 * Answers false as err_set() does. */
bool mistyped_option(unsigned int groups, const char *given, Err *err);

#endif
