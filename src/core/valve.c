/* SPDX-License-Identifier: PostgreSQL */
/* Valve: which databases of a PgBouncer lead to a database of our server. */
#include "core/valve.h"

#include <assert.h>
#include <string.h>

static bool same_text(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

/* The ways to write one's own machine are one address. */
static bool is_loopback(const char *host)
{
    return same_text(host, "localhost") || same_text(host, "127.0.0.1") || same_text(host, "::1");
}

static bool same_host(const char *a, const char *b)
{
    return same_text(a, b) || (is_loopback(a) && is_loopback(b));
}

/* How many of its databases have this real name. */
static size_t count_named(const ValveView *view, const char *database)
{
    size_t count = 0;

    for (size_t i = 0; i < view->database_count; i++)
        count += same_text(view->databases[i].database, database);
    return count;
}

/* A session that serves a client says by which name; one that is idle in the pool does where there
 * is but one. */
static bool is_proved(const ValveView *view, const BouncerDatabase *candidate, const char *database)
{
    bool only_one = count_named(view, database) == 1;

    for (size_t i = 0; i < view->session_count; i++) {
        const Session *session = &view->sessions[i];

        if (!session->pooled || !same_text(session->pooled->pooler, view->pooler) ||
            !same_text(session->database, database))
            continue;
        if (session->pooled->linked ? same_text(session->pooled->database, candidate->name)
                                    : only_one)
            return true;
    }
    return false;
}

bool valve_leads_to(const ValveView *view, size_t index, const char *database)
{
    const BouncerDatabase *candidate = &view->databases[index];

    assert(index < view->database_count);
    if (!same_text(candidate->database, database))
        return false;
    if (same_text(candidate->port, view->port) && same_host(candidate->host, view->host))
        return true;
    return is_proved(view, candidate, database);
}
