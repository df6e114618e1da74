/* SPDX-License-Identifier: PostgreSQL */
/* Session: one backend as pg_stat_get_activity() shows it, and what we know of the server.
 *
 * Plain values: a Session owns nothing, its texts belong to the arena of the snapshot it came from.
 * Texts are as the server sent them (untrusted); NULL is unknown or none. Instants are microseconds
 * since the Unix epoch on the server's clock, TIME_UNKNOWN where the server did not tell. */
#ifndef PGQUELL_CORE_SESSION_H
#define PGQUELL_CORE_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/timefmt.h"

#define SESSION_ID_MAX 32 /* room for session_id(), with the terminator */
#define COUNT_UNKNOWN (-1)

typedef enum SessionState {
    STATE_UNKNOWN, /* no state: not a client backend, or hidden from our role */
    STATE_ACTIVE,
    STATE_IDLE,
    STATE_IN_TRANSACTION,
    STATE_ABORTED, /* idle in transaction (aborted) */
    STATE_FASTPATH,
    STATE_DISABLED, /* track_activities is off */
    STATE_STARTING, /* still authenticating (18) */
} SessionState;

typedef struct Pooled Pooled; /* core/pooled.h */

typedef struct Session {
    int pid;
    int leader_pid; /* 0: none, or not told (before 13) */
    int64_t backend_start;
    int64_t xact_start;
    int64_t query_start;
    int64_t state_change;
    SessionState state;
    uint32_t role_oid;     /* 0: a process without a role */
    uint32_t database_oid; /* 0: none */
    uint32_t xid;          /* 0: none; so is xmin */
    uint32_t xmin;
    int client_port;  /* 0: not told, or over a socket */
    int64_t query_id; /* 0: none, or not told (before 14) */
    const char *role;
    const char *database;
    const char *application;
    const char *client; /* address without prefix length; NULL with a socket or when hidden */
    const char *backend_type;
    const char *wait_event_type;
    const char *wait_event;
    const char *query;
    const Pooled *pooled; /* whom it serves through a PgBouncer; NULL: not known to be pooled */
    bool over_socket;     /* connected through a Unix-domain socket */
    bool role_superuser;  /* the login role is a superuser: only superusers may signal it */
    bool role_signalable; /* PostgreSQL will let our role signal it */
    int locks;            /* heavyweight locks held, its own virtualxid left out; COUNT_UNKNOWN */
    int waiters;          /* sessions that wait for it directly; COUNT_UNKNOWN */
    int root_blocker;     /* while it waits for a lock: pid at the head of the queue, 0 a prepared
                             transaction, COUNT_UNKNOWN when it does not wait */
    const char *root_gid; /* of that prepared transaction; NULL: none, or not known which */
} Session;

typedef struct Protections Protections; /* core/protect.h */

/* What we know of the server and of our own role; texts belong to whoever made it. */
typedef struct World {
    int server_version; /* as PQserverVersion(): 150004 is 15.4 */
    int own_pid;
    uint32_t session_role_oid; /* the login role */
    const char *current_role;  /* the role that counts, after SET ROLE */
    const char *session_role;
    bool superuser; /* of the current role */
    bool sees_all;  /* pg_read_all_stats, also through pg_monitor */
    bool standby;
    bool signals_autovacuum;    /* pg_signal_autovacuum_worker (18) */
    uint64_t system_identifier; /* 0 where the server does not tell */
    int64_t postmaster_start;
    const Protections *protections; /* what the configuration spares there; NULL: nothing */
} World;

/* PostgreSQL's own %c of log_line_prefix: hex(seconds of backend_start).hex(pid); "?.pid" where the
 * start is hidden. Source: manual, "Error Reporting and Logging", log_line_prefix. */
const char *session_id(const Session *session, char buffer[SESSION_ID_MAX]);

/* PostgreSQL's name of a state, NULL for STATE_UNKNOWN; and back. */
extern const char *const state_names[]; /* by state, from STATE_ACTIVE on; NULL ends them */
const char *state_name(SessionState state);
SessionState state_named(const char *name);

/* What kind of process it is. */
bool session_is_client(const Session *session);
bool session_is_hidden(const Session *session);
bool session_is_active(const Session *session);
bool session_in_transaction(const Session *session); /* idle in transaction, aborted or not */

/* Whether it waits for this; `event` NULL means any of that type. */
bool session_waits(const Session *session, const char *type, const char *event);

/* Whether two observations are of the same session, transaction or statement. */
bool session_same(const Session *a, const Session *b);
bool session_same_transaction(const Session *a, const Session *b);
bool session_same_statement(const Session *a, const Session *b);

/* Since when it has been busy: start of its transaction, else of its active statement, else the
 * change to its present state; TIME_NEVER when nothing is known. What `ps` sorts by. */
int64_t session_busy_since(const Session *session);

/* Ascending order of pids (ints), for qsort() and bsearch(). */
int pid_compare(const void *a, const void *b);

/* A copy whose texts live in the arena. */
Session session_copy(const Session *session, Arena *arena);

#endif
