/* SPDX-License-Identifier: PostgreSQL */
/* Pooled: which client of a PgBouncer a session serves. */
#include "core/pooled.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"

#define SOCKET "unix" /* PgBouncer's word for an address that is none */

/* Offsets of time zones are multiples of this. */
#define ZONE_STEP_S 900
/* PgBouncer notes the time before it connects, the backend when it has started. */
#define START_EARLY_S 2
#define START_LATE_S 60

/* A server connection that is a session's. */
typedef struct Claim {
    const BouncerReading *reading;
    const BouncerServer *server;
    size_t count; /* connections that could be */
} Claim;

static bool same_text(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

/* PgBouncer runs on the server's own machine then, so its clock is the server's, but for the zone.
 */
static bool connected_when_started(const BouncerServer *server, const Session *session)
{
    int64_t late_s;

    if (server->connected_s == BOUNCER_TIME_UNKNOWN)
        return false;
    late_s = (session->backend_start / US_PER_S - server->connected_s) % ZONE_STEP_S;
    if (late_s < 0)
        late_s += ZONE_STEP_S;
    return late_s <= START_LATE_S || late_s >= ZONE_STEP_S - START_EARLY_S;
}

static bool same_ends(const BouncerServer *server, const Session *session)
{
    if (session->over_socket)
        return same_text(server->local_addr, SOCKET) && connected_when_started(server, session);
    return same_text(server->local_addr, session->client) &&
           server->local_port == session->client_port;
}

/* What the server calls the database that PgBouncer calls so. */
static const char *real_database(const BouncerReading *reading, const char *name)
{
    for (size_t i = 0; i < reading->database_count; i++)
        if (same_text(reading->databases[i].name, name))
            return reading->databases[i].database;
    return NULL;
}

static bool is_of(const BouncerReading *reading, const BouncerServer *server,
                  const Session *session)
{
    return server->pid == session->pid && same_text(server->role, session->role) &&
           same_ends(server, session) &&
           same_text(real_database(reading, server->database), session->database);
}

static void look_for(Claim *claim, const BouncerReading *reading, const Session *session)
{
    for (size_t i = 0; i < reading->server_count; i++) {
        if (!is_of(reading, &reading->servers[i], session))
            continue;
        claim->reading = reading;
        claim->server = &reading->servers[i];
        claim->count++;
    }
}

/* Whether the second reading has the connection with the same client, or with none as before. */
static bool is_steady(const Claim *claim)
{
    const BouncerServer *server = claim->server;

    for (size_t i = 0; i < claim->reading->again_count; i++) {
        const BouncerServer *again = &claim->reading->again[i];

        if (again->pid == server->pid && same_text(again->ptr, server->ptr))
            return server->link ? same_text(again->link, server->link) : !again->link;
    }
    return false;
}

/* The client at the other end of the link; NULL where it does not point back. */
static const BouncerClient *client_of(const Claim *claim)
{
    for (size_t i = 0; i < claim->reading->client_count; i++) {
        const BouncerClient *client = &claim->reading->clients[i];

        if (same_text(client->ptr, claim->server->link))
            return same_text(client->link, claim->server->ptr) ? client : NULL;
    }
    return NULL;
}

static Pooled served(const BouncerReading *reading, const BouncerClient *client)
{
    bool socket = same_text(client->addr, SOCKET);

    return (Pooled){
        .pooler = reading->pooler,
        .linked = true,
        .client = socket ? NULL : client->addr,
        .port = socket ? 0 : client->port,
        .os_pid = socket ? client->os_pid : 0,
        .role = client->role,
        .database = client->database,
        .application = client->application,
    };
}

static const Pooled *judge(const Claim *claim, const Session *session, Arena *arena)
{
    const BouncerClient *client;
    Pooled pooled;

    if (claim->count != 1 || !is_steady(claim))
        return NULL;
    if (claim->server->link) {
        client = client_of(claim);
        if (!client)
            return NULL;
        pooled = served(claim->reading, client);
    } else if (session->state == STATE_IDLE) {
        pooled = (Pooled){.pooler = claim->reading->pooler};
    } else {
        return NULL; /* it had a client when it was seen, which has left */
    }
    return memcpy(ARENA_NEW(arena, Pooled), &pooled, sizeof(pooled));
}

void pooled_match(const BouncerReading *readings, size_t count, Session *sessions,
                  size_t session_count, Arena *arena)
{
    for (size_t i = 0; i < session_count; i++) {
        Claim claim = {0};

        if (session_is_hidden(&sessions[i]))
            continue;
        for (size_t j = 0; j < count; j++)
            look_for(&claim, &readings[j], &sessions[i]);
        sessions[i].pooled = judge(&claim, &sessions[i], arena);
    }
}

/* A transaction is one client's from beginning to end; without one, nothing may have happened. */
static bool went_on(const Session *before, const Session *now)
{
    if (before->xact_start != TIME_UNKNOWN)
        return !session_same_transaction(before, now);
    return !session_same(before, now) || before->state != now->state ||
           before->state_change != now->state_change;
}

static bool is_among(const Session *session, const Session *looked, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!went_on(session, &looked[i]))
            return true;
    return false;
}

void pooled_confirm(Session *sessions, size_t count, const Session *looked, size_t looked_count)
{
    for (size_t i = 0; i < count; i++)
        if (!is_among(&sessions[i], looked, looked_count))
            sessions[i].pooled = NULL;
}

const Pooled *pooled_copy(const Pooled *pooled, Arena *arena)
{
    Pooled *copy;

    if (!pooled)
        return NULL;
    copy = ARENA_NEW(arena, Pooled);
    *copy = *pooled;
    copy->pooler = arena_strdup(arena, pooled->pooler);
    copy->client = arena_strdup(arena, pooled->client);
    copy->role = arena_strdup(arena, pooled->role);
    copy->database = arena_strdup(arena, pooled->database);
    copy->application = arena_strdup(arena, pooled->application);
    return copy;
}

static const char *clean(const char *text, Arena *arena)
{
    return text ? text_cleaned(arena, text) : "";
}

const char *pooled_client(const Pooled *pooled, Arena *arena)
{
    const char *place;

    assert(pooled->linked);
    if (!pooled->client)
        place = arena_printf(arena, "[local] process %d", pooled->os_pid);
    else if (strchr(pooled->client, ':'))
        place = arena_printf(arena, "[%s]:%d", clean(pooled->client, arena), pooled->port);
    else
        place = arena_printf(arena, "%s:%d", clean(pooled->client, arena), pooled->port);
    return arena_printf(
        arena, "%s@%s %s%s%s", clean(pooled->role, arena), clean(pooled->database, arena), place,
        pooled->application ? " application " : "", clean(pooled->application, arena));
}

static bool terminates(const Ladder *ladder)
{
    return ladder->remedies[ladder->count - 1] == REMEDY_TERMINATE;
}

const char *pooled_note(const Session *session, const Ladder *ladder, Arena *arena)
{
    const Pooled *pooled = session->pooled;

    if (!pooled || ladder->count == 0)
        return NULL;
    if (!pooled->linked)
        return arena_printf(
            arena,
            "it is idle in the pool of PgBouncer %s: a terminate ends that server connection, and "
            "no client notices unless it is given to one at that instant",
            clean(pooled->pooler, arena));
    return arena_printf(
        arena, "it is a server connection of PgBouncer %s: %s", clean(pooled->pooler, arena),
        terminates(ladder) ? "a terminate ends it, and its client gets 57P01, then 08P01, and "
                             "loses its connection to PgBouncer too"
                           : "a cancel gives its client 57014 and keeps both connections");
}
