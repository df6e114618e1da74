/* SPDX-License-Identifier: PostgreSQL */
/* Door: the one setting that keeps sessions out; how it is closed, and what opening it again asks.
 *
 * Decisions and their sentences only. A door is a setting with an old and a new value: what `kick
 * --keep-out` closed, `let-in` sets back, and nothing else. Texts live in the arena and are clean;
 * names are as the server has them (untrusted). */
#ifndef PGQUELL_CORE_DOOR_H
#define PGQUELL_CORE_DOOR_H

#include "core/session.h"

typedef enum DoorLock {
    DOOR_CONNECTIONS, /* a database's ALLOW_CONNECTIONS: 1 or 0 */
    DOOR_LIMIT,       /* a database's CONNECTION LIMIT: -1 is none */
    DOOR_ROLE_LIMIT,  /* a role's CONNECTION LIMIT: -1 is none */
    DOOR_PAUSE,       /* a database at a PgBouncer: 1 is paused */
    DOOR_DISABLE,     /* a database at a PgBouncer: 1 is disabled */
    DOOR_LOCKS,
} DoorLock;

typedef struct Door {
    DoorLock lock;
    const char *name;         /* of the database or the role; a PgBouncer's own name for it */
    uint32_t oid;             /* known by it when renamed or made anew; 0 with a PgBouncer */
    const char *console;      /* of the PgBouncer, "host:port"; else NULL */
    const char *console_role; /* whom we are there; NULL: unknown */
    const char *database;     /* the server's name for a PgBouncer's database; else NULL */
    int before;               /* the value that it is to have back */
    int after;                /* the value that it is closed with */
} Door;

/* A database or a role as the server has it, or a database as a PgBouncer has it. */
typedef struct DoorFacts {
    bool exists;
    bool is_role;
    const char *name;
    uint32_t oid;           /* 0 with a PgBouncer */
    bool allow_connections; /* of a database */
    int connection_limit;   /* -1: none; of a database -2: its DROP was interrupted */
    bool current;           /* we are connected to it, or logged in as it */
    bool alterable;         /* PostgreSQL will let our role alter it */
    bool superuser;         /* of a role */
    int pooled;             /* of a PgBouncer's database: the value, paused or disabled */
    const char *owner;      /* of a database */
    const char *superusers; /* whom no limit holds, a list for a sentence; NULL: unknown */
} DoorFacts;

typedef enum DoorVerdict {
    DOOR_ACT,     /* set it */
    DOOR_LEAVE,   /* it is so already */
    DOOR_REFUSE,  /* there is no such door, or it is not ours to turn */
    DOOR_DENY,    /* PostgreSQL would refuse our role */
    DOOR_MISSING, /* no such database or role */
} DoorVerdict;

typedef enum DoorOutcome {
    DOOR_PENDING, /* nothing was tried yet */
    DOOR_CLOSED,
    DOOR_OPENED,
    DOOR_OVER, /* there was nothing to do */
    DOOR_REFUSED,
    DOOR_DENIED,
    DOOR_UNKNOWN, /* contact was lost before it could be seen */
} DoorOutcome;

/* A door that is to be closed or opened, and what came of it. */
typedef struct DoorTask {
    Door door;
    DoorFacts facts; /* as they were when it was judged */
    bool opens;
    DoorVerdict verdict;
    const char *reason; /* one sentence: what will be done, or why not */
    DoorOutcome outcome;
    const char *note; /* what else is worth knowing; NULL */
    int target;       /* of its records in the audit trail */
} DoorTask;

/* What closing does to it: ALLOW_CONNECTIONS false, or CONNECTION LIMIT 0 where we are connected to
 * it, and a role's own CONNECTION LIMIT. `recorded`: it is on record as closed by pgquell. Source:
 * manual, ALTER DATABASE and ALTER ROLE, 10 to 18. */
DoorTask door_close(const World *world, const DoorFacts *facts, const Door *recorded, Arena *arena);

/* The same for PAUSE or DISABLE of a database at a PgBouncer; `door` names it. */
DoorTask door_close_pool(const DoorFacts *facts, const Door *door, const Door *recorded,
                         Arena *arena);

/* What opening does: sets `before` back where the value is still `after`, and leaves alone what
 * somebody has changed since. `facts` are of the same oid. */
DoorTask door_open(const World *world, const DoorFacts *facts, const Door *recorded, Arena *arena);

/* Why a filter on applications has no door. */
const char *door_of_application(void);

const char *door_kind(DoorLock lock); /* "database", "role" or "pgbouncer" */
const char *door_key(DoorLock lock);  /* "allow_connections", "connection_limit", "paused" ... */
bool door_is_flag(DoorLock lock);     /* its value is a truth value */
const char *door_outcome_name(DoorOutcome outcome); /* NULL before it was tried */
ErrCode door_outcome_exit(DoorOutcome outcome);
const char *door_remedy(const Door *door, bool opens, Arena *arena); /* "ALLOW_CONNECTIONS false" */
const char *door_subject(const Door *door, Arena *arena);            /* "database apps" */
int door_value(DoorLock lock, const DoorFacts *facts);
int door_now(const DoorTask *task); /* the value that it was judged with */

/* The statement that gives it this value, for people to read and run. */
const char *door_sql(const Door *door, int value, Arena *arena);

#endif
