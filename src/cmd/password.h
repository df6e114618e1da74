/* SPDX-License-Identifier: PostgreSQL */
/* Password: asked for on the terminal, without echo. */
#ifndef PGQUELL_CMD_PASSWORD_H
#define PGQUELL_CMD_PASSWORD_H

#include "loop/loop.h"

/* Asks on the controlling terminal; NULL when there is none or the operator gave up. */
const char *password_ask(Loop *loop, Arena *arena, const char *role);

#endif
