/* SPDX-License-Identifier: PostgreSQL */
/* Password: asked for on the terminal, without echo. */
#ifndef PGQUELL_CMD_PASSWORD_H
#define PGQUELL_CMD_PASSWORD_H

#include "base/arena.h"

/* Asks on the controlling terminal; NULL when there is none or the operator gave up. */
const char *password_ask(Arena *arena, const char *role);

#endif
