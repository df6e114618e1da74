/* SPDX-License-Identifier: PostgreSQL */
/* Advice: why a remedy is the right one, and why a session outlives it. */
#include "core/advice.h"

#include <assert.h>
#include <string.h>

#include "base/shell.h"
#include "base/text.h"
#include "core/statement.h"

/* How long since an instant, in words; "an unknown time" where it is not told. */
static const char *age(int64_t since_us, int64_t now_us, Arena *arena)
{
    char buffer[DURATION_TEXT_MAX];

    if (since_us == TIME_UNKNOWN)
        return "an unknown time";
    return arena_strdup(arena, duration_format(now_us - since_us, buffer));
}

/* `pid 77`, `prepared transaction 'order 17'`. */
static const char *root_name(const Session *session, Arena *arena)
{
    if (session->root_blocker > 0)
        return arena_printf(arena, "pid %d", session->root_blocker);
    if (session->root_blocker != 0)
        return "unknown";
    if (!session->root_gid)
        return "a prepared transaction";
    return arena_printf(arena, "prepared transaction %s", shell_word(arena, session->root_gid));
}

const char *advice_rollback(const char *gid, Arena *arena)
{
    return arena_printf(arena, "pgquell rollback-prepared %s%s", gid[0] == '-' ? "-- " : "",
                        shell_word(arena, gid));
}

/* No signal reaches a prepared transaction. */
static const char *root_cure(const Session *session, Arena *arena)
{
    if (session->root_blocker != 0 || !session->root_gid)
        return "";
    return arena_printf(arena, ", which `%s` ends", advice_rollback(session->root_gid, arena));
}

/* Who it waits behind, and who waits behind it. */
static const char *waiter_reason(const Session *session, const char *since, Arena *arena)
{
    const char *root = root_name(session, arena);
    const char *cure = root_cure(session, arena);

    if (session->waiters > 0)
        return arena_printf(
            arena,
            "it has waited for a lock for %s behind %s, and %d more wait%s behind it: cancelling "
            "it frees whom nobody else blocks, stopping the root blocker (%s%s) frees all",
            since, root, session->waiters, session->waiters == 1 ? "s" : "", root, cure);
    return arena_printf(arena,
                        "it has waited for a lock for %s, so it is a victim: the root blocker is "
                        "%s%s",
                        since, root, cure);
}

static const char *active_reason(const Session *session, const Ladder *ladder, int64_t now_us,
                                 Arena *arena)
{
    const char *since = age(session->query_start, now_us, arena);
    bool cancel = ladder->remedies[0] == REMEDY_CANCEL;

    if (session_waits(session, "Lock", NULL))
        return waiter_reason(session, since, arena);
    if (session_waits(session, "Client", "ClientWrite"))
        return arena_printf(arena,
                            "its client has not read its result for %s: a cancel seldom reaches it "
                            "there, %s",
                            since, cancel ? "only `terminate` surely does" : "a terminate does");
    if (session_waits(session, "Client", NULL))
        return arena_printf(
            arena,
            "its statement has waited for its client for %s: a cancel is not looked at "
            "there, a terminate is",
            since);
    if (session_waits(session, "IPC", "SyncRep"))
        return "it waits for synchronous replication: its transaction stays committed locally, "
               "though "
               "perhaps not replicated";
    if (statement_rolls_back(session->query))
        return arena_printf(arena, "it has been rolling back for %s, which no signal hurries",
                            since);
    if (statement_builds_concurrently(session->query))
        return arena_printf(
            arena,
            "it has been building an index CONCURRENTLY for %s: an invalid index stays "
            "behind and has to be dropped",
            since);
    if (cancel)
        return arena_printf(arena,
                            "its statement has been active for %s: a cancel ends it and keeps the "
                            "connection",
                            since);
    return arena_printf(arena,
                        "its statement has been active for %s: ending the session rolls its "
                        "transaction back",
                        since);
}

const char *advice_reason(const Session *session, const Ladder *ladder, int64_t now_us,
                          Arena *arena)
{
    const char *type = session->backend_type;

    assert(ladder->count > 0);
    if (type && strcmp(type, "walsender") == 0)
        return "it is a walsender and was allowed: the replication or backup that it feeds breaks "
               "off";
    if (type && strcmp(type, "autovacuum worker") == 0)
        return "it is an autovacuum worker and was allowed: its table will be vacuumed again later";
    if (session_is_active(session))
        return active_reason(session, ladder, now_us, arena);
    if (session->state == STATE_IN_TRANSACTION)
        return arena_printf(
            arena,
            "it has been idle in transaction for %s: no statement runs, so only ending "
            "the session ends its transaction",
            age(session->state_change, now_us, arena));
    if (session->state == STATE_ABORTED)
        return arena_printf(
            arena,
            "its transaction aborted %s ago and waits for the client to roll back: no "
            "statement runs, so only ending the session helps",
            age(session->state_change, now_us, arena));
    if (session->state != STATE_IDLE)
        return "no statement and no transaction is open in it: ending it loses nothing";
    return arena_printf(
        arena, "it has been idle for %s: ending it loses nothing but what the session holds",
        age(session->state_change, now_us, arena));
}

const char *advice_seen(const Session *session, Arena *arena)
{
    const char *state;

    if (!session)
        return "gone";
    state = state_name(session->state);
    if (!session->wait_event_type)
        return state ? state : "there";
    return arena_printf(arena, "%s, waiting for %s/%s", state ? state : "there",
                        text_cleaned(arena, session->wait_event_type),
                        text_cleaned(arena, session->wait_event ? session->wait_event : "?"));
}

/* What keeps it from looking at its signals. */
static const char *hindrance(const Session *session, Arena *arena)
{
    const char *wait = advice_seen(session, arena);

    if (session_waits(session, "LWLock", NULL) || session_waits(session, "IO", NULL))
        return arena_printf(arena, "it is %s, which cannot be interrupted", wait);
    if (session_waits(session, "Client", NULL))
        return arena_printf(arena, "it is %s", wait);
    if (session->wait_event_type)
        return arena_printf(arena,
                            "it is %s and does not answer: its process may be stopped (SIGSTOP, a "
                            "debugger)",
                            wait);
    return arena_printf(
        arena,
        "it is %s without any wait: it runs code that does not check for interrupts, "
        "cleans up, or its process is stopped (SIGSTOP, a debugger) or sleeps in the "
        "kernel",
        wait);
}

const char *advice_diagnosis(const Session *session, Remedy last, int64_t now_us, Arena *arena)
{
    const char *since = age(session->query_start, now_us, arena);

    if (last == REMEDY_TERMINATE)
        return arena_printf(
            arena,
            "SIGTERM is pending: %s; its last statement began %s ago; it ends by itself "
            "when it next checks, only a restart of the server ends it sooner, and "
            "kill -9 would restart every session",
            hindrance(session, arena), since);
    if (!session_is_active(session))
        return arena_printf(
            arena,
            "the cancel was accepted but it is %s, where no statement runs that a cancel "
            "could end; `terminate` would end it",
            advice_seen(session, arena));
    if (session_waits(session, "Client", NULL))
        return arena_printf(arena,
                            "the cancel was accepted but it is %s, where it is not looked at; "
                            "`terminate` would end it",
                            advice_seen(session, arena));
    return arena_printf(
        arena,
        "the cancel was accepted but the same statement is still %s after %s: it catches "
        "cancels or does not check for them; `terminate` would end the session",
        advice_seen(session, arena), since);
}
