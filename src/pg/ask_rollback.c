/* SPDX-License-Identifier: PostgreSQL */
/* Ask, rollback: what a prepared transaction holds, and its end. */
#include "pg/ask_rollback.h"

#include <string.h>

#include "pg/link_internal.h"
#include "pg/rows.h"

static void read_ages(PreparedStakesAnswer *answer, const PGresult *result)
{
    int rows = PQntuples(result);

    answer->ages = ARENA_ARRAY(answer->answer.arena, PreparedAge, (size_t) rows);
    answer->age_count = (size_t) rows;
    for (int row = 0; row < rows; row++)
        answer->ages[row] = (PreparedAge){row_oid(result, row, 0), row_int(result, row, 1)};
}

static bool read_stakes(Answer *base, const PGresult *result, size_t index)
{
    PreparedStakesAnswer *answer = (PreparedStakesAnswer *) base;

    if (index == 0)
        answer->locks = rows_held_locks(result, base->arena, &answer->lock_count);
    else
        read_ages(answer, result);
    return true;
}

void ask_prepared_stakes(Link *link, PreparedStakesAnswer *answer)
{
    static const Statement statements[] = {{.sql = SQL_PREPARED_LOCKS}, {.sql = SQL_PREPARED_AGES}};

    link_ask(link, &answer->answer, read_stakes, statements, 2);
}

static bool read_nothing(Answer *base, const PGresult *result, size_t index)
{
    (void) base;
    (void) result;
    (void) index;
    return true;
}

void ask_rollback_prepared(Link *link, Answer *answer, const char *gid)
{
    Statement statement = {.sql = SQL_ROLLBACK_PREPARED, .literal = gid};

    link_ask(link, answer, read_nothing, &statement, 1);
}

/* Source: FinishPreparedTransaction() and LockGXact() of the server's twophase.c; manual,
 * "PostgreSQL Error Codes". */
RollbackAnswer rollback_answer_of(const Answer *answer)
{
    static const struct {
        const char *sqlstate;
        RollbackAnswer answer;
    } states[] = {
        {"42704", ROLLBACK_NO_SUCH},
        {"42501", ROLLBACK_DENIED},
        {"55000", ROLLBACK_BUSY},
        {"25006", ROLLBACK_IN_RECOVERY},
    };

    if (!answer->done || answer->lost)
        return ROLLBACK_UNANSWERED;
    if (!answer->failed)
        return ROLLBACK_DONE;
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
        if (strcmp(states[i].sqlstate, answer->sqlstate) == 0)
            return states[i].answer;
    return ROLLBACK_FAILED;
}
