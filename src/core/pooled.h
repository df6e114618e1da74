/* SPDX-License-Identifier: PostgreSQL */
/* Pooled: which client of a PgBouncer a session serves, and when that may be said at all.
 *
 * PgBouncer's console gives for each of its server connections the backend's pid and, while a
 * client has it, a link to that client. Pointers (`ptr`, `link`) are used again at once and a pid
 * says nothing about which server it is on, so a session is only ever claimed where everything that
 * is known agrees; else its `pooled` stays NULL. Plain values; texts (untrusted) belong to whoever
 * read them. Sources: PgBouncer's manual, "Admin console"; facts in docs/facts.md. */
#ifndef PGQUELL_CORE_POOLED_H
#define PGQUELL_CORE_POOLED_H

#include "core/session.h"
#include "core/target.h"

#define BOUNCER_TIME_UNKNOWN INT64_MIN

/* What a session is in a pool, or who it works for; see Session.pooled. */
typedef struct Pooled {
    const char *pooler;      /* the console's address, such as "10.0.0.5:6432" */
    bool linked;             /* a client has it; else it is idle in the pool and nobody's */
    const char *client;      /* the client's address; NULL over a socket, as in Session */
    int port;                /* the client's; 0 over a socket */
    int os_pid;              /* the client's process, over a socket only; else 0 */
    const char *role;        /* as the client logged in to PgBouncer */
    const char *database;    /* as PgBouncer calls it, which may be an alias */
    const char *application; /* NULL: none */
} Pooled;

/* Rows of SHOW SERVERS, SHOW CLIENTS and SHOW DATABASES. */
typedef struct BouncerServer {
    int pid; /* of the backend; 0: not known yet */
    const char *role;
    const char *database;   /* as PgBouncer calls it */
    const char *local_addr; /* PgBouncer's end; "unix" over a socket */
    int local_port;
    int64_t connected_s; /* by the pooler's clock, its time zone's offset included, which is not
                            told; BOUNCER_TIME_UNKNOWN */
    const char *ptr;
    const char *link; /* the client's ptr; NULL while no client has it */
} BouncerServer;

typedef struct BouncerClient {
    const char *role;
    const char *database;
    const char *application;
    const char *addr; /* "unix" over a socket */
    int port;
    int os_pid; /* over a socket; else 0 */
    const char *ptr;
    const char *link; /* the server's ptr; NULL while it has none */
} BouncerClient;

typedef struct BouncerDatabase {
    const char *name;     /* what clients and the verbs call it */
    const char *host;     /* NULL: a socket in libpq's usual directory */
    const char *port;     /* of the server that it leads to */
    const char *database; /* what it is called there */
    bool paused;
    bool disabled;
} BouncerDatabase;

/* One console, read in this order. */
typedef struct BouncerReading {
    const char *pooler;
    const BouncerServer *servers;
    size_t server_count;
    const BouncerClient *clients;
    size_t client_count;
    const BouncerServer *again; /* the servers once more */
    size_t again_count;
    const BouncerDatabase *databases;
    size_t database_count;
} BouncerReading;

/* Sets `pooled` of the sessions (made in the arena, texts borrowed) that the readings say something
 * certain about. A server row is of a session when pid, role, the database's real name and, over
 * TCP, address and port, over a socket, the time of connecting agree. Two rows for one session, or
 * a link that is not the same in both readings of the servers or leads to no client that points
 * back: nothing is said. */
void pooled_match(const BouncerReading *readings, size_t count, Session *sessions,
                  size_t session_count, Arena *arena);

/* Withdraws what was said of a session that has moved on: `looked` are the same sessions as seen
 * after the readings. What is left was true at the snapshot, since nothing happened in between. */
void pooled_confirm(Session *sessions, size_t count, const Session *looked, size_t looked_count);

/* A copy that lives in the arena; NULL stays NULL. */
const Pooled *pooled_copy(const Pooled *pooled, Arena *arena);

/* The client that has it, and where it comes from: `web@shop 10.0.0.7:53124 application checkout`,
 * over a socket `web@shop [local] process 812`. Clean, in the arena. */
const char *pooled_client(const Pooled *pooled, Arena *arena);

/* What signalling a pooled session does to its client; NULL for one that is not known to be pooled.
 * Clean, in the arena. */
const char *pooled_note(const Session *session, const Ladder *ladder, Arena *arena);

#endif
