/* SPDX-License-Identifier: PostgreSQL */
/* Triage of prepared transactions that nobody ends, and of connection slots that run out. */
#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "core/protect.h"
#include "core/rollback.h"
#include "core/triage_internal.h"

#define ALIKE_LEAST 3 /* fewer are told one by one */
#define PERCENT_HIGH 90

/* Reported as a root blocker. */
static bool is_reported(const Triaging *triaging, const Prepared *prepared)
{
    for (size_t i = 0; i < triaging->count; i++)
        if (triaging->findings[i].prepared == prepared)
            return true;
    return false;
}

static bool is_forgotten(const Triaging *triaging, const Prepared *prepared)
{
    return triaging_older(triaging, prepared->prepared_us, triaging->limits->in_state_us) &&
           !is_reported(triaging, prepared);
}

/* What the configuration spares is noted, as of sessions. */
static bool is_spared(const Triaging *triaging, const Prepared *prepared)
{
    const Session stand_in = rollback_stand_in(prepared, COUNT_UNKNOWN);

    return protect_find(triaging->facts->world->protections, &stand_in) != NULL;
}

static void note_spared(Triaging *triaging, size_t spared)
{
    if (spared > 0)
        triaging_note(triaging,
                      arena_printf(triaging->arena, "%s open for long and protected",
                                   triaging_count(triaging, spared, "prepared transaction is",
                                                  "prepared transactions are")));
}

static const char *owner(const Triaging *triaging, const Prepared *prepared)
{
    const char *role = text_cleaned(triaging->arena, prepared->role);
    const char *database = text_cleaned(triaging->arena, prepared->database);

    return arena_printf(triaging->arena, "%s@%s", role ? role : "?", database ? database : "?");
}

static void report_prepared(Triaging *triaging, const Prepared *const *prepared, size_t count)
{
    Finding finding = finding_empty(FINDING_PREPARED);

    finding.prepared = prepared[0];
    finding.count = count;
    finding.since_us = prepared[0]->prepared_us;
    if (count == 1)
        finding.what = arena_printf(
            triaging->arena, "%s of %s was prepared %s ago", triaging_gid(triaging, prepared[0]),
            owner(triaging, prepared[0]), triaging_age(triaging, finding.since_us));
    else
        finding.what = arena_printf(
            triaging->arena, "%zu prepared transactions of %s are open, the oldest for %s", count,
            owner(triaging, prepared[0]), triaging_age(triaging, finding.since_us));
    finding.why = "it holds its locks and its rows without any session until it is committed or "
                  "rolled back; it may be half of a distributed transaction, so ask its "
                  "transaction manager first";
    finding.fixes[0] =
        fix_prepared(triaging, prepared, count, count == 1 ? "rolls it back" : "rolls them back");
    finding.fix_count = 1;
    triaging_add(triaging, &finding);
}

/* Those of one owner and database; they come oldest first. */
void triage_prepared(Triaging *triaging)
{
    const TriageFacts *facts = triaging->facts;
    const Prepared **alike =
        ARENA_ARRAY(triaging->arena, const Prepared *, facts->prepared_count + 1);
    bool *told = ARENA_ARRAY(triaging->arena, bool, facts->prepared_count + 1);

    size_t spared = 0;

    for (size_t i = 0; i < facts->prepared_count; i++) {
        told[i] = !is_forgotten(triaging, &facts->prepared[i]);
        if (told[i] || !is_spared(triaging, &facts->prepared[i]))
            continue;
        told[i] = true;
        spared++;
    }
    note_spared(triaging, spared);
    for (size_t i = 0; i < facts->prepared_count; i++) {
        size_t count = 0;

        for (size_t j = i; j < facts->prepared_count; j++)
            if (!told[i] && !told[j] &&
                facts->prepared[j].role_oid == facts->prepared[i].role_oid &&
                facts->prepared[j].database_oid == facts->prepared[i].database_oid)
                alike[count++] = &facts->prepared[j];
        for (size_t j = 0; j < count; j++)
            told[alike[j] - facts->prepared] = true;
        if (count >= ALIKE_LEAST)
            report_prepared(triaging, alike, count);
        else
            for (size_t j = 0; j < count; j++)
                report_prepared(triaging, &alike[j], 1);
    }
}

static bool is_unused(const Triaging *triaging, const Session *session)
{
    return session_is_client(session) && session->state == STATE_IDLE &&
           session->pid != triaging->facts->world->own_pid &&
           !protect_find(triaging->facts->world->protections, session) &&
           triaging_older(triaging, session->state_change, triaging->limits->in_state_us);
}

static bool texts_same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

/* Those of one role, database and application that have been idle for long; answers how many. */
static size_t gather_unused(const Triaging *triaging, const Session *one,
                            const Session **ret_sessions)
{
    const TriageFacts *facts = triaging->facts;
    size_t count = 0;

    for (size_t i = 0; i < facts->session_count; i++) {
        const Session *session = &facts->sessions[i];

        if (is_unused(triaging, session) && texts_same(one->role, session->role) &&
            texts_same(one->database, session->database) &&
            texts_same(one->application, session->application))
            ret_sessions[count++] = session;
    }
    return count;
}

/* The largest crowd of those that are idle; answers how many. */
static size_t largest_unused(const Triaging *triaging, const Session **ret_sessions)
{
    const TriageFacts *facts = triaging->facts;
    const Session **sessions =
        ARENA_ARRAY(triaging->arena, const Session *, facts->session_count + 1);
    bool *counted = ARENA_ARRAY(triaging->arena, bool, facts->session_count + 1);
    size_t largest = 0;

    for (size_t i = 0; i < facts->session_count; i++) {
        size_t count;

        if (counted[i] || !is_unused(triaging, &facts->sessions[i]))
            continue;
        count = gather_unused(triaging, &facts->sessions[i], sessions);
        for (size_t j = 0; j < count; j++)
            counted[sessions[j] - facts->sessions] = true;
        if (count > largest) {
            largest = count;
            memcpy(ret_sessions, sessions, count * sizeof(Session *));
        }
    }
    return largest;
}

static Fix fix_connections(Triaging *triaging, const char **ret_why)
{
    const Session **unused =
        ARENA_ARRAY(triaging->arena, const Session *, triaging->facts->session_count + 1);
    size_t count = largest_unused(triaging, unused);
    const char *who;

    *ret_why = "";
    if (count == 0)
        return fix_advice("no session has been idle for long: a pooler in front, or a larger "
                          "max_connections, which needs a restart, would help");
    who = triaging_who(triaging, unused[0]);
    *ret_why = arena_printf(triaging->arena, "%s idle for long, like %s",
                            triaging_count(triaging, count, "session has been",
                                           "sessions of one application have been"),
                            who);
    return fix_alike(triaging, FINDING_CONNECTIONS, unused, count,
                     arena_printf(triaging->arena, "frees %s; a pool may open them anew",
                                  triaging_count(triaging, count, "connection", "connections")));
}

void triage_connections(Triaging *triaging, const Connections *connections)
{
    const Server *server = triaging->facts->server;
    int reserved = server->reserved_superuser + server->reserved_role;
    Finding finding = finding_empty(FINDING_CONNECTIONS);
    bool full = connections->used >= connections->ordinary_max;

    if (!full && connections->used * 100 < connections->ordinary_max * PERCENT_HIGH)
        return;
    finding.severity = full ? SEVERITY_CRITICAL : SEVERITY_WARNING;
    finding.count = (size_t) connections->used;
    finding.what = arena_printf(triaging->arena,
                                "%d of the %d connections that ordinary roles may use are taken; "
                                "%d of %d reserved slots are free",
                                connections->used, connections->ordinary_max,
                                connections->reserved_free, reserved);
    finding.fixes[0] = fix_connections(triaging, &finding.why);
    finding.fix_count = 1;
    triaging_add(triaging, &finding);
}
