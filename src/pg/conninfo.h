/* SPDX-License-Identifier: PostgreSQL */
/* Conninfo: a connection string or URI taken apart as libpq does, and the parts put together. */
#ifndef PGQUELL_PG_CONNINFO_H
#define PGQUELL_PG_CONNINFO_H

#include "base/arena.h"
#include "pg/link.h"

typedef struct ConninfoPart {
    const char *keyword;
    const char *value;
} ConninfoPart;

/* What a string says, in the arena; what it does not say is not among the parts. */
typedef struct Conninfo {
    ConninfoPart *parts;
    size_t count;
} Conninfo;

/* What a command line says about the server; NULL: nothing. */
typedef struct ConninfoChanges {
    const char *host;
    const char *port;
    const char *user;
    const char *dbname; /* a name, a conninfo string or a URI */
} ConninfoChanges;

/* Whether libpq takes the text for more than the name of a database. */
bool conninfo_is(const char *text);

/* Fails with libpq's message, in one line, and code ERR_USAGE. */
FALLIBLE bool conninfo_parse(Arena *arena, const char *text, Conninfo *ret_conninfo, Err *err);

/* The value of a keyword; NULL where it is not said. */
const char *conninfo_value(const Conninfo *conninfo, const char *keyword);

/* Adds the parts of `base` with the changes to the parameters. Another host takes the place of the
 * base's, its address and, where that is a list, its port; a service takes the place of the whole
 * base. Where nobody names a database it is `database` (NULL: libpq decides). */
void conninfo_add_params(LinkParams *params, Arena *arena, const Conninfo *base,
                         const ConninfoChanges *changes, const char *database);

#endif
