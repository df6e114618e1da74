/* SPDX-License-Identifier: PostgreSQL */
/* Conninfo: connection strings taken apart and put together. */
#include "pg/conninfo.h"

#include <assert.h>
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

/* Source: fe-connect.c, recognized_connection_string(), 10 to 18. */
bool conninfo_is(const char *text)
{
    return strchr(text, '=') || strncmp(text, "postgresql://", strlen("postgresql://")) == 0 ||
           strncmp(text, "postgres://", strlen("postgres://")) == 0;
}

static void keep_message(char *message, Err *err)
{
    if (!message)
        abort(); /* out of memory, as everywhere */
    message[strcspn(message, "\n")] = '\0';
    (void) err_set(err, ERR_USAGE, "%s", message);
    PQfreemem(message);
}

bool conninfo_parse(Arena *arena, const char *text, Conninfo *ret_conninfo, Err *err)
{
    char *message = NULL;
    PQconninfoOption *options = PQconninfoParse(text, &message);
    Conninfo conninfo = {0};

    if (!options) {
        keep_message(message, err);
        return false;
    }
    for (PQconninfoOption *option = options; option->keyword; option++) {
        if (!option->val)
            continue;
        conninfo.parts = arena_grow(arena, conninfo.parts, conninfo.count, sizeof(ConninfoPart));
        conninfo.parts[conninfo.count++] =
            (ConninfoPart){arena_strdup(arena, option->keyword), arena_strdup(arena, option->val)};
    }
    PQconninfoFree(options);
    *ret_conninfo = conninfo;
    return true;
}

const char *conninfo_value(const Conninfo *conninfo, const char *keyword)
{
    for (size_t i = 0; i < conninfo->count; i++)
        if (strcmp(conninfo->parts[i].keyword, keyword) == 0)
            return conninfo->parts[i].value;
    return NULL;
}

/* A database may be called anything, but libpq takes "a=b" for a string like any other. */
static const char *as_name(Arena *arena, const char *database)
{
    StrBuf quoted;
    const char *text;

    if (!database || !conninfo_is(database))
        return database;
    strbuf_init(&quoted);
    strbuf_add(&quoted, "dbname='");
    for (const char *c = database; *c; c++) {
        if (*c == '\'' || *c == '\\')
            strbuf_add_char(&quoted, '\\');
        strbuf_add_char(&quoted, *c);
    }
    strbuf_add_char(&quoted, '\'');
    text = arena_strdup(arena, quoted.text);
    strbuf_done(&quoted);
    return text;
}

/* Whether a part of the base gives way to the host that was named in its place. */
static bool gives_way(const ConninfoPart *part)
{
    assert(part->value);
    return strcmp(part->keyword, "host") == 0 || strcmp(part->keyword, "hostaddr") == 0 ||
           (strcmp(part->keyword, "port") == 0 && strchr(part->value, ','));
}

static void add_parts(LinkParams *params, const Conninfo *conninfo, bool other_host)
{
    for (size_t i = 0; i < conninfo->count; i++) {
        const ConninfoPart *part = &conninfo->parts[i];

        if (strcmp(part->keyword, "dbname") != 0 && !(other_host && gives_way(part)))
            link_params_add(params, part->keyword, part->value);
    }
}

void conninfo_add_params(LinkParams *params, Arena *arena, const Conninfo *base,
                         const ConninfoChanges *changes, const char *database)
{
    bool is_string = changes->dbname && conninfo_is(changes->dbname);
    const char *name = is_string ? NULL : changes->dbname;
    Conninfo given = {0};
    Conninfo under = *base;
    bool other_host;
    Err err;

    if (is_string && !conninfo_parse(arena, changes->dbname, &given, &err)) {
        link_params_add(params, "dbname", changes->dbname); /* libpq says what is wrong with it */
        return;
    }
    if (conninfo_value(&given, "service"))
        under.count = 0;
    other_host =
        changes->host || conninfo_value(&given, "host") || conninfo_value(&given, "hostaddr");
    add_parts(params, &under, other_host);
    add_parts(params, &given, changes->host != NULL);
    name = name ? name : conninfo_value(&given, "dbname");
    name = name ? name : conninfo_value(&under, "dbname");
    if (!name && !conninfo_value(&given, "service") && !conninfo_value(&under, "service"))
        name = database;
    link_params_add(params, "dbname", as_name(arena, name));
    link_params_add(params, "host", changes->host);
    link_params_add(params, "port", changes->port);
    link_params_add(params, "user", changes->user);
}
