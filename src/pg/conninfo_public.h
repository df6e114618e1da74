/* SPDX-License-Identifier: PostgreSQL */
/* Conninfo, public: what was given as --dbname, fit to be shown. */
#ifndef PGQUELL_PG_CONNINFO_PUBLIC_H
#define PGQUELL_PG_CONNINFO_PUBLIC_H

#include "base/arena.h"

/* The same without passwords and other secrets, in the arena; as it stands where it has none. */
const char *conninfo_public(Arena *arena, const char *dbname);

#endif
