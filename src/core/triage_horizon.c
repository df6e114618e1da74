/* SPDX-License-Identifier: PostgreSQL */
/* Triage of old rows: who holds the xmin horizon, so that VACUUM cannot remove what nobody else
 * sees any more. */
#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "core/statement.h"
#include "core/triage_internal.h"

/* The process or transaction that holds the oldest rows so far. */
typedef struct Holder {
    int back; /* COUNT_UNKNOWN: nobody */
    const Session *session;
    const Prepared *prepared;
    const ReplicationSlot *slot;
} Holder;

static bool is_walsender(const Triaging *triaging, const Session *session)
{
    return server_has_walsender(triaging->facts->server, session->pid);
}

/* VACUUM's own snapshot, and logical decoding's, do not count for others. Source: PROC_IN_VACUUM
 * and PROC_IN_LOGICAL_DECODING in the server's proc.h. */
static bool holds_rows(const Triaging *triaging, const Session *session)
{
    const char *doing = statement_long_by_nature(session->query);
    const char *type = session->backend_type;

    if (session->pid == triaging->facts->world->own_pid ||
        (type && strcmp(type, "autovacuum worker") == 0))
        return false;
    if (is_walsender(triaging, session))
        return session->database_oid == 0;
    return !(session_is_active(session) && doing && strcmp(doing, "VACUUM") == 0);
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

static int back_of_session(const Triaging *triaging, const Session *session)
{
    const Server *server = triaging->facts->server;

    if (!holds_rows(triaging, session))
        return COUNT_UNKNOWN;
    return larger(server_xids_back(server, session->xid), server_xids_back(server, session->xmin));
}

static int back_of_slot(const Triaging *triaging, const ReplicationSlot *slot)
{
    const Server *server = triaging->facts->server;

    return larger(server_xids_back(server, slot->xmin),
                  server_xids_back(server, slot->catalog_xmin));
}

static void consider(Holder *holder, const Holder *other)
{
    if (other->back > holder->back)
        *holder = *other;
}

/* Of all, or, with `local`, of sessions that are no standby's. */
static Holder find_holder(const Triaging *triaging, bool local)
{
    const TriageFacts *facts = triaging->facts;
    Holder holder = {.back = COUNT_UNKNOWN};

    for (size_t i = 0; i < facts->session_count; i++)
        if (!local || !is_walsender(triaging, &facts->sessions[i]))
            consider(&holder, &(Holder){.back = back_of_session(triaging, &facts->sessions[i]),
                                        .session = &facts->sessions[i]});
    if (local)
        return holder;
    for (size_t i = 0; i < facts->prepared_count; i++)
        consider(&holder, &(Holder){.back = server_xids_back(facts->server, facts->prepared[i].xid),
                                    .prepared = &facts->prepared[i]});
    for (size_t i = 0; i < facts->server->slot_count; i++)
        consider(&holder, &(Holder){.back = back_of_slot(triaging, &facts->server->slots[i]),
                                    .slot = &facts->server->slots[i]});
    return holder;
}

/* The finding that speaks of it already; NULL. */
static Finding *finding_about(const Triaging *triaging, const Holder *holder)
{
    if (holder->session && triaging_claimed(triaging, holder->session)) {
        size_t index = triaging->finding_of[holder->session - triaging->facts->sessions];

        return &triaging->findings[index - 1];
    }
    for (size_t i = 0; holder->prepared && i < triaging->count; i++)
        if (triaging->findings[i].prepared == holder->prepared)
            return &triaging->findings[i];
    return NULL;
}

static Finding far_back(FindingKind kind, int back)
{
    Finding finding = finding_empty(kind);

    finding.xids_back = back;
    finding.fix_count = 1;
    return finding;
}

static void report_session(Triaging *triaging, const Holder *holder)
{
    Finding finding = far_back(FINDING_HORIZON, holder->back);
    Wish wish = {.kind = ORDER_STOP,
                 .scope = SCOPE_TRANSACTION,
                 .session = holder->session,
                 .effect = "ends its transaction, which is rolled back"};
    const char *reason;

    finding.session = holder->session;
    finding.since_us = holder->session->xact_start;
    finding.what = arena_printf(triaging->arena, "%s has a snapshot from %d transactions ago",
                                triaging_who(triaging, holder->session), holder->back);
    finding.fixes[0] = fix_wish(triaging, &wish, &reason);
    triaging_add(triaging, &finding);
}

static void report_prepared(Triaging *triaging, const Holder *holder)
{
    Finding finding = far_back(FINDING_PREPARED, holder->back);

    finding.prepared = holder->prepared;
    finding.since_us = holder->prepared->prepared_us;
    finding.what = arena_printf(triaging->arena, "%s began %d transactions ago",
                                triaging_gid(triaging, holder->prepared), holder->back);
    finding.fixes[0] = fix_prepared(triaging, &holder->prepared, 1, "rolls it back");
    triaging_add(triaging, &finding);
}

static const Session *session_of(const Triaging *triaging, int pid)
{
    for (size_t i = 0; pid > 0 && i < triaging->facts->session_count; i++)
        if (triaging->facts->sessions[i].pid == pid)
            return &triaging->facts->sessions[i];
    return NULL;
}

/* `standby "name" at 10.0.0.7`. */
static const char *standby_text(const Triaging *triaging, const Session *session)
{
    Arena *arena = triaging->arena;
    const char *name = text_cleaned(arena, session->application);
    const char *client = text_cleaned(arena, session->client);

    return arena_printf(arena, "standby \"%s\"%s%s", name ? name : "?", client ? " at " : "",
                        client ? client : "");
}

/* Through hot_standby_feedback, by its walsender or its slot. */
static void report_standby(Triaging *triaging, const Session *session, int back)
{
    Finding finding = far_back(FINDING_STANDBY, back);
    const char *standby = standby_text(triaging, session);

    finding.session = session;
    finding.what = arena_printf(triaging->arena,
                                "a query on %s needs rows from %d transactions ago", standby, back);
    finding.fixes[0] = fix_advice(arena_printf(
        triaging->arena, "run pgquell on the %s: it names the query, and the command that ends it",
        standby));
    triaging_add(triaging, &finding);
}

/* The name as SQL takes it; slots have lower-case letters, digits and underscores only. */
static void report_slot(Triaging *triaging, const ReplicationSlot *slot, int back)
{
    Finding finding = far_back(FINDING_HORIZON, back);
    const char *name = text_cleaned(triaging->arena, slot->name);
    const char *sql = arena_printf(triaging->arena, "SELECT pg_drop_replication_slot('%s');", name);

    finding.what = arena_printf(
        triaging->arena, "replication slot \"%s\" keeps rows from %d transactions ago", name, back);
    if (slot->active_pid == 0)
        finding.fixes[0] = fix_sql(sql, "drops it, if nobody will use it again: its consumer would "
                                        "have to be set up anew");
    else
        finding.fixes[0] = fix_advice(arena_printf(
            triaging->arena, "its consumer, served by pid %d, lags or holds a transaction open",
            slot->active_pid));
    triaging_add(triaging, &finding);
}

/* Standbys and slots, each of which would still hold rows back when all others have gone. */
static void report_from_afar(Triaging *triaging)
{
    const TriageFacts *facts = triaging->facts;
    int limit = triaging->limits->xids;

    for (size_t i = 0; i < facts->session_count; i++) {
        int back = back_of_session(triaging, &facts->sessions[i]);

        if (is_walsender(triaging, &facts->sessions[i]) && back > limit)
            report_standby(triaging, &facts->sessions[i], back);
    }
    for (size_t i = 0; i < facts->server->slot_count; i++) {
        const ReplicationSlot *slot = &facts->server->slots[i];
        const Session *walsender = slot->logical ? NULL : session_of(triaging, slot->active_pid);
        int back = back_of_slot(triaging, slot);

        if (back <= limit)
            continue;
        if (walsender)
            report_standby(triaging, walsender, back);
        else
            report_slot(triaging, slot, back);
    }
}

/* Of those who are a finding already, how far back they reach. */
static void measure(Triaging *triaging)
{
    for (size_t i = 0; i < triaging->count; i++) {
        Finding *finding = &triaging->findings[i];

        if (finding->session)
            finding->xids_back = back_of_session(triaging, finding->session);
        else if (finding->prepared)
            finding->xids_back = server_xids_back(triaging->facts->server, finding->prepared->xid);
    }
}

/* Which of them nobody reaches further back than. */
static void mark(const Triaging *triaging, int back)
{
    for (size_t i = 0; i < triaging->count; i++) {
        Finding *finding = &triaging->findings[i];

        if (finding->xids_back != back)
            continue;
        finding->horizon = true;
        finding->why =
            arena_printf(triaging->arena,
                         "%s%sit holds the xmin horizon, %d transactions back, so VACUUM cannot "
                         "remove rows that died since",
                         finding->why, *finding->why ? "; " : "", back);
    }
}

void triage_horizon(Triaging *triaging)
{
    Holder all = find_holder(triaging, false);
    Holder local = find_holder(triaging, true);
    int limit = triaging->limits->xids;
    Finding *known = finding_about(triaging, &all);

    measure(triaging);
    if (known)
        known->xids_back = all.back;
    if (all.prepared && !known && all.back > limit)
        report_prepared(triaging, &all);
    if (local.session && local.back > limit && !finding_about(triaging, &local))
        report_session(triaging, &local);
    report_from_afar(triaging);
    if (all.back > 0)
        mark(triaging, all.back);
}
