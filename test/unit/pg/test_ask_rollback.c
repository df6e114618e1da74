/* SPDX-License-Identifier: PostgreSQL */
/* Ask, rollback: what the server's answer to ROLLBACK PREPARED means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pg/ask_rollback.h"

static RollbackAnswer failed_with(const char *sqlstate)
{
    Answer answer = {.done = true, .failed = true};

    memcpy(answer.sqlstate, sqlstate, strlen(sqlstate));
    return rollback_answer_of(&answer);
}

static void test_sqlstates(void **state)
{
    assert_int_equal(failed_with("42704"), ROLLBACK_NO_SUCH);
    assert_int_equal(failed_with("42501"), ROLLBACK_DENIED);
    assert_int_equal(failed_with("55000"), ROLLBACK_BUSY);
    assert_int_equal(failed_with("25006"), ROLLBACK_IN_RECOVERY);
    assert_int_equal(failed_with("0A000"), ROLLBACK_FAILED);
    assert_int_equal(failed_with(""), ROLLBACK_FAILED);
}

static void test_done_or_not_known(void **state)
{
    Answer answer = {0};

    assert_int_equal(rollback_answer_of(&answer), ROLLBACK_UNANSWERED);
    answer.done = true;
    assert_int_equal(rollback_answer_of(&answer), ROLLBACK_DONE);
    answer.failed = answer.lost = true;
    assert_int_equal(rollback_answer_of(&answer), ROLLBACK_UNANSWERED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sqlstates),
        cmocka_unit_test(test_done_or_not_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
