/* SPDX-License-Identifier: PostgreSQL */
/* Confirm: a question to the operator on the terminal. */
#ifndef PGQUELL_CMD_CONFIRM_H
#define PGQUELL_CMD_CONFIRM_H

#include "loop/loop.h"

typedef enum Confirmation {
    CONFIRM_YES,
    CONFIRM_NO,
    CONFIRM_INTERRUPTED, /* Ctrl-C */
} Confirmation;

/* Whether there is an operator to ask: standard input and standard error are terminals. */
bool confirm_possible(void);

/* Asks on standard error; only "y" and "yes" mean yes. The loop looks after its connections
 * meanwhile. */
Confirmation confirm_ask(Loop *loop, const char *question);

#endif
