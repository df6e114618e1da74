/* SPDX-License-Identifier: PostgreSQL */
/* Consequences: what will be freed and lost when a target ends. */
#include "core/consequences.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "core/statement.h"

/* A list in the making. */
typedef struct Telling {
    const ConsequenceFacts *facts;
    Arena *arena;
    Consequence *list;
    size_t count;
    bool cancels;    /* the ladder begins with a cancel */
    bool terminates; /* ... and ends with, or is, a terminate */
} Telling;

static void tell(Telling *telling, ConsequenceKind kind, const char *text)
{
    if (!text)
        return;
    telling->list = arena_grow(telling->arena, telling->list, telling->count, sizeof(Consequence));
    telling->list[telling->count++] = (Consequence){kind, text};
}

const char *consequence_label(ConsequenceKind kind)
{
    static const char *const labels[CONSEQUENCE_KINDS] = {
        [CONSEQUENCE_FREES] = "frees",   [CONSEQUENCE_LOSES] = "loses",
        [CONSEQUENCE_HOLDS] = "holds",   [CONSEQUENCE_PROGRESS] = "progress",
        [CONSEQUENCE_SPARES] = "spares",
    };

    assert(kind < CONSEQUENCE_KINDS);
    return labels[kind];
}

const char *consequences_modes(const int modes[LOCK_MODES], Arena *arena)
{
    const char *text = NULL;

    for (int mode = LOCK_MODES - 1; mode > LOCK_UNKNOWN; mode--)
        if (modes[mode] > 0)
            text = arena_printf(arena, "%s%s%d %s", text ? text : "", text ? ", " : "", modes[mode],
                                lock_mode_name((LockMode) mode));
    return text;
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

/* `, 2 more move up`, or without those before it. */
static const char *more_text(const Relief *relief, Arena *arena)
{
    if (relief->moved == 0)
        return "";
    return arena_printf(arena, "%s%zu %smove%s up behind somebody else",
                        relief->freed > 0 ? ", " : "", relief->moved,
                        relief->freed > 0 ? "more " : "", relief->moved == 1 ? "s" : "");
}

static const char *perhaps_text(const Relief *relief, Arena *arena)
{
    if (relief->perhaps == 0)
        return "";
    return arena_printf(arena,
                        "%s%zu wait%s for an advisory lock, which a cancel releases only where it "
                        "is the transaction's",
                        relief->freed + relief->moved > 0 ? ", " : "", relief->perhaps,
                        relief->perhaps == 1 ? "s" : "");
}

const char *consequences_relief(const Relief *relief, int64_t now_us, Arena *arena)
{
    const char *freed = "";
    char buffer[DURATION_TEXT_MAX];

    if (relief->freed + relief->moved + relief->perhaps == 0)
        return NULL;
    if (relief->freed > 0)
        freed = arena_printf(arena, "%zu session%s that wait%s behind it", relief->freed,
                             plural(relief->freed), relief->freed == 1 ? "s" : "");
    if (relief->longest_since_us != TIME_UNKNOWN)
        freed = arena_printf(arena, "%s (the longest for %s)", freed,
                             duration_format(now_us - relief->longest_since_us, buffer));
    return arena_printf(arena, "%s%s%s", freed, more_text(relief, arena),
                        perhaps_text(relief, arena));
}

/* Who waits, of a session that is not signalled or whose queue could not be read. */
static void tell_waiters(Telling *telling, ConsequenceKind kind)
{
    int waiters = telling->facts->session->waiters;

    if (waiters > 0)
        tell(telling, kind,
             arena_printf(telling->arena, "%d session%s wait%s behind it", waiters,
                          plural((size_t) waiters), waiters == 1 ? "s" : ""));
}

/* Answers how many are freed. */
static size_t tell_relief(Telling *telling)
{
    const ConsequenceFacts *facts = telling->facts;
    const WaitNode *node;
    Relief relief;

    if (!facts->waits) {
        tell_waiters(telling, CONSEQUENCE_FREES);
        return 0;
    }
    node = waits_of_pid(facts->waits, facts->session->pid);
    if (!node || node->behind == 0) {
        tell(telling, CONSEQUENCE_FREES,
             facts->session->waiters > 0 ? "nobody: who waits behind it waits for others as well"
                                         : "nobody waits behind it");
        return 0;
    }
    relief = relief_of(facts->waits, node, facts->ending, facts->locks, facts->lock_count);
    tell(telling, CONSEQUENCE_FREES, consequences_relief(&relief, facts->now_us, telling->arena));
    return relief.freed;
}

/* What it wrote. Where it waits for synchronous replication it has committed, an index that is
 * built concurrently is several transactions, and the reason has told what becomes of them. */
static void tell_written(Telling *telling)
{
    const Session *session = telling->facts->session;

    if (session_waits(session, "IPC", "SyncRep") || !session_is_client(session) ||
        statement_builds_concurrently(session->query))
        return;
    if (session->xid == 0) {
        if (session->xact_start != TIME_UNKNOWN)
            tell(telling, CONSEQUENCE_LOSES, "it has written nothing");
        return;
    }
    tell(telling, CONSEQUENCE_LOSES,
         arena_printf(telling->arena, "it has written (xid %u): its changes are rolled back%s",
                      (unsigned int) session->xid,
                      telling->cancels ? ", unless a savepoint keeps them" : ""));
}

static const char *advisory_text(int count, Arena *arena)
{
    return arena_printf(arena, "%d advisory lock%s", count, plural((size_t) count));
}

static void tell_advisory(Telling *telling)
{
    int count = telling->facts->stake->advisory_locks;
    const char *what;

    if (count == 0)
        return;
    what = advisory_text(count, telling->arena);
    if (!telling->cancels)
        what = arena_printf(telling->arena, "%s, released", what);
    else
        what = arena_printf(telling->arena,
                            "%s: a cancel releases those of the transaction, not those of the "
                            "session%s",
                            what, telling->terminates ? ", a terminate all" : "");
    tell(telling, CONSEQUENCE_LOSES, what);
}

/* Answers how many are dropped. */
static int tell_temp_tables(Telling *telling)
{
    const Stake *stake = telling->facts->stake;

    if (!telling->terminates)
        return 0;
    if (stake->temp_tables == COUNT_UNKNOWN && stake->temp_unread)
        tell(telling, CONSEQUENCE_LOSES, "its temporary tables could not be read");
    if (stake->temp_tables > 0)
        tell(telling, CONSEQUENCE_LOSES,
             arena_printf(telling->arena, "%d temporary table%s, dropped%s", stake->temp_tables,
                          plural((size_t) stake->temp_tables),
                          telling->cancels ? " if it comes to a terminate" : ""));
    return stake->temp_tables;
}

/* Only an idle session's last statement tells what it is there for. */
static void tell_listen(Telling *telling)
{
    const Session *session = telling->facts->session;
    const char *channel;

    if (session->state != STATE_IDLE || !telling->terminates)
        return;
    channel = statement_listens(session->query, telling->arena);
    if (channel)
        tell(telling, CONSEQUENCE_LOSES,
             arena_printf(telling->arena,
                          "its last statement was LISTEN %s: its client hears no more "
                          "notifications",
                          text_cleaned(telling->arena, channel)));
}

static void tell_locks(Telling *telling)
{
    const Stake *stake = telling->facts->stake;

    if (stake->locks_known)
        tell(telling, CONSEQUENCE_HOLDS, consequences_modes(stake->modes, telling->arena));
    else
        tell(telling, CONSEQUENCE_HOLDS, "its locks could not be read");
    if (telling->facts->ladder->count == 0 && stake->advisory_locks > 0)
        tell(telling, CONSEQUENCE_HOLDS, advisory_text(stake->advisory_locks, telling->arena));
}

static void tell_progress(Telling *telling)
{
    const ConsequenceFacts *facts = telling->facts;
    const Stake *stake = facts->stake;

    if (stake->now.kind != PROGRESS_NONE)
        tell(telling, CONSEQUENCE_PROGRESS,
             progress_text(&stake->earlier, &stake->now, facts->session->query_start,
                           telling->arena));
}

static bool same_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

/* Of the same role, from the same client, and left alone. */
static bool is_sibling(const ConsequenceFacts *facts, const Session *other)
{
    const Session *session = facts->session;

    return other->pid != session->pid && other->pid != facts->own_pid &&
           other->role_oid == session->role_oid && other->over_socket == session->over_socket &&
           session_is_client(other) && same_text(other->client, session->client) &&
           !ending_has_pid(facts->ending, other->pid);
}

/* ` (checkout)` where all of them say that they are that application. */
static const char *application_text(const ConsequenceFacts *facts, Arena *arena)
{
    const char *application = NULL;

    for (size_t i = 0; i < facts->session_count; i++) {
        const Session *other = &facts->sessions[i];

        if (!is_sibling(facts, other))
            continue;
        if (!other->application || other->application[0] == '\0' ||
            (application && strcmp(application, other->application) != 0))
            return "";
        application = other->application;
    }
    return arena_printf(arena, " (%s)", text_cleaned(arena, application));
}

static void tell_siblings(Telling *telling)
{
    const ConsequenceFacts *facts = telling->facts;
    const Session *session = facts->session;
    const char *client = session->over_socket ? "this machine" : session->client;
    size_t count = 0;

    if (session->role_oid == 0 || !client || !session_is_client(session))
        return;
    for (size_t i = 0; i < facts->session_count; i++)
        count += is_sibling(facts, &facts->sessions[i]);
    if (count > 0)
        tell(telling, CONSEQUENCE_SPARES,
             arena_printf(telling->arena, "its role has %zu other session%s from %s%s, left alone",
                          count, plural(count), text_cleaned(telling->arena, client),
                          application_text(facts, telling->arena)));
}

static void begin(Telling *telling)
{
    const Ladder *ladder = telling->facts->ladder;

    if (ladder->count == 0)
        return;
    telling->cancels = ladder->remedies[0] == REMEDY_CANCEL;
    telling->terminates = ladder->remedies[ladder->count - 1] == REMEDY_TERMINATE;
}

Consequences consequences_foresee(const ConsequenceFacts *facts, Arena *arena)
{
    Telling telling = {.facts = facts, .arena = arena};
    Consequences consequences = {0};

    assert(facts->session && facts->ladder && facts->ending);
    begin(&telling);
    if (facts->ladder->count > 0) {
        consequences.freed = tell_relief(&telling);
        tell_written(&telling);
        if (facts->stake) {
            tell_advisory(&telling);
            consequences.temp_tables = tell_temp_tables(&telling);
        }
        tell_listen(&telling);
    } else {
        tell_waiters(&telling, CONSEQUENCE_HOLDS);
    }
    if (facts->stake) {
        tell_locks(&telling);
        tell_progress(&telling);
    }
    if (facts->ladder->count > 0)
        tell_siblings(&telling);
    consequences.list = telling.list;
    consequences.count = telling.count;
    return consequences;
}

Consequences consequences_copy(const Consequences *consequences, Arena *arena)
{
    Consequences copy = *consequences;
    Consequence *list = ARENA_ARRAY(arena, Consequence, consequences->count);

    for (size_t i = 0; i < consequences->count; i++)
        list[i] = (Consequence){consequences->list[i].kind,
                                arena_strdup(arena, consequences->list[i].text)};
    copy.list = list;
    return copy;
}
