/* SPDX-License-Identifier: PostgreSQL */
/* Triage of what sessions do by themselves: forgotten, aborted, stuck, running for too long. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/protect.h"
#include "core/statement.h"
#include "core/triage_internal.h"

#define ALIKE_LEAST 3 /* fewer are told one by one */

/* What takes its time by nature. */
typedef struct Patience {
    size_t count;
    const Session *oldest;
    const char *doing;
} Patience;

static bool is_unmoved(const Triaging *triaging, const Session *session)
{
    for (size_t i = 0; i < triaging->facts->unmoved_count; i++)
        if (triaging->facts->unmoved[i] == session->pid)
            return true;
    return false;
}

/* It waits for a lock, so that somebody else is the cause. */
static bool is_victim(const Session *session)
{
    return session_is_active(session) && session_waits(session, "Lock", NULL);
}

/* A dump's sessions idle in their transactions, which hold its snapshot (facts.md F18). */
static const char *long_by_nature(const Session *session)
{
    if (session->application && text_matches("pg_dump*", session->application))
        return "pg_dump";
    if (!session_is_active(session))
        return NULL;
    if (session_waits(session, "Client", NULL))
        return "a result that its client takes slowly";
    return statement_long_by_nature(session->query);
}

static FindingKind kind_if_active(const Triaging *triaging, const Session *session)
{
    const TriageLimits *limits = triaging->limits;

    if (session_waits(session, "IPC", "SyncRep"))
        return triaging_older(triaging, session->query_start, limits->in_state_us) ? FINDING_SYNCREP
                                                                                   : FINDING_NONE;
    if (is_unmoved(triaging, session))
        return FINDING_STUCK;
    if (triaging_older(triaging, session->query_start, limits->statement_us))
        return FINDING_RUNAWAY;
    return FINDING_NONE;
}

static FindingKind kind_by_state(const Triaging *triaging, const Session *session)
{
    bool long_in_state =
        triaging_older(triaging, session->state_change, triaging->limits->in_state_us);

    if (session_is_active(session))
        return kind_if_active(triaging, session);
    if (!long_in_state)
        return FINDING_NONE;
    if (session->state == STATE_ABORTED)
        return FINDING_ABORTED;
    return session->state == STATE_IN_TRANSACTION ? FINDING_IDLE : FINDING_NONE;
}

static FindingKind kind_of(const Triaging *triaging, const Session *session)
{
    FindingKind kind;

    if (!session_is_client(session) || session->pid == triaging->facts->world->own_pid ||
        triaging_claimed(triaging, session) || is_victim(session))
        return FINDING_NONE;
    kind = kind_by_state(triaging, session);
    if (kind == FINDING_NONE &&
        triaging_older(triaging, session->xact_start, triaging->limits->transaction_us))
        return FINDING_TRANSACTION;
    return kind;
}

/* Why it is only to be noted; NULL: it is a finding. One that stands still is stuck whatever it
 * does, unless the configuration spares it. */
static const char *why_patient(const Triaging *triaging, FindingKind kind, const Session *session)
{
    const Protection *protection;

    if (kind == FINDING_NONE || kind == FINDING_SYNCREP)
        return NULL;
    protection = protect_find(triaging->facts->world->protections, session);
    if (protection)
        return arena_printf(triaging->arena, "protected by %s", protection->place);
    if (kind == FINDING_RUNAWAY || kind == FINDING_IDLE || kind == FINDING_TRANSACTION)
        return long_by_nature(session);
    return NULL;
}

static int64_t since_of(FindingKind kind, const Session *session)
{
    if (kind == FINDING_TRANSACTION)
        return session->xact_start;
    return kind == FINDING_IDLE || kind == FINDING_ABORTED ? session->state_change
                                                           : session->query_start;
}

/* "has ..." or "have ...", behind who it is. */
static const char *doing(FindingKind kind)
{
    switch (kind) {
    case FINDING_ABORTED:
        return "been in an aborted transaction";
    case FINDING_IDLE:
        return "been idle in transaction";
    case FINDING_STUCK:
        return "been stuck on a client";
    case FINDING_RUNAWAY:
        return "been running a statement";
    default:
        assert(kind == FINDING_TRANSACTION);
        return "been in a transaction";
    }
}

static OrderKind order_for(Scope *ret_scope, FindingKind kind)
{
    *ret_scope = kind == FINDING_TRANSACTION ? SCOPE_TRANSACTION : SCOPE_DEFAULT;
    return ORDER_STOP;
}

static const char *add_stuck(const Triaging *triaging, FindingKind kind, const char *why)
{
    if (kind != FINDING_STUCK)
        return why;
    return arena_printf(triaging->arena, "%s%sthree looks found it where it was", why,
                        *why ? "; " : "");
}

static void report_one(Triaging *triaging, FindingKind kind, const Session *session)
{
    Finding finding = finding_empty(kind);
    Wish wish = {.session = session, .effect = "ends its transaction, which is rolled back"};

    wish.kind = order_for(&wish.scope, kind);
    if (kind == FINDING_RUNAWAY)
        wish.effect = "cancels the statement, and ends the session only where that does not help";
    finding.session = session;
    finding.since_us = since_of(kind, session);
    finding.what =
        arena_printf(triaging->arena, "%s has %s for %s", triaging_who(triaging, session),
                     doing(kind), triaging_age(triaging, finding.since_us));
    finding.fixes[0] = fix_wish(triaging, &wish, &finding.why);
    finding.fix_count = 1;
    finding.why = add_stuck(triaging, kind, finding.why);
    triaging_add(triaging, &finding);
}

/* Names are known, or they were alike to nobody. */
static const char *alike_text(const Triaging *triaging, const Session *session)
{
    Arena *arena = triaging->arena;
    bool named = session->application[0] != '\0';

    return arena_printf(arena, "%s@%s%s%s%s", text_cleaned(arena, session->role),
                        text_cleaned(arena, session->database), named ? " (" : "",
                        text_cleaned(arena, session->application), named ? ")" : "");
}

/* Sessions that are alike, the oldest first. */
static void report_many(Triaging *triaging, FindingKind kind, const Session *const *sessions,
                        size_t count)
{
    Finding finding = finding_empty(kind);
    Scope scope;
    Wish wish = {.session = sessions[0]};

    wish.kind = order_for(&scope, kind);
    wish.scope = scope;
    finding.session = sessions[0];
    finding.count = count;
    finding.since_us = since_of(kind, sessions[0]);
    finding.what = arena_printf(triaging->arena, "%zu sessions of %s have %s, the oldest for %s",
                                count, alike_text(triaging, sessions[0]), doing(kind),
                                triaging_age(triaging, finding.since_us));
    (void) fix_wish(triaging, &wish, &finding.why);
    finding.why = arena_printf(triaging->arena, "of the oldest, pid %d: %s", sessions[0]->pid,
                               add_stuck(triaging, kind, finding.why));
    finding.fixes[0] = fix_alike(triaging, kind, sessions, count,
                                 arena_printf(triaging->arena, "ends all %zu", count));
    finding.fix_count = 1;
    triaging_add(triaging, &finding);
    for (size_t i = 1; i < count; i++)
        triaging_claim(triaging, sessions[i]);
}

/* Each may reach back further; but for a wait for the standby they are independent of each other.
 */
static void report_syncrep(Triaging *triaging, const Session *const *sessions, size_t count)
{
    Finding finding = finding_empty(FINDING_SYNCREP);

    finding.severity = SEVERITY_CRITICAL;
    finding.session = sessions[0];
    finding.count = count;
    finding.since_us = sessions[0]->query_start;
    for (size_t i = 0; i < count; i++) {
        const WaitNode *node = waits_of_pid(triaging->facts->waits, sessions[i]->pid);

        finding.waiters += node ? node->behind : 0;
    }
    finding.what = arena_printf(triaging->arena, "%s for a synchronous standby, the first for %s",
                                triaging_count(triaging, count, "commit waits", "commits wait"),
                                triaging_age(triaging, finding.since_us));
    finding.why = "they are committed locally and stay so; no standby of synchronous_standby_names "
                  "confirms them";
    finding.fixes[0] = fix_sql("ALTER SYSTEM SET synchronous_standby_names = ''; "
                               "SELECT pg_reload_conf();",
                               "commits without waiting, if the standby cannot be brought back");
    finding.fix_count = 1;
    triaging_add(triaging, &finding);
    for (size_t i = 1; i < count; i++)
        triaging_claim(triaging, sessions[i]);
}

static bool texts_same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

static bool are_alike(FindingKind kind, const Session *a, const Session *b)
{
    if (kind == FINDING_SYNCREP)
        return true;
    return texts_same(a->role, b->role) && texts_same(a->database, b->database) &&
           texts_same(a->application, b->application);
}

/* Those like session `at`, which is one of them, the oldest first; answers how many. */
static size_t gather(const Triaging *triaging, const FindingKind *kinds, size_t at,
                     const Session **ret_sessions)
{
    const Session *sessions = triaging->facts->sessions;
    size_t count = 0;

    for (size_t i = at; i < triaging->facts->session_count; i++) {
        if (kinds[i] != kinds[at] ||
            !(i == at || are_alike(kinds[at], &sessions[at], &sessions[i])))
            continue;
        ret_sessions[count++] = &sessions[i];
        if (since_of(kinds[at], &sessions[i]) < since_of(kinds[at], ret_sessions[0])) {
            ret_sessions[count - 1] = ret_sessions[0];
            ret_sessions[0] = &sessions[i];
        }
    }
    return count;
}

static void report(Triaging *triaging, FindingKind kind, const Session *const *sessions,
                   size_t count)
{
    if (kind == FINDING_SYNCREP) {
        report_syncrep(triaging, sessions, count);
        return;
    }
    if (count >= ALIKE_LEAST) {
        report_many(triaging, kind, sessions, count);
        return;
    }
    for (size_t i = 0; i < count; i++)
        report_one(triaging, kind, sessions[i]);
}

static void be_patient(Patience *patience, const Session *session, const char *why)
{
    patience->count++;
    if (patience->oldest && patience->oldest->xact_start <= session->xact_start)
        return;
    patience->oldest = session;
    patience->doing = why;
}

static void note_patience(Triaging *triaging, const Patience *patience)
{
    if (patience->count == 0)
        return;
    triaging_note(
        triaging,
        arena_printf(triaging->arena, "%s for long and may, the oldest of pid %d for %s: %s",
                     triaging_count(triaging, patience->count, "transaction has run",
                                    "transactions have run"),
                     patience->oldest->pid, triaging_age(triaging, patience->oldest->xact_start),
                     patience->doing));
}

/* An autovacuum worker that cannot get at a page, since somebody's cursor stands on it. */
static void report_pinned(Triaging *triaging, const Session *session)
{
    Finding finding = finding_empty(FINDING_WRAPAROUND);

    finding.severity = SEVERITY_CRITICAL;
    finding.session = session;
    finding.since_us = session->query_start;
    finding.what = arena_printf(triaging->arena, "%s waits for a page that another session holds",
                                triaging_who(triaging, session));
    finding.why = "it prevents wraparound of transaction ids, and three looks found it where it "
                  "was";
    finding.fixes[0] = fix_advice("PostgreSQL does not tell who holds the page: end open cursors "
                                  "and transactions that idle in its database");
    finding.fix_count = 1;
    triaging_add(triaging, &finding);
}

void triage_sessions(Triaging *triaging)
{
    const TriageFacts *facts = triaging->facts;
    FindingKind *kinds = ARENA_ARRAY(triaging->arena, FindingKind, facts->session_count + 1);
    const Session **alike = ARENA_ARRAY(triaging->arena, const Session *, facts->session_count + 1);
    Patience patience = {0};

    for (size_t i = 0; i < facts->session_count; i++) {
        const char *patient;

        kinds[i] = kind_of(triaging, &facts->sessions[i]);
        patient = why_patient(triaging, kinds[i], &facts->sessions[i]);
        if (patient) {
            kinds[i] = FINDING_NONE;
            be_patient(&patience, &facts->sessions[i], patient);
        }
        if (session_prevents_wraparound(&facts->sessions[i]) &&
            is_unmoved(triaging, &facts->sessions[i]))
            report_pinned(triaging, &facts->sessions[i]);
    }
    for (size_t i = 0; i < facts->session_count; i++)
        if (kinds[i] != FINDING_NONE && !triaging_claimed(triaging, &facts->sessions[i])) {
            size_t count = gather(triaging, kinds, i, alike);

            report(triaging, kinds[i], alike, count);
        }
    note_patience(triaging, &patience);
}
