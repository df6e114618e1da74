/* SPDX-License-Identifier: PostgreSQL */
/* Server: counting slots and transactions. */
#include "core/server.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

#define VERSION_WALSENDERS_APART 120000

int server_xids_back(const Server *server, uint32_t xid)
{
    int32_t back = (int32_t) (server->next_xid - xid);

    if (xid == 0)
        return COUNT_UNKNOWN;
    return back > 0 ? back : 0;
}

bool server_has_walsender(const Server *server, int pid)
{
    for (size_t i = 0; i < server->walsender_count; i++)
        if (server->walsenders[i].pid == pid)
            return true;
    return false;
}

bool server_counts(const Server *server, const World *world, const Session *session)
{
    if (server_has_walsender(server, session->pid))
        return world->server_version < VERSION_WALSENDERS_APART;
    if (session->backend_type)
        return session_is_client(session);
    return session->role_oid != 0; /* hidden: it may be a worker's, which is rare */
}

Connections server_connections(const Server *server, const World *world, const Session *sessions,
                               size_t count)
{
    int reserved = server->reserved_superuser + server->reserved_role;
    Connections connections = {.ordinary_max = server->connections_max - reserved};
    int unused;

    assert(server->connections_max > 0);
    for (size_t i = 0; i < count; i++)
        connections.used += server_counts(server, world, &sessions[i]);
    unused = server->connections_max - connections.used;
    if (unused < 0)
        unused = 0;
    connections.reserved_free = unused < reserved ? unused : reserved;
    return connections;
}
