/* SPDX-License-Identifier: PostgreSQL */
/* Ask: the server as a whole. */
#include "pg/ask_server.h"

#include "pg/link_internal.h"
#include "pg/rows.h"

static void read_settings(Server *server, const PGresult *result, Arena *arena)
{
    server->connections_max = row_int(result, 0, 0);
    server->reserved_superuser = row_int(result, 0, 1);
    server->reserved_role = row_int(result, 0, 2);
    server->cluster_name = row_text(result, 0, 3, arena);
    server->next_xid = (uint32_t) row_int64(result, 0, 4); /* without its epoch */
}

static void read_walsenders(Server *server, const PGresult *result, Arena *arena)
{
    int rows = PQntuples(result);
    WalSender *walsenders = ARENA_ARRAY(arena, WalSender, (size_t) rows + 1);

    for (int row = 0; row < rows; row++)
        walsenders[row] =
            (WalSender){.pid = row_int(result, row, 0), .state = row_text(result, row, 1, arena)};
    server->walsenders = walsenders;
    server->walsender_count = (size_t) rows;
}

static void read_slots(Server *server, const PGresult *result, Arena *arena)
{
    int rows = PQntuples(result);
    ReplicationSlot *slots = ARENA_ARRAY(arena, ReplicationSlot, (size_t) rows + 1);

    for (int row = 0; row < rows; row++)
        slots[row] = (ReplicationSlot){.name = row_text(result, row, 0, arena),
                                       .logical = row_bool(result, row, 1),
                                       .active_pid = row_int(result, row, 2),
                                       .xmin = row_oid(result, row, 3),
                                       .catalog_xmin = row_oid(result, row, 4)};
    server->slots = slots;
    server->slot_count = (size_t) rows;
}

static bool read_server(Answer *base, const PGresult *result, size_t index)
{
    Server *server = &((ServerAnswer *) base)->server;

    if (index == 0)
        read_settings(server, result, base->arena);
    else if (index == 1)
        read_walsenders(server, result, base->arena);
    else
        read_slots(server, result, base->arena);
    return true;
}

void ask_server(Link *link, ServerAnswer *answer)
{
    static const Statement statements[] = {
        {.sql = SQL_SERVER}, {.sql = SQL_WALSENDERS}, {.sql = SQL_SLOTS}};

    link_ask(link, &answer->answer, read_server, statements, 3);
}
