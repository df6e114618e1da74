/* SPDX-License-Identifier: PostgreSQL */
/* Ward: facts that a test of triage adds to. */
#include "core/ward.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"

int ward_setup(void **state)
{
    Ward *ward = xcalloc(1, sizeof(*ward));

    ward->world = ordinary_world();
    ward->world.own_pid = 99999;
    ward->server = (Server){
        .cluster_name = "", .connections_max = 5000, .reserved_superuser = 3, .next_xid = 100000};
    ward->limits = (TriageLimits){60 * S, 300 * S, 10 * S, 1000, 10};
    arena_init(&ward->arena);
    *state = ward;
    return 0;
}

int ward_teardown(void **state)
{
    Ward *ward = *state;

    arena_done(&ward->arena);
    free(ward);
    return 0;
}

Session *ward_session(Ward *ward, int pid)
{
    Session *session = &ward->sessions[ward->session_count++];

    assert_true(ward->session_count < WARD_MAX);
    *session = ordinary_session();
    session->pid = pid;
    session->state = STATE_IDLE;
    session->xact_start = TIME_UNKNOWN;
    session->query_start = session->state_change = NOW_US - S;
    return session;
}

Session *ward_active(Ward *ward, int pid, int64_t seconds)
{
    Session *session = ward_session(ward, pid);

    session->state = STATE_ACTIVE;
    session->xact_start = session->query_start = session->state_change = NOW_US - seconds * S;
    return session;
}

Session *ward_in_transaction(Ward *ward, int pid, SessionState state, int64_t seconds)
{
    Session *session = ward_active(ward, pid, seconds);

    session->state = state;
    session->wait_event_type = "Client";
    session->wait_event = "ClientRead";
    return session;
}

Lock *ward_lock(Ward *ward, int pid, LockMode mode, bool granted)
{
    Lock *lock = &ward->locks[ward->lock_count++];

    assert_true(ward->lock_count < WARD_MAX);
    *lock = (Lock){.pid = pid,
                   .tag = {.type = "relation", .relation = 16400, .page = -1, .tuple = -1},
                   .mode = mode,
                   .granted = granted,
                   .wait_start_us = TIME_UNKNOWN,
                   .name = "public.account"};
    return lock;
}

void ward_blocks(Ward *ward, int waiter, int blocker)
{
    assert_true(ward->edge_count < WARD_MAX);
    ward->edges[ward->edge_count++] = (BlockingEdge){waiter, blocker};
}

Session *ward_queued(Ward *ward, int pid, int blocker, int64_t seconds)
{
    Session *session = ward_active(ward, pid, seconds);

    session->wait_event_type = "Lock";
    session->wait_event = "relation";
    ward_lock(ward, pid, LOCK_ACCESS_EXCLUSIVE, false)->wait_start_us = NOW_US - seconds * S;
    ward_blocks(ward, pid, blocker);
    return session;
}

Session *ward_waiter(Ward *ward, int pid, int blocker, int64_t seconds)
{
    Lock *held = ward_lock(ward, blocker, LOCK_ROW_EXCLUSIVE, true);

    if (blocker == 0 && ward->prepared_count > 0)
        held->prepared_xid = ward->prepared[0].xid;
    return ward_queued(ward, pid, blocker, seconds);
}

Prepared *ward_prepared(Ward *ward, const char *gid, uint32_t xid, int64_t seconds)
{
    Prepared *prepared = &ward->prepared[ward->prepared_count++];

    *prepared = (Prepared){.gid = gid,
                           .xid = xid,
                           .prepared_us = NOW_US - seconds * S,
                           .role_oid = 20,
                           .database_oid = 5,
                           .role = "ops",
                           .database = "shop",
                           .locks = 2};
    return prepared;
}

const Triage *ward_triage(Ward *ward)
{
    WaitFacts waits = {.sessions = ward->sessions,
                       .session_count = ward->session_count,
                       .prepared = ward->prepared,
                       .prepared_count = ward->prepared_count,
                       .locks = ward->locks,
                       .lock_count = ward->lock_count,
                       .blocking = {ward->edges, ward->edge_count}};
    Waits grown = waits_grow(&waits, &ward->arena);
    TriageFacts facts = {.world = &ward->world,
                         .server = &ward->server,
                         .sessions = ward->sessions,
                         .session_count = ward->session_count,
                         .prepared = ward->prepared,
                         .prepared_count = ward->prepared_count,
                         .waits = &grown,
                         .unmoved = ward->unmoved,
                         .unmoved_count = ward->unmoved_count,
                         .now_us = NOW_US,
                         .reason_demand = ward->reason_demand};

    ward->triage = triage_of(&facts, &ward->limits, &ward->arena);
    return &ward->triage;
}

const char *ward_command(Ward *ward, const Fix *fix)
{
    StrBuf buf;
    const char *text;

    strbuf_init(&buf);
    for (size_t i = 0; i < fix->word_count; i++)
        strbuf_printf(&buf, "%s%s", i > 0 ? " " : "", fix->words[i]);
    text = arena_strdup(&ward->arena, buf.text);
    strbuf_done(&buf);
    return text;
}

const Finding *assert_one(Ward *ward, FindingKind kind)
{
    const Triage *triage = ward_triage(ward);

    for (size_t i = 0; i < triage->count && triage->count != 1; i++)
        print_message("finding: %s\n", triage->findings[i].what);
    assert_int_equal(triage->count, 1);
    assert_string_equal(finding_name(triage->findings[0].kind), finding_name(kind));
    return &triage->findings[0];
}

void assert_none(Ward *ward)
{
    const Triage *triage = ward_triage(ward);

    for (size_t i = 0; i < triage->count; i++)
        print_message("finding: %s\n", triage->findings[i].what);
    assert_int_equal(triage->count, 0);
}

void assert_says(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" does not say \"%s\"", text, part);
}

void assert_silent(const char *text, const char *part)
{
    if (strstr(text, part))
        fail_msg("\"%s\" says \"%s\"", text, part);
}
