/* SPDX-License-Identifier: PostgreSQL */
/* Privilege: which grant is missing. */
#include "core/privilege.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"

#define VERSION_SIGNALS_AUTOVACUUM 180000

/* Words that name no role without quotes: the reserved ones of 10 to 18, and those that stand for
 * other roles. Source: manual, "SQL Key Words" and GRANT. */
static const char reserved[] =
    " all analyse analyze and any array as asc asymmetric both case cast check collate "
    "column constraint create current_catalog current_date current_role current_time "
    "current_timestamp current_user default deferrable desc distinct do else end except "
    "false fetch for foreign from grant group having in initially intersect into lateral "
    "leading limit localtime localtimestamp none not null offset on only or order placing "
    "primary public references returning select session_user some symmetric system_user "
    "table then to trailing true union unique user using variadic when where window with ";

static bool is_reserved(const char *name)
{
    size_t length = strlen(name);

    for (const char *at = strstr(reserved, name); at; at = strstr(at + 1, name))
        if (at[-1] == ' ' && at[length] == ' ')
            return true;
    return false;
}

/* A name that needs no quotes: lower-case letters, digits and underscores, not a digit first. */
static bool is_plain(const char *name)
{
    return name[0] != '\0' && strspn(name, "0123456789") == 0 &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name) &&
           !is_reserved(name);
}

const char *privilege_quote(Arena *arena, const char *role)
{
    StrBuf buf;
    const char *quoted;

    assert(role);
    if (is_plain(role))
        return arena_strdup(arena, role);
    strbuf_init(&buf);
    strbuf_add_char(&buf, '"');
    for (const char *c = role; *c; c++) {
        if (*c == '"')
            strbuf_add_char(&buf, '"');
        strbuf_add_char(&buf, *c);
    }
    strbuf_add_char(&buf, '"');
    quoted = text_cleaned(arena, buf.text);
    strbuf_done(&buf);
    return quoted;
}

const char *privilege_missing(const World *world, const Session *session, Arena *arena)
{
    const char *own = privilege_quote(arena, world->current_role);

    if (session->role_oid == 0 && world->server_version >= VERSION_SIGNALS_AUTOVACUUM)
        return arena_printf(arena,
                            "role %s may not signal a process without a role: "
                            "GRANT pg_signal_autovacuum_worker TO %s",
                            own, own);
    if (session->role_oid == 0)
        return arena_printf(
            arena,
            "role %s may not signal a process without a role: only a superuser may, "
            "and before version 18 no grant helps",
            own);
    if (session->role_superuser)
        return arena_printf(
            arena,
            "its role is a superuser, so only a superuser may signal it and no grant "
            "helps role %s",
            own);
    return arena_printf(
        arena, "role %s may not signal sessions of role %s: GRANT pg_signal_backend TO %s", own,
        session->role ? privilege_quote(arena, session->role) : "unknown", own);
}
