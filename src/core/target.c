/* SPDX-License-Identifier: PostgreSQL */
/* Target: scopes, stamps, and the words for orders, remedies and outcomes. */
#include "core/target.h"

#include <assert.h>

const char *order_name(OrderKind kind)
{
    static const char *const names[] = {
        [ORDER_CANCEL] = "cancel",
        [ORDER_STOP] = "stop",
        [ORDER_TERMINATE] = "terminate",
    };

    return names[kind];
}

const char *scope_name(Scope scope)
{
    static const char *const names[] = {
        [SCOPE_DEFAULT] = "default",
        [SCOPE_STATEMENT] = "statement",
        [SCOPE_TRANSACTION] = "transaction",
        [SCOPE_SESSION] = "session",
    };

    return names[scope];
}

const char *remedy_name(Remedy remedy)
{
    return remedy == REMEDY_CANCEL ? "cancel" : "terminate";
}

const char *outcome_name(Outcome outcome)
{
    static const char *const names[] = {
        [OUTCOME_NONE] = NULL,
        [OUTCOME_OVER] = "over",
        [OUTCOME_CANCELLED] = "cancelled",
        [OUTCOME_TERMINATED] = "terminated",
        [OUTCOME_DISCONNECTED] = "disconnected",
        [OUTCOME_SURVIVED] = "survived",
        [OUTCOME_STUCK] = "stuck",
        [OUTCOME_HELD] = "held",
        [OUTCOME_REFUSED] = "refused",
        [OUTCOME_DENIED] = "denied",
        [OUTCOME_UNKNOWN] = "unknown",
    };

    return names[outcome];
}

ErrCode outcome_exit(Outcome outcome)
{
    switch (outcome) {
    case OUTCOME_SURVIVED:
    case OUTCOME_STUCK:
    case OUTCOME_UNKNOWN:
        return ERR_UNRESOLVED;
    case OUTCOME_HELD:
    case OUTCOME_REFUSED:
    case OUTCOME_DENIED:
        return ERR_REFUSED;
    default:
        return ERR_NONE;
    }
}

Scope scope_for(const Order *order, const Session *session)
{
    if (order->scope != SCOPE_DEFAULT)
        return order->scope;
    if (order->kind == ORDER_CANCEL)
        return SCOPE_STATEMENT;
    if (order->kind == ORDER_TERMINATE)
        return SCOPE_SESSION;
    return session_is_active(session) ? SCOPE_STATEMENT : SCOPE_TRANSACTION;
}

static bool statement_is_over(const Session *before, const Session *now)
{
    return now->query_start != before->query_start || !session_is_active(now);
}

/* An aborted transaction that holds nothing shows no xact_start from the start on: it is over when
 * the session has left that state. */
static bool transaction_is_over(const Session *before, const Session *now)
{
    if (before->xact_start == TIME_UNKNOWN)
        return now->state != before->state || now->state_change != before->state_change;
    if (now->xact_start == TIME_UNKNOWN)
        return now->xid == 0;
    return now->xact_start != before->xact_start;
}

bool scope_is_over(Scope scope, const Session *before, const Session *now)
{
    assert(scope != SCOPE_DEFAULT);
    if (!now || !session_same(before, now))
        return true;
    switch (scope) {
    case SCOPE_STATEMENT:
        return statement_is_over(before, now);
    case SCOPE_TRANSACTION:
        return transaction_is_over(before, now);
    default:
        return false;
    }
}

Stamp stamp_for(Scope scope, unsigned int chosen_by, const Session *session)
{
    Stamp stamp = {
        .pid = session->pid,
        .backend_start = session->backend_start,
        .tests = chosen_by,
        .state = session->state,
        .state_change = session->state_change,
        .xact_start = session->xact_start,
        .query_start = session->query_start,
        .application = session->application,
    };

    assert(session->backend_start != TIME_UNKNOWN);
    if (scope == SCOPE_STATEMENT)
        stamp.tests |= CHOSEN_QUERY_START | CHOSEN_STATE;
    if (scope == SCOPE_TRANSACTION)
        stamp.tests |= CHOSEN_XACT_START;
    if ((stamp.tests & CHOSEN_XACT_START) && session->xact_start == TIME_UNKNOWN)
        stamp.tests |= CHOSEN_STATE | CHOSEN_STATE_CHANGE; /* every idle session has none either */
    return stamp;
}
