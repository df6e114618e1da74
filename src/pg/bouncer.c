/* SPDX-License-Identifier: PostgreSQL */
/* Bouncer: the way to PgBouncer's console. */
#include "pg/bouncer.h"

#include <libpq-fe.h>
#include <string.h>

#define CONSOLE "pgbouncer" /* its database */

/* What they say of a keyword, NULL where they say nothing. */
static const char *said(const PQconninfoOption *options, const char *keyword)
{
    for (const PQconninfoOption *option = options; option && option->keyword; option++)
        if (strcmp(option->keyword, keyword) == 0 && option->val && option->val[0] != '\0')
            return option->val;
    return NULL;
}

static const char *address(Arena *arena, const char *host, const char *port)
{
    return arena_printf(arena, "%s:%s", host ? host : "[local]", port ? port : "");
}

/* As far as the string and the environment tell; a service's host is known only to libpq. */
static const char *name_of(const PQconninfoOption *given, Arena *arena)
{
    PQconninfoOption *defaults = PQconndefaults();
    const char *host = said(given, "host") ? said(given, "host") : said(given, "hostaddr");
    const char *port = said(given, "port") ? said(given, "port") : said(defaults, "port");
    const char *name;

    if (!host && said(given, "service"))
        name = arena_printf(arena, "service %s", said(given, "service"));
    else
        name = address(arena, host ? host : said(defaults, "host"), port);
    PQconninfoFree(defaults);
    return name;
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
    char *reason = NULL;
    PQconninfoOption *given = PQconninfoParse(conninfo, &reason);

    if (!given) {
        (void) err_set(err, ERR_USAGE, "invalid conninfo string of a PgBouncer: %.*s",
                       (int) strcspn(reason ? reason : "", "\n"), reason ? reason : "");
        PQfreemem(reason);
        return err_hint(err,
                        "It takes one such as \"host=10.0.0.5 port=6432 user=admin\", or a URI.");
    }
    *ret_bouncer = (Bouncer){
        .name = name_of(given, arena),
        .link =
            link_to(conninfo, said(given, "dbname") ? said(given, "dbname") : CONSOLE, application),
    };
    PQconninfoFree(given);
    return true;
}

const char *bouncer_address(const Link *console, Arena *arena)
{
    return address(arena, link_parameter(console, "host"), link_parameter(console, "port"));
}
