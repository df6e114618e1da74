/* SPDX-License-Identifier: PostgreSQL */
/* Resolve: host names to addresses without blocking, since libpq's own look-up does block.
 *
 * glibc's getaddrinfo_a() asks in a thread of its own, so the answer is the one that libpq would
 * get (nsswitch, hosts file, DNS). The end shows as a readable descriptor. */
#ifndef PGQUELL_PG_RESOLVE_H
#define PGQUELL_PG_RESOLVE_H

#include "base/err.h"

#define RESOLVE_HOSTS_MAX 16 /* of one conninfo */

typedef struct Resolve Resolve;

/* Begins to look up the hosts of a comma-separated list; `ports` is the list beside it, or NULL.
 * Entries that need no look-up (a socket directory, an address, "") are kept as they are. Answers
 * NULL when nothing at all has to be looked up. */
Resolve *resolve_start(const char *hosts, const char *ports);

/* Gives it up, finished or not. */
void resolve_free(Resolve *resolve);

/* Becomes readable when the look-up is over. */
int resolve_fd(const Resolve *resolve);

/* What libpq's host, hostaddr and port are to be: a host that has several addresses is there as
 * often, one that could not be found is left out. Fails when none is left. Owned by the resolve. */
FALLIBLE bool resolve_result(Resolve *resolve, const char **ret_hosts, const char **ret_addresses,
                             const char **ret_ports, Err *err);

#endif
