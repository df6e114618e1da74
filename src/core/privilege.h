/* SPDX-License-Identifier: PostgreSQL */
/* Privilege: which grant is missing, in words that can be run. */
#ifndef PGQUELL_CORE_PRIVILEGE_H
#define PGQUELL_CORE_PRIVILEGE_H

#include "core/session.h"

/* The role's name as SQL takes it, quoted where it has to be, and clean. */
const char *privilege_quote(Arena *arena, const char *role);

/* Why PostgreSQL refuses our role this session, with the grant to ask for where one would help.
 * Source: manual, "Server Signaling Functions" and "Predefined Roles", 10 to 18. */
const char *privilege_missing(const World *world, const Session *session, Arena *arena);

#endif
