/* SPDX-License-Identifier: PostgreSQL */
/* Link: one connection to PostgreSQL that never blocks, with questions in a pipeline.
 *
 * The caller waits for link_fd() to become what link_wants() asks, then calls link_advance(). All
 * completion callbacks are made from link_advance() and link_stop(). A link connects as libpq does
 * (conninfo, services, password file, TLS), but resolves host names without blocking. It refuses a
 * pooler, behind which pids are not the server's. */
#ifndef PGQUELL_PG_LINK_H
#define PGQUELL_PG_LINK_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define LINK_READ 1U
#define LINK_WRITE 2U

#define LINK_PARAMS_MAX 128 /* connection parameters, our own included */

typedef enum LinkState {
    LINK_CLOSED,     /* not started, or stopped */
    LINK_RESOLVING,  /* names are looked up */
    LINK_CONNECTING, /* libpq's PQconnectPoll() */
    LINK_READY,      /* questions may be asked */
    LINK_BROKEN,     /* link_error() says why; link_start() tries again */
} LinkState;

/* Connection parameters as PQconnectStartParams() takes them with expand_dbname; borrowed. */
typedef struct LinkParams {
    const char *keywords[LINK_PARAMS_MAX + 1];
    const char *values[LINK_PARAMS_MAX + 1];
    size_t count;
} LinkParams;

typedef struct Link Link;

/* Adds a parameter unless the value is NULL; a later one overrides an earlier one. */
void link_params_add(LinkParams *params, const char *keyword, const char *value);

/* Copies the parameters. */
Link *link_new(const LinkParams *params);
void link_free(Link *link);

/* The same for PgBouncer's console, which takes one simple query at a time (pg/bouncer.h). */
Link *link_new_console(const LinkParams *params);

/* A link of its own to another database of the very server that this one, which is ready, is
 * connected to. The name is taken literally, since a database may be called anything, also
 * "host=elsewhere". */
Link *link_sibling(const Link *link, const char *database);

/* Begins to connect, from scratch; what is still asked fails. */
void link_start(Link *link);
void link_stop(Link *link);

LinkState link_state(const Link *link);
const Err *link_error(const Link *link);
/* The connection failed for want of a password, and none was given. */
bool link_needs_password(const Link *link);

int link_fd(const Link *link);
unsigned int link_wants(const Link *link);
void link_advance(Link *link, unsigned int ready);

/* Questions that have no answer yet, and since when (steady clock) the first of them waits. */
size_t link_pending(const Link *link);
int64_t link_waiting_since_us(const Link *link); /* TIME_NEVER when none does */
/* As PQserverVersion(); 0 before LINK_READY. */
int link_server_version(const Link *link);

/* The parameter as it is in force ("host", "port", "dbname", "user"), or NULL; for messages, good
 * until the link changes its state. */
const char *link_parameter(const Link *link, const char *keyword);

#endif
