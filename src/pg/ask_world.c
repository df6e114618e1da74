/* SPDX-License-Identifier: PostgreSQL */
/* Ask: the server, our role, our own session's settings. */
#include <stdlib.h>
#include <string.h>

#include "pg/ask.h"
#include "pg/link_internal.h"
#include "pg/rows.h"

static bool read_world(Answer *base, const PGresult *result, size_t index)
{
    WorldAnswer *answer = (WorldAnswer *) base;
    const char *encoding;

    if (index == 0) /* the settings' row says nothing new */
        return true;
    encoding = row_text(result, 0, 9, base->arena);
    if (row_int(result, 0, 0) != answer->backend_pid) {
        (void) err_set(
            &base->err, ERR_CONNECTION,
            "this connection goes through a pooler, behind which pids are not the server's");
        return err_hint(&base->err, "Connect to PostgreSQL itself.");
    }
    answer->world.own_pid = answer->backend_pid;
    answer->world.current_role = row_text(result, 0, 1, base->arena);
    answer->world.session_role = row_text(result, 0, 2, base->arena);
    answer->world.session_role_oid = row_oid(result, 0, 3);
    answer->world.superuser = row_bool(result, 0, 4);
    answer->world.sees_all = row_bool(result, 0, 5);
    answer->world.standby = row_bool(result, 0, 6);
    answer->world.postmaster_start = row_instant(result, 0, 7);
    answer->world.signals_autovacuum = row_bool(result, 0, 8);
    answer->utf8 = encoding && strcmp(encoding, "UTF8") == 0;
    return true;
}

void ask_world(Link *link, WorldAnswer *answer)
{
    const char *params[1];
    Statement statements[] = {{.sql = SQL_SETTINGS, .param_count = 1, .params = params},
                              {.sql = SQL_WORLD}};

    answer->world.server_version = link_server_version(link);
    answer->backend_pid = link_state(link) == LINK_READY ? PQbackendPID(link_conn(link)) : 0;
    params[0] = arena_printf(answer->answer.arena, "%d", answer->backend_pid);
    link_ask(link, &answer->answer, read_world, statements, 2);
}

static bool read_system(Answer *base, const PGresult *result, size_t index)
{
    (void) index;
    if (PQntuples(result) == 1)
        ((SystemAnswer *) base)->system_identifier = strtoull(PQgetvalue(result, 0, 0), NULL, 10);
    return true;
}

void ask_system(Link *link, SystemAnswer *answer)
{
    static const Statement statement = {.sql = SQL_SYSTEM};

    link_ask(link, &answer->answer, read_system, &statement, 1);
}
