/* SPDX-License-Identifier: PostgreSQL */
/* Describe: the short words for a session that tables and sentences share. */
#include "ui/describe.h"

#include <string.h>

#include "core/pooled.h"

/* How long a session may idle in its transaction before it looks like a mistake, and like a danger.
 */
#define IDLE_LONG_US (60 * US_PER_S)
#define IDLE_VERY_LONG_US (600 * US_PER_S)

const char *describe_duration(int64_t duration_us, Arena *arena)
{
    long long us = duration_us > 0 ? duration_us : 0;
    long long s = us / US_PER_S;

    if (us < US_PER_S)
        return arena_printf(arena, "%lldms", us / US_PER_MS);
    if (s < 10)
        return arena_printf(arena, "%lld.%llds", s, us / 100000 % 10);
    if (s < 60)
        return arena_printf(arena, "%llds", s);
    if (s < 3600)
        return arena_printf(arena, "%lldm%02llds", s / 60, s % 60);
    if (s < 86400)
        return arena_printf(arena, "%lldh%02lldm", s / 3600, s / 60 % 60);
    return arena_printf(arena, "%lldd%02lldh", s / 86400, s / 3600 % 24);
}

const char *describe_age(const Describe *describe, int64_t since_us)
{
    if (since_us == TIME_UNKNOWN)
        return "";
    return describe_duration(describe->now_us - since_us, describe->arena);
}

const char *describe_role(const Describe *describe, const Session *session)
{
    const char *role = look_text(describe->look, describe->arena, session->role);
    const char *type = look_text(describe->look, describe->arena, session->backend_type);

    if (session_is_client(session) || type[0] == '\0')
        return role;
    if (role[0] == '\0')
        return arena_printf(describe->arena, "[%s]", type);
    return arena_printf(describe->arena, "%s [%s]", role, type);
}

/* Short, for a column: which PgBouncer it is the preview says. */
static const char *behind_pooler(const Describe *describe, const Pooled *pooled)
{
    const Look *look = describe->look;
    Arena *arena = describe->arena;

    if (!pooled->linked)
        return arena_printf(arena, "pool of %s", look_text(look, arena, pooled->pooler));
    return arena_printf(arena, "%s via pgbouncer",
                        pooled->client ? look_text(look, arena, pooled->client) : "[local]");
}

const char *describe_client(const Describe *describe, const Session *session)
{
    if (session->pooled)
        return behind_pooler(describe, session->pooled);
    if (session->client)
        return look_text(describe->look, describe->arena, session->client);
    return session->over_socket ? "[local]" : "";
}

const char *describe_state(const Session *session)
{
    if (session_is_hidden(session))
        return "hidden";
    switch (session->state) {
    case STATE_UNKNOWN:
        return "";
    case STATE_IN_TRANSACTION:
        return "idle in xact";
    case STATE_ABORTED:
        return "aborted xact";
    case STATE_FASTPATH:
        return "fastpath";
    default:
        return state_name(session->state);
    }
}

int64_t describe_since_us(const Session *session)
{
    return session_is_active(session) ? session->query_start : session->state_change;
}

const char *describe_wait(const Describe *describe, const Session *session)
{
    const char *type;
    const char *event;

    if (!session->wait_event_type)
        return "";
    if (!session_is_active(session) && session_waits(session, "Client", "ClientRead"))
        return "";
    type = look_text(describe->look, describe->arena, session->wait_event_type);
    event = look_text(describe->look, describe->arena, session->wait_event);
    return arena_printf(describe->arena, "%s/%s", type, event[0] ? event : "?");
}

Style describe_state_style(const Describe *describe, const Session *session)
{
    int64_t since_us = session->state_change;
    int64_t age_us = since_us == TIME_UNKNOWN ? 0 : describe->now_us - since_us;

    if (session->state == STATE_IDLE || session_is_hidden(session))
        return STYLE_DIM;
    if (session->state == STATE_ABORTED)
        return STYLE_ERROR;
    if (session->state != STATE_IN_TRANSACTION || age_us < IDLE_LONG_US)
        return STYLE_PLAIN;
    return age_us < IDLE_VERY_LONG_US ? STYLE_WARNING : STYLE_ERROR;
}

const char *describe_blocking(const Describe *describe, const Session *session)
{
    const char *by = "";
    const char *blocks = "";

    if (session->root_blocker == 0)
        by = "by prepared";
    else if (session->root_blocker > 0)
        by = arena_printf(describe->arena, "by %d", session->root_blocker);
    if (session->waiters > 0)
        blocks = arena_printf(describe->arena, "blocks %d", session->waiters);
    return arena_printf(describe->arena, "%s%s%s", by, *by && *blocks ? ", " : "", blocks);
}

Style describe_outcome_style(Outcome outcome)
{
    switch (outcome_exit(outcome)) {
    case ERR_NONE:
        return outcome == OUTCOME_DISCONNECTED ? STYLE_WARNING : STYLE_GOOD;
    case ERR_REFUSED:
        return STYLE_WARNING;
    default:
        return STYLE_ERROR;
    }
}

const char *describe_change(const char *what, int before, int after, Arena *arena)
{
    const char *from = before == COUNT_UNKNOWN ? "?" : arena_printf(arena, "%d", before);
    const char *to = after == COUNT_UNKNOWN ? "?" : arena_printf(arena, "%d", after);

    if (before <= 0 && after <= 0)
        return "";
    return arena_printf(arena, "%s %s -> %s", what, from, to);
}
