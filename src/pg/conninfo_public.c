/* SPDX-License-Identifier: PostgreSQL */
/* Conninfo, public: takes secrets out of connection strings and URIs. */
#include "pg/conninfo_public.h"

#include <libpq-fe.h>
#include <stdbool.h>
#include <string.h>

#include "base/strbuf.h"

/* libpq's mark of what must not be shown. */
static bool is_secret(const PQconninfoOption *option)
{
    return option->val && option->dispchar[0] == '*';
}

static bool has_secret(const PQconninfoOption *options)
{
    for (; options->keyword; options++)
        if (is_secret(options))
            return true;
    return false;
}

static void add_option(StrBuf *buf, const PQconninfoOption *option)
{
    strbuf_printf(buf, "%s%s='", buf->length > 0 ? " " : "", option->keyword);
    for (const char *c = option->val; *c; c++) {
        if (*c == '\'' || *c == '\\')
            strbuf_add_char(buf, '\\');
        strbuf_add_char(buf, *c);
    }
    strbuf_add_char(buf, '\'');
}

static const char *without_secrets(Arena *arena, const PQconninfoOption *options)
{
    StrBuf buf;
    const char *text;

    strbuf_init(&buf);
    for (; options->keyword; options++)
        if (options->val && !is_secret(options))
            add_option(&buf, options);
    text = arena_strdup(arena, buf.text);
    strbuf_done(&buf);
    return text;
}

const char *conninfo_public(Arena *arena, const char *dbname)
{
    PQconninfoOption *options = PQconninfoParse(dbname, NULL);
    const char *text = dbname;

    if (!options) /* the name of a database */
        return dbname;
    if (has_secret(options))
        text = without_secrets(arena, options);
    PQconninfoFree(options);
    return text;
}
