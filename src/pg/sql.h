/* SPDX-License-Identifier: PostgreSQL */
/* SQL: every text that is ever sent to a server or a pooler, by major version where they differ (10
 * to 18). */
#ifndef PGQUELL_PG_SQL_H
#define PGQUELL_PG_SQL_H

#include "base/strbuf.h"

typedef enum SqlId {
    SQL_SETTINGS,        /* $1 our pid: our own session's settings */
    SQL_WORLD,           /* the server, our role, its privileges */
    SQL_SYSTEM,          /* system identifier */
    SQL_SESSIONS,        /* every session */
    SQL_LOOK_ONE,        /* $1 pid: its row */
    SQL_LOOK_FEW,        /* $1 pids: their rows, one by one */
    SQL_LOOK_MANY,       /* $1 pids: their rows out of one scan */
    SQL_ROLES,           /* $1 oids: names and whether we may signal them */
    SQL_DATABASES,       /* $1 oids: names */
    SQL_LOCKS,           /* $1 pids: locks held by each */
    SQL_BLOCKING,        /* who waits for whom */
    SQL_WAIT_LOCKS,      /* awaited locks and those in their way */
    SQL_PREPARED,        /* every prepared transaction */
    SQL_RELATIONS,       /* $1 oids: names; in the relations' own database */
    SQL_CANCEL,          /* guarded: identity and stamp in the same statement */
    SQL_TERMINATE,       /* the same */
    SQL_LOG_LINES,       /* $1 lines, for SQL_LOG */
    SQL_LOG,             /* raises them as LOG */
    SQL_BUILDING,        /* $1 pid: tables on which it builds an index */
    SQL_INVALID_INDEXES, /* $1 table oids: their invalid indexes; in the tables' own database */
    SQL_DOCTOR_SETTINGS, /* $1 names: the settings */
    SQL_DOCTOR_FILES,    /* what the configuration files say */
    SQL_DOCTOR_OVERRIDES,
    SQL_DOCTOR_ROLES, /* $1 names of a provider's administrators: who can log in */
    SQL_DOCTOR_DATABASES,
    SQL_DOCTOR_GRANTS, /* $1 names: which of these roles there are, and we are in */
    SQL_SERVER,        /* connection slots, cluster_name, next transaction id */
    SQL_WALSENDERS,    /* their pids and states */
    SQL_SLOTS,         /* replication slots and what they hold */
    SQL_DOOR_DATABASE, /* $1 name or $2 oid: what lets sessions into it */
    SQL_DOOR_ROLE,     /* the same of a role */
    SQL_DOOR_WORDS,    /* $1 "OID OLD NEW", $2 a line for the log or '': for the next three */
    SQL_DOOR_CONNECTIONS,
    SQL_DOOR_LIMIT,
    SQL_DOOR_ROLE_LIMIT,
    SQL_DROP_OBSTACLES,     /* $1 database: what DROP DATABASE refuses for, sessions apart */
    SQL_DROP_SUBSCRIPTIONS, /* the same of subscriptions */
    SQL_BOUNCER_SERVERS,    /* what PgBouncer's console is told; see sql_console_name() */
    SQL_BOUNCER_CLIENTS,
    SQL_BOUNCER_DATABASES,
    SQL_BOUNCER_PAUSE, /* these four with the name of a database */
    SQL_BOUNCER_RESUME,
    SQL_BOUNCER_DISABLE,
    SQL_BOUNCER_ENABLE,
    SQL_HELD_LOCKS,        /* $1 pids: locks held by each, by mode */
    SQL_PREPARED_AGES,     /* how many transactions back each of them is */
    SQL_PREPARED_LOCKS,    /* locks held by every prepared transaction, by mode */
    SQL_PROGRESS,          /* $1 pids: their progress reports */
    SQL_TEMP_SLOTS,        /* every backend, and the number of its temporary schema */
    SQL_TEMP_TABLES,       /* $1 such numbers: tables in them; in their own database */
    SQL_ROLLBACK_PREPARED, /* ends the prepared transaction whose GID follows as a literal */
    SQL_IDS,
} SqlId;

#define SQL_PARAMS_MAX 8 /* of one statement */

/* The name under which a statement is prepared. */
const char *sql_name(SqlId id);

/* Whether it is worth preparing: it may be sent more than once. */
bool sql_is_prepared(SqlId id);

/* The statement for a server of this version (as PQserverVersion()). */
void sql_text(StrBuf *buf, SqlId id, int server_version);

/* Appends a blank and a name as PgBouncer's console reads names, which has no parameters: quoted,
 * and never "", which it takes for no name at all. */
void sql_console_name(StrBuf *buf, const char *name);

#endif
