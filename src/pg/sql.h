/* SPDX-License-Identifier: PostgreSQL */
/* SQL: every text that is ever sent to a server, by major version where they differ (10 to 18). */
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
    SQL_SETTINGS,          /* $1 our pid: our own session's settings */
    SQL_WORLD,             /* the server, our role, its privileges */
    SQL_SYSTEM,            /* system identifier */
    SQL_SESSIONS,          /* every session */
    SQL_LOOK_ONE,          /* $1 pid: its row */
    SQL_LOOK_FEW,          /* $1 pids: their rows, one by one */
    SQL_LOOK_MANY,         /* $1 pids: their rows out of one scan */
    SQL_ROLES,             /* $1 oids: names and whether we may signal them */
    SQL_DATABASES,         /* $1 oids: names */
    SQL_LOCKS,             /* $1 pids: locks held by each */
    SQL_BLOCKING,          /* who waits for whom */
    SQL_WAIT_LOCKS,        /* awaited locks and those in their way */
    SQL_PREPARED,          /* every prepared transaction */
    SQL_RELATIONS,         /* $1 oids: names; in the relations' own database */
    SQL_CANCEL,            /* guarded: identity and stamp in the same statement */
    SQL_TERMINATE,         /* the same */
    SQL_LOG_LINES,         /* $1 lines, for SQL_LOG */
    SQL_LOG,               /* raises them as LOG */
    SQL_BUILDING,          /* $1 pid: tables on which it builds an index */
    SQL_INVALID_INDEXES,   /* $1 table oids: their invalid indexes; in the tables' own database */
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

#endif
