/* SPDX-License-Identifier: PostgreSQL */
/* Bouncer: PgBouncer's admin console: what it can be asked, and told to do with a database.
 *
 * A console is a Link of its own (add it to the loop, loop_connect() it). It takes one statement at
 * a time: what is asked next waits until the one before has been answered. Answers are as in
 * pg/ask.h. 1.18 to 1.24: columns are found by name, and one that is missing is an error. */
#ifndef PGQUELL_PG_BOUNCER_H
#define PGQUELL_PG_BOUNCER_H

#include "core/pooled.h"
#include "pg/answer.h"
#include "pg/link.h"

/* A console that is not connected yet. The link is the caller's to free. */
typedef struct Bouncer {
    const char *name; /* "10.0.0.5:6432", without a password; for messages, not clean */
    Link *link;
} Bouncer;

/* The database is "pgbouncer" unless the conninfo string or URI names another one; the rest is as
 * libpq does it. Fails with ERR_USAGE on what is no conninfo string. */
FALLIBLE bool bouncer_open(Arena *arena, const char *conninfo, const char *application,
                           Bouncer *ret_bouncer, Err *err);

/* The address of a console that is connected, as Bouncer.name. */
const char *bouncer_address(const Link *console, Arena *arena);

/* Its servers, clients, servers again, and databases, right after each other; `reading.pooler` is
 * set by the question. Needs a role in admin_users or stats_users. */
typedef struct BouncerAnswer {
    Answer answer;
    BouncerReading reading;
} BouncerAnswer;

void ask_bouncer(Link *console, BouncerAnswer *answer);

/* Its databases only, PgBouncer's own "pgbouncer" left out. */
typedef struct BouncerDatabasesAnswer {
    Answer answer;
    BouncerDatabase *databases;
    size_t count;
} BouncerDatabasesAnswer;

void ask_bouncer_databases(Link *console, BouncerDatabasesAnswer *answer);

/* PAUSE: new queries wait, and its answer comes only when the open transactions have ended and the
 * server connections are closed: do not wait for it. It is in force from the moment when PgBouncer
 * reads it, stays so when our connection goes away, and shows as `paused`. Its answer may never
 * come: RESUME goes over another link, since this one is taken, and does not answer a PAUSE that
 * waits.
 * RESUME of a database that is not paused fails; the others may be repeated. What holds is what
 * ask_bouncer_databases() says, where it has a row: a database that only "*" stands for has none
 * while it has no pool, paused or not.
 * DISABLE: new clients are refused, those that are connected go on. */
typedef enum BouncerVerb {
    BOUNCER_PAUSE,
    BOUNCER_RESUME,
    BOUNCER_DISABLE,
    BOUNCER_ENABLE,
} BouncerVerb;

/* "PAUSE", ... */
const char *bouncer_verb_name(BouncerVerb verb);

/* The database by PgBouncer's own name for it. Fails at once where the name cannot be said safely:
 * an empty one would mean every database. Needs a role in admin_users; the error says so. */
void ask_bouncer_verb(Link *console, Answer *answer, BouncerVerb verb, const char *database);

#endif
