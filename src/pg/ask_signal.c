/* SPDX-License-Identifier: PostgreSQL */
/* Ask: the guarded signal, and the line about it in the server's log. */
#include <string.h>

#include "pg/ask.h"
#include "pg/link_internal.h"
#include "pg/rows.h"

#define SQLSTATE_INSUFFICIENT_PRIVILEGE "42501"
#define SQLSTATE_LOCK_NOT_AVAILABLE "55P03"

/* No row: the stamp did not match. False: the process went between the test and the call. */
static bool read_signal(Answer *base, const PGresult *result, size_t index)
{
    bool sent = PQntuples(result) == 1 && row_bool(result, 0, 0);

    (void) index;
    ((SignalAnswer *) base)->result = sent ? SIGNAL_SENT : SIGNAL_MOVED;
    return true;
}

void ask_signal(Link *link, SignalAnswer *answer, Remedy remedy, const Stamp *stamp)
{
    Arena *arena = answer->answer.arena;
    const char *params[] = {
        arena_printf(arena, "%d", stamp->pid),     param_instant(arena, stamp->backend_start),
        arena_printf(arena, "%u", stamp->tests),   state_name(stamp->state),
        param_instant(arena, stamp->state_change), param_instant(arena, stamp->xact_start),
        param_instant(arena, stamp->query_start),  stamp->application,
    };
    Statement statement = {.sql = remedy == REMEDY_CANCEL ? SQL_CANCEL : SQL_TERMINATE,
                           .param_count = (int) (sizeof(params) / sizeof(params[0])),
                           .params = params};

    answer->result = SIGNAL_FAILED;
    link_ask(link, &answer->answer, read_signal, &statement, 1);
}

SignalResult signal_result(const SignalAnswer *answer)
{
    if (!answer->answer.failed)
        return answer->result;
    if (strcmp(answer->answer.sqlstate, SQLSTATE_INSUFFICIENT_PRIVILEGE) == 0)
        return SIGNAL_DENIED;
    if (strcmp(answer->answer.sqlstate, SQLSTATE_LOCK_NOT_AVAILABLE) == 0)
        return SIGNAL_FAILED; /* of the look-up of the roles, which comes before the signal */
    return SIGNAL_DOUBTFUL;
}

static bool read_nothing(Answer *base, const PGresult *result, size_t index)
{
    (void) base;
    (void) result;
    (void) index;
    return true;
}

void ask_log(Link *link, Answer *answer, const char *lines)
{
    const char *params[] = {lines};
    Statement statements[] = {{.sql = SQL_LOG_LINES, .param_count = 1, .params = params},
                              {.sql = SQL_LOG}};

    link_ask(link, answer, read_nothing, statements, 2);
}

/* No backend has pid 0: the guards find no row. */
void ask_warm(Link *link, Answer *answer)
{
    static const char *const nobody[SQL_PARAMS_MAX] = {"0", NULL, "0"};
    static const Statement statements[] = {
        {.sql = SQL_LOOK_ONE, .param_count = 1, .params = nobody},
        {.sql = SQL_CANCEL, .param_count = SQL_PARAMS_MAX, .params = nobody},
        {.sql = SQL_TERMINATE, .param_count = SQL_PARAMS_MAX, .params = nobody},
    };

    link_ask(link, answer, read_nothing, statements, sizeof(statements) / sizeof(statements[0]));
}
