/* SPDX-License-Identifier: PostgreSQL */
/* Bouncer: the way to PgBouncer's console. */
#include "pg/bouncer.h"

#include <stdlib.h>

#include "pg/conninfo.h"

#define CONSOLE "pgbouncer" /* its database */

static const char *address(Arena *arena, const char *host, const char *port)
{
    return arena_printf(arena, "%s%s%s", host ? host : "[local]", port ? ":" : "",
                        port ? port : "");
}

/* As far as the string and the environment tell; a service's host is known only to libpq. */
static const char *name_of(const Conninfo *given, Arena *arena)
{
    const char *host = conninfo_value(given, "host");
    const char *port = conninfo_value(given, "port");
    const char *service = conninfo_value(given, "service");

    if (!host)
        host = conninfo_value(given, "hostaddr");
    if (!host && service)
        return arena_printf(arena, "service %s", service);
    return address(arena, host ? host : getenv("PGHOST"), port ? port : getenv("PGPORT"));
}

/* In libpq a later parameter overrides an earlier one, and only the first database is looked at as
 * a conninfo string: so the string goes first, and its database once more where it names one. */
static Link *link_to(const char *conninfo, const char *database, const char *application)
{
    LinkParams params = {0};

    link_params_add(&params, "keepalives_idle", "10");
    link_params_add(&params, "keepalives_interval", "5");
    link_params_add(&params, "keepalives_count", "3");
    link_params_add(&params, "tcp_user_timeout", "30000");
    link_params_add(&params, "dbname", conninfo);
    link_params_add(&params, "dbname", database);
    link_params_add(&params, "application_name", application);
    link_params_add(&params, "client_encoding", "SQL_ASCII");
    /* the console is no server that libpq could ask whether it is a primary */
    link_params_add(&params, "target_session_attrs", "any");
    return link_new_console(&params);
}

bool bouncer_open(Arena *arena, const char *conninfo, const char *application, Bouncer *ret_bouncer,
                  Err *err)
{
    Conninfo given;
    const char *database;
    Err bad;

    if (!conninfo_parse(arena, conninfo, &given, &bad)) {
        (void) err_set(err, ERR_USAGE, "invalid conninfo string of a PgBouncer: %s", bad.message);
        return err_hint(err,
                        "It takes \"host=10.0.0.5 port=6432 user=ops\" or the like, or a URI.");
    }
    database = conninfo_value(&given, "dbname");
    *ret_bouncer = (Bouncer){
        .name = name_of(&given, arena),
        .link = link_to(conninfo, database ? database : CONSOLE, application),
    };
    return true;
}

const char *bouncer_address(const Link *console, Arena *arena)
{
    return address(arena, link_parameter(console, "host"), link_parameter(console, "port"));
}
