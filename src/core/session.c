/* SPDX-License-Identifier: PostgreSQL */
/* Session: what one row of pg_stat_get_activity() means. */
#include "core/session.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/pooled.h"

const char *const state_names[] = {
    [STATE_UNKNOWN] = NULL,
    [STATE_ACTIVE] = "active",
    [STATE_IDLE] = "idle",
    [STATE_IN_TRANSACTION] = "idle in transaction",
    [STATE_ABORTED] = "idle in transaction (aborted)",
    [STATE_FASTPATH] = "fastpath function call",
    [STATE_DISABLED] = "disabled",
    [STATE_STARTING] = "starting",
    [STATE_STARTING + 1] = NULL,
};

#define STATE_COUNT (sizeof(state_names) / sizeof(state_names[0]) - 1)

const char *session_id(const Session *session, char buffer[SESSION_ID_MAX])
{
    assert(session->pid > 0);
    if (session->backend_start == TIME_UNKNOWN)
        (void) snprintf(buffer, SESSION_ID_MAX, "?.%x", (unsigned int) session->pid);
    else
        (void) snprintf(buffer, SESSION_ID_MAX, "%llx.%x",
                        (unsigned long long) (session->backend_start / US_PER_S),
                        (unsigned int) session->pid);
    return buffer;
}

const char *state_name(SessionState state)
{
    assert(state < STATE_COUNT);
    return state_names[state];
}

SessionState state_named(const char *name)
{
    for (size_t i = 1; name && i < STATE_COUNT; i++)
        if (strcmp(state_names[i], name) == 0)
            return (SessionState) i;
    return STATE_UNKNOWN;
}

bool session_is_client(const Session *session)
{
    return session->backend_type && strcmp(session->backend_type, "client backend") == 0;
}

bool session_is_hidden(const Session *session)
{
    return session->backend_start == TIME_UNKNOWN;
}

bool session_is_active(const Session *session)
{
    return session->state == STATE_ACTIVE || session->state == STATE_FASTPATH;
}

bool session_in_transaction(const Session *session)
{
    return session->state == STATE_IN_TRANSACTION || session->state == STATE_ABORTED;
}

bool session_waits(const Session *session, const char *type, const char *event)
{
    if (!session->wait_event_type || strcmp(session->wait_event_type, type) != 0)
        return false;
    return !event || (session->wait_event && strcmp(session->wait_event, event) == 0);
}

bool session_same(const Session *a, const Session *b)
{
    return a->pid == b->pid && a->backend_start == b->backend_start;
}

bool session_same_transaction(const Session *a, const Session *b)
{
    return session_same(a, b) && a->xact_start == b->xact_start;
}

bool session_same_statement(const Session *a, const Session *b)
{
    return session_same(a, b) && a->query_start == b->query_start;
}

int64_t session_busy_since(const Session *session)
{
    if (session->xact_start != TIME_UNKNOWN)
        return session->xact_start;
    if (session_is_active(session) && session->query_start != TIME_UNKNOWN)
        return session->query_start;
    return session->state_change != TIME_UNKNOWN ? session->state_change : TIME_NEVER;
}

int pid_compare(const void *a, const void *b)
{
    int left = *(const int *) a;
    int right = *(const int *) b;

    return (left > right) - (left < right);
}

Session session_copy(const Session *session, Arena *arena)
{
    Session copy = *session;

    copy.role = arena_strdup(arena, session->role);
    copy.database = arena_strdup(arena, session->database);
    copy.application = arena_strdup(arena, session->application);
    copy.client = arena_strdup(arena, session->client);
    copy.backend_type = arena_strdup(arena, session->backend_type);
    copy.wait_event_type = arena_strdup(arena, session->wait_event_type);
    copy.wait_event = arena_strdup(arena, session->wait_event);
    copy.query = arena_strdup(arena, session->query);
    copy.pooled = pooled_copy(session->pooled, arena);
    copy.root_gid = arena_strdup(arena, session->root_gid);
    return copy;
}
