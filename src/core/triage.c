/* SPDX-License-Identifier: PostgreSQL */
/* Triage: the whole of it, and the order of what was found. */
#include "core/triage.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/privilege.h"
#include "core/triage_internal.h"

const char *finding_name(FindingKind kind)
{
    static const char *const names[] = {
        [FINDING_NONE] = NULL,
        [FINDING_BLOCKER] = "blocker",
        [FINDING_QUEUE] = "many_waiters",
        [FINDING_WRAPAROUND] = "wraparound",
        [FINDING_CONNECTIONS] = "connections",
        [FINDING_SYNCREP] = "synchronous_replication",
        [FINDING_ABORTED] = "aborted_transaction",
        [FINDING_IDLE] = "idle_in_transaction",
        [FINDING_STUCK] = "stuck_on_client",
        [FINDING_RUNAWAY] = "runaway_statement",
        [FINDING_TRANSACTION] = "long_transaction",
        [FINDING_PREPARED] = "prepared_transaction",
        [FINDING_STANDBY] = "standby_xmin",
        [FINDING_HORIZON] = "xmin_horizon",
    };

    return names[kind];
}

const char *severity_name(Severity severity)
{
    return severity == SEVERITY_CRITICAL ? "critical" : "warning";
}

Finding finding_empty(FindingKind kind)
{
    return (Finding){.kind = kind,
                     .what = "",
                     .why = "",
                     .count = 1,
                     .since_us = TIME_UNKNOWN,
                     .waiting_us = TIME_UNKNOWN,
                     .xids_back = COUNT_UNKNOWN};
}

static size_t index_of(const Triaging *triaging, const Session *session)
{
    return (size_t) (session - triaging->facts->sessions);
}

void triaging_add(Triaging *triaging, const Finding *finding)
{
    triaging->findings =
        arena_grow(triaging->arena, triaging->findings, triaging->count, sizeof(Finding));
    triaging->findings[triaging->count++] = *finding;
    if (finding->session)
        triaging_claim(triaging, finding->session);
}

void triaging_claim(Triaging *triaging, const Session *session)
{
    size_t *finding = &triaging->finding_of[index_of(triaging, session)];

    assert(triaging->count > 0);
    if (*finding == 0)
        *finding = triaging->count;
}

bool triaging_claimed(const Triaging *triaging, const Session *session)
{
    return triaging->finding_of[index_of(triaging, session)] > 0;
}

void triaging_note(Triaging *triaging, const char *note)
{
    triaging->notes =
        arena_grow(triaging->arena, triaging->notes, triaging->note_count, sizeof(char *));
    triaging->notes[triaging->note_count++] = note;
}

bool triaging_older(const Triaging *triaging, int64_t since_us, int64_t limit_us)
{
    return since_us != TIME_UNKNOWN && triaging->facts->now_us - since_us > limit_us;
}

const char *triaging_age(const Triaging *triaging, int64_t since_us)
{
    char buffer[DURATION_TEXT_MAX];

    if (since_us == TIME_UNKNOWN)
        return "an unknown time";
    return arena_strdup(triaging->arena,
                        duration_format(triaging->facts->now_us - since_us, buffer));
}

const char *triaging_who(const Triaging *triaging, const Session *session)
{
    Arena *arena = triaging->arena;
    const char *role = text_cleaned(arena, session->role);
    const char *database = text_cleaned(arena, session->database);
    const char *application = text_cleaned(arena, session->application);
    bool named = application && *application;

    if (session->backend_type && !session_is_client(session))
        return arena_printf(arena, "%s (pid %d)", text_cleaned(arena, session->backend_type),
                            session->pid);
    return arena_printf(arena, "%s@%s (%s%spid %d)", role ? role : "?", database ? database : "?",
                        named ? application : "", named ? ", " : "", session->pid);
}

const char *triaging_gid(const Triaging *triaging, const Prepared *prepared)
{
    return arena_printf(triaging->arena, "prepared transaction \"%s\"",
                        text_cleaned(triaging->arena, prepared->gid));
}

const char *triaging_count(const Triaging *triaging, size_t count, const char *one,
                           const char *many)
{
    return arena_printf(triaging->arena, "%zu %s", count, count == 1 ? one : many);
}

/* The worst first; what else is the same is told apart by pids, so that the order is always the
 * same. */
static int compare(const void *a, const void *b)
{
    const Finding *left = a;
    const Finding *right = b;

    if (left->severity != right->severity)
        return left->severity > right->severity ? -1 : 1;
    if (left->waiters != right->waiters)
        return left->waiters > right->waiters ? -1 : 1;
    if (left->kind != right->kind)
        return left->kind < right->kind ? -1 : 1;
    if (left->since_us != right->since_us)
        return left->since_us < right->since_us ? -1 : 1;
    return (left->session ? left->session->pid : 0) - (right->session ? right->session->pid : 0);
}

static int64_t older(int64_t a_us, int64_t b_us)
{
    if (a_us == TIME_UNKNOWN || b_us == TIME_UNKNOWN)
        return a_us == TIME_UNKNOWN ? b_us : a_us;
    return a_us < b_us ? a_us : b_us;
}

static int64_t oldest_transaction(const TriageFacts *facts)
{
    int64_t oldest_us = TIME_UNKNOWN;

    for (size_t i = 0; i < facts->session_count; i++) {
        const Session *session = &facts->sessions[i];

        if (session_is_client(session) && session->pid != facts->world->own_pid)
            oldest_us = older(oldest_us, session->xact_start);
    }
    for (size_t i = 0; i < facts->prepared_count; i++)
        oldest_us = older(oldest_us, facts->prepared[i].prepared_us);
    return oldest_us;
}

static size_t count_hidden(const TriageFacts *facts)
{
    size_t hidden = 0;

    for (size_t i = 0; i < facts->session_count; i++)
        hidden += facts->sessions[i].role_oid != 0 && session_is_hidden(&facts->sessions[i]);
    return hidden;
}

static void note_hidden(Triaging *triaging, size_t hidden)
{
    const char *own = privilege_quote(triaging->arena, triaging->facts->world->current_role);

    if (hidden == 0)
        return;
    triaging_note(triaging,
                  arena_printf(triaging->arena,
                               "%s hidden from role %s, so not all that is wrong may be seen: "
                               "GRANT pg_read_all_stats TO %s",
                               triaging_count(triaging, hidden, "session is", "sessions are"), own,
                               own));
}

/* Without it the commands, pasted, are refused. */
static void note_reason(Triaging *triaging)
{
    const char *place = triaging->facts->reason_demand;

    if (place && triaging->count > 0)
        triaging_note(triaging,
                      arena_printf(triaging->arena,
                                   "%s demands a reason for every action: add --reason TEXT to "
                                   "the commands of pgquell",
                                   text_cleaned(triaging->arena, place)));
}

Triage triage_of(const TriageFacts *facts, const TriageLimits *limits, Arena *arena)
{
    Triaging triaging = {.facts = facts, .limits = limits, .arena = arena};
    Triage triage = {0};

    triaging.finding_of = ARENA_ARRAY(arena, size_t, facts->session_count + 1);
    triage.connections =
        server_connections(facts->server, facts->world, facts->sessions, facts->session_count);
    triage.oldest_us = oldest_transaction(facts);
    triage.hidden = count_hidden(facts);
    triage_blocking(&triaging);
    triage_sessions(&triaging);
    triage_prepared(&triaging);
    triage_connections(&triaging, &triage.connections);
    triage_horizon(&triaging);
    note_hidden(&triaging, triage.hidden);
    note_reason(&triaging);
    if (triaging.count > 0)
        qsort(triaging.findings, triaging.count, sizeof(Finding), compare);
    triage.findings = triaging.findings;
    triage.count = triaging.count;
    triage.notes = triaging.notes;
    triage.note_count = triaging.note_count;
    return triage;
}

bool session_prevents_wraparound(const Session *session)
{
    return session->backend_type && strcmp(session->backend_type, "autovacuum worker") == 0 &&
           session->query && strstr(session->query, "(to prevent wraparound)");
}

/* What may take long for a good reason, so that standing still is what tells. */
static bool is_suspect(const TriageFacts *facts, const TriageLimits *limits, const Session *session)
{
    if (session->query_start == TIME_UNKNOWN ||
        facts->now_us - session->query_start <= limits->in_state_us)
        return false;
    if (session_prevents_wraparound(session))
        return session_waits(session, "BufferPin", NULL);
    return session_is_client(session) && session_is_active(session) &&
           session_waits(session, "Client", NULL);
}

size_t triage_suspects(const TriageFacts *facts, const TriageLimits *limits, Arena *arena,
                       const int **ret_pids)
{
    int *pids = ARENA_ARRAY(arena, int, facts->session_count + 1);
    size_t count = 0;

    for (size_t i = 0; i < facts->session_count; i++)
        if (is_suspect(facts, limits, &facts->sessions[i]))
            pids[count++] = facts->sessions[i].pid;
    *ret_pids = pids;
    return count;
}

static bool texts_same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

bool triage_stands_still(const Session *before, const Session *now)
{
    return now && session_same_statement(before, now) && before->state == now->state &&
           before->state_change == now->state_change && before->xid == now->xid &&
           before->xmin == now->xmin && texts_same(before->wait_event_type, now->wait_event_type) &&
           texts_same(before->wait_event, now->wait_event);
}
