/* SPDX-License-Identifier: PostgreSQL */
/* Valve: which databases of a PgBouncer lead to a database of our server, so that no other is
 * paused. */
#ifndef PGQUELL_CORE_VALVE_H
#define PGQUELL_CORE_VALVE_H

#include "core/pooled.h"

/* How we are connected to the server, what it has, and the console that was asked. */
typedef struct ValveView {
    const char *host; /* an address, a name, or a directory of sockets */
    const char *port;
    const Session *sessions; /* with `pooled` filled in */
    size_t session_count;
    const char *pooler; /* the console's address, as in Pooled */
    const BouncerDatabase *databases;
    size_t database_count;
} ValveView;

/* Whether the PgBouncer's database at `index` leads to this database of our server: by a session of
 * its pool that was recognised there, or by the same address and port. An address that is only
 * spelled another way proves nothing. */
bool valve_leads_to(const ValveView *view, size_t index, const char *database);

#endif
