/* SPDX-License-Identifier: PostgreSQL */
/* SQL: what PgBouncer's console is told. It is no SQL server: one command a query, no schemas, no
 * parameters. Source: PgBouncer's manual, "Admin console" (1.18 to 1.24). */
#include <assert.h>

#include "pg/sql_internal.h"

/* The console's words: "..." with "" for a quote in it; a backslash means nothing. */
void sql_console_name(StrBuf *buf, const char *name)
{
    assert(name[0] != '\0');
    strbuf_add(buf, " \"");
    for (const char *c = name; *c; c++) {
        if (*c == '"')
            strbuf_add_char(buf, '"');
        strbuf_add_char(buf, *c);
    }
    strbuf_add_char(buf, '"');
}

void sql_bouncer_servers(StrBuf *buf, int version)
{
    (void) version;
    strbuf_add(buf, "SHOW SERVERS");
}

void sql_bouncer_clients(StrBuf *buf, int version)
{
    (void) version;
    strbuf_add(buf, "SHOW CLIENTS");
}

void sql_bouncer_databases(StrBuf *buf, int version)
{
    (void) version;
    strbuf_add(buf, "SHOW DATABASES");
}

void sql_bouncer_pause(StrBuf *buf, int version)
{
    (void) version;
    strbuf_add(buf, "PAUSE");
}

void sql_bouncer_resume(StrBuf *buf, int version)
{
    (void) version;
    strbuf_add(buf, "RESUME");
}

void sql_bouncer_disable(StrBuf *buf, int version)
{
    (void) version;
    strbuf_add(buf, "DISABLE");
}

void sql_bouncer_enable(StrBuf *buf, int version)
{
    (void) version;
    strbuf_add(buf, "ENABLE");
}
