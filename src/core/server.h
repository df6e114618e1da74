/* SPDX-License-Identifier: PostgreSQL */
/* Server: what is true of a cluster as a whole: its connection slots, its transaction counter, and
 * who holds its oldest rows from afar.
 *
 * Plain values; texts belong to the answer's arena and are as the server sent them. */
#ifndef PGQUELL_CORE_SERVER_H
#define PGQUELL_CORE_SERVER_H

#include "core/session.h"

/* Known to every role, even where its session is hidden. */
typedef struct WalSender {
    int pid;
    const char *state; /* "streaming", "backup", ...; NULL: hidden */
} WalSender;

typedef struct ReplicationSlot {
    const char *name;
    bool logical;
    int active_pid;        /* 0: nobody uses it */
    uint32_t xmin;         /* 0: none; so is catalog_xmin */
    uint32_t catalog_xmin; /* of a logical slot */
} ReplicationSlot;

typedef struct Server {
    const char *cluster_name; /* "": not set */
    int connections_max;
    int reserved_superuser; /* slots kept for superusers, within connections_max */
    int reserved_role;      /* for members of pg_use_reserved_connections; 0 before 16 */
    uint32_t next_xid;
    const WalSender *walsenders;
    size_t walsender_count;
    const ReplicationSlot *slots;
    size_t slot_count;
} Server;

/* How many transactions an xid or xmin is back from the next one; COUNT_UNKNOWN for 0, which is
 * none. The counter wraps around. Source: manual, "Preventing Transaction ID Wraparound Failures".
 */
int server_xids_back(const Server *server, uint32_t xid);

/* Whether the process is a walsender, as far as anybody may see. */
bool server_has_walsender(const Server *server, int pid);

/* Slots for connections. Walsenders have their own from 12 on (release notes of 12). */
typedef struct Connections {
    int used;
    int ordinary_max;  /* that roles without a privilege may use */
    int reserved_free; /* reserved slots that nobody uses */
} Connections;

Connections server_connections(const Server *server, const World *world, const Session *sessions,
                               size_t count);

/* Whether it takes one of these slots. */
bool server_counts(const Server *server, const World *world, const Session *session);

#endif
