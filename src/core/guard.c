/* SPDX-License-Identifier: PostgreSQL */
/* Guard: what an order does to a session as it is seen, or why it does nothing. */
#include "core/guard.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "core/advice.h"
#include "core/privilege.h"
#include "core/protect.h"
#include "core/statement.h"

#define VERSION_PARALLEL_WORKER 110000 /* from then on backend_type says so */

/* What the rules look at. */
typedef struct Case {
    const World *world;
    const Order *order;
    const Session *session;
    int64_t now_us;
    Arena *arena;
} Case;

/* A rule answers whether it has decided the case. */
typedef bool Rule(const Case *the_case, Judgement *judgement);

static bool refuse(Judgement *judgement, const char *reason)
{
    judgement->verdict = VERDICT_REFUSE;
    judgement->reason = reason;
    return true;
}

/* Refuses what the order means nothing to, so that a filter does not pick it either. */
static bool not_applicable(Judgement *judgement, const char *reason)
{
    judgement->inapplicable = true;
    return refuse(judgement, reason);
}

static bool type_is(const Session *session, const char *type)
{
    return session->backend_type && strcmp(session->backend_type, type) == 0;
}

static bool rule_hidden(const Case *c, Judgement *judgement)
{
    if (!session_is_hidden(c->session))
        return false;
    return refuse(
        judgement,
        arena_printf(c->arena,
                     "role %s may not see whose session this is or what it does, so it could "
                     "be the wrong one: GRANT pg_read_all_stats TO %s",
                     privilege_quote(c->arena, c->world->current_role),
                     privilege_quote(c->arena, c->world->current_role)));
}

static bool rule_own(const Case *c, Judgement *judgement)
{
    if (c->session->pid == c->world->own_pid)
        return not_applicable(judgement, "this is pgquell's own session");
    if (!c->session->application || c->session->role_oid != c->world->session_role_oid)
        return false;
    if (!text_matches("pgquell", c->session->application) &&
        !text_matches("pgquell *", c->session->application))
        return false;
    return not_applicable(judgement, "this is the session of another pgquell, under the same role");
}

static bool rule_parallel_worker(const Case *c, Judgement *judgement)
{
    const char *reason;

    if (!type_is(c->session, "parallel worker"))
        return false;
    if (c->session->leader_pid == 0)
        return not_applicable(judgement,
                              "it is a parallel worker, and before version 13 PostgreSQL does "
                              "not tell of which leader: name the leader's pid");
    reason = arena_printf(c->arena, "it is a parallel worker of pid %d, whose statement it serves",
                          c->session->leader_pid);
    judgement->verdict = VERDICT_REDIRECT;
    judgement->inapplicable = true;
    judgement->reason = reason;
    return true;
}

static const char maybe_worker[] =
    " (perhaps a parallel worker: version 10 does not tell them apart, so name "
    "the leader's pid)";

static bool may_be_worker(const Case *c)
{
    return c->world->server_version < VERSION_PARALLEL_WORKER &&
           type_is(c->session, "background worker");
}

static bool rule_kind(const Case *c, Judgement *judgement)
{
    const char *type = text_cleaned(c->arena, c->session->backend_type);

    if (session_is_client(c->session))
        return false;
    if (type_is(c->session, "walsender")) {
        if (c->order->allow & ALLOW_WALSENDER)
            return false;
        return not_applicable(judgement,
                              "it is a walsender: signalling it breaks the replication or "
                              "backup that it feeds; --allow walsender does it all the same");
    }
    if (type_is(c->session, "autovacuum worker")) {
        if (c->order->allow & ALLOW_AUTOVACUUM)
            return false;
        return not_applicable(
            judgement, "it is an autovacuum worker: it yields to lock waiters by itself unless it "
                       "prevents wraparound, and comes back until its work is done; "
                       "--allow autovacuum does it all the same");
    }
    return not_applicable(judgement,
                          arena_printf(c->arena, "it is a %s%s, not a client's session%s",
                                       type ? "process of type " : "background process",
                                       type ? type : "", may_be_worker(c) ? maybe_worker : ""));
}

static bool rule_protected(const Case *c, Judgement *judgement)
{
    const Protection *protection = protect_find(c->world->protections, c->session);

    if (!protection || (c->order->allow & ALLOW_PROTECTED))
        return false;
    return not_applicable(
        judgement,
        arena_printf(c->arena, "it is protected by %s; --allow protected does it all the same",
                     protection->place));
}

static bool rule_disabled(const Case *c, Judgement *judgement)
{
    if (c->session->state != STATE_DISABLED)
        return false;
    return refuse(judgement,
                  "track_activities is off in this session, so what it does cannot be seen");
}

/* A scope that the session has nothing of, and orders that need something to run. */
static bool rule_nothing_runs(const Case *c, Judgement *judgement)
{
    bool active = session_is_active(c->session);
    bool open = active || session_in_transaction(c->session);

    if (c->order->scope == SCOPE_STATEMENT && !active)
        return not_applicable(judgement, "no statement is active in it");
    if (c->order->scope == SCOPE_TRANSACTION && !open)
        return not_applicable(judgement, "no transaction is open in it");
    if (open || c->order->kind == ORDER_TERMINATE)
        return false;
    if (c->session->state != STATE_IDLE)
        return not_applicable(judgement,
                              "nothing runs in it: only `terminate` would end the session");
    return not_applicable(judgement,
                          "it is idle, nothing runs: only `terminate` would end the session");
}

static bool rule_useless_cancel(const Case *c, Judgement *judgement)
{
    if (c->order->kind != ORDER_CANCEL)
        return false;
    if (session_in_transaction(c->session))
        return not_applicable(judgement,
                              "a cancel is useless: it is idle in transaction, so no statement "
                              "runs; `stop` or `terminate` ends the transaction");
    if (session_waits(c->session, "Client", "ClientRead"))
        return not_applicable(judgement,
                              "a cancel is useless: it waits for its client to send data, and "
                              "does not look until that comes; `stop` or `terminate` ends it");
    return false;
}

static bool rule_syncrep(const Case *c, Judgement *judgement)
{
    if (!session_waits(c->session, "IPC", "SyncRep") || (c->order->allow & ALLOW_SYNCREP))
        return false;
    return refuse(judgement, "it waits for synchronous replication: its transaction is committed "
                             "locally already and stays committed, though perhaps not replicated; "
                             "--allow syncrep ends the wait all the same");
}

static bool rule_concurrently(const Case *c, Judgement *judgement)
{
    if (!session_is_active(c->session) || (c->order->allow & ALLOW_CONCURRENTLY) ||
        !statement_builds_concurrently(c->session->query))
        return false;
    return refuse(judgement,
                  "it builds an index CONCURRENTLY: stopping it leaves an invalid index that "
                  "has to be dropped; --allow concurrently does it all the same");
}

static bool rule_privilege(const Case *c, Judgement *judgement)
{
    if (c->session->role_signalable)
        return false;
    judgement->verdict = VERDICT_DENY;
    judgement->reason = privilege_missing(c->world, c->session, c->arena);
    return true;
}

static Ladder ladder_for(const Order *order, Scope scope, const Session *session)
{
    static const Ladder cancel_only = {.remedies = {REMEDY_CANCEL}, .count = 1};
    static const Ladder terminate_only = {.remedies = {REMEDY_TERMINATE}, .count = 1};
    static const Ladder both = {.remedies = {REMEDY_CANCEL, REMEDY_TERMINATE}, .count = 2};

    if (order->kind == ORDER_CANCEL)
        return cancel_only;
    if (order->kind == ORDER_TERMINATE || scope == SCOPE_SESSION)
        return terminate_only;
    if (!session_is_active(session) || session_waits(session, "Client", NULL))
        return terminate_only;
    return both;
}

static bool rule_send(const Case *c, Judgement *judgement)
{
    judgement->verdict = VERDICT_SEND;
    judgement->scope = scope_for(c->order, c->session);
    judgement->ladder = ladder_for(c->order, judgement->scope, c->session);
    judgement->reason = advice_reason(c->session, &judgement->ladder, c->now_us, c->arena);
    return true;
}

Judgement guard_judge(const World *world, const Order *order, const Session *session,
                      int64_t now_us, Arena *arena)
{
    static Rule *const rules[] = {
        rule_own,       rule_hidden,       rule_parallel_worker, rule_kind,
        rule_protected, rule_disabled,     rule_nothing_runs,    rule_useless_cancel,
        rule_syncrep,   rule_concurrently, rule_privilege,       rule_send,
    };
    Case the_case = {world, order, session, now_us, arena};
    Judgement judgement = {0};
    bool decided = false;

    for (size_t i = 0; !decided; i++) {
        assert(i < sizeof(rules) / sizeof(rules[0])); /* the last one decides all */
        decided = rules[i](&the_case, &judgement);
    }
    assert(judgement.reason);
    return judgement;
}
