/* SPDX-License-Identifier: PostgreSQL */
/* Errors: set, hinted, cut, and every exit status with its meaning. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"

static void set_answers_false_and_forgets_the_hint(void **state)
{
    Err err;

    assert_false(err_set(&err, ERR_USAGE, "no %s", "x"));
    assert_int_equal(err.code, ERR_USAGE);
    assert_string_equal(err.message, "no x");
    assert_string_equal(err.hint, "");
    assert_false(err_hint(&err, "Try %d.", 2));
    assert_string_equal(err.hint, "Try 2.");
    assert_string_equal(err.message, "no x");
    assert_false(err_set(&err, ERR_AUDIT, "other"));
    assert_string_equal(err.hint, "");
}

static void too_long_a_text_is_cut(void **state)
{
    char text[ERR_MESSAGE_MAX * 2];
    Err err;

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    (void) err_set(&err, ERR_USAGE, "%s", text);
    (void) err_hint(&err, "%s", text);
    assert_int_equal(strlen(err.message), ERR_MESSAGE_MAX - 1);
    assert_int_equal(strlen(err.hint), ERR_HINT_MAX - 1);
}

static void every_status_has_a_meaning(void **state)
{
    static const int codes[] = {ERR_NONE,    ERR_UNRESOLVED, ERR_USAGE, ERR_CONNECTION,
                                ERR_REFUSED, ERR_NO_TARGET,  ERR_AUDIT, ERR_INTERRUPTED};

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        assert_non_null(err_code_meaning(codes[i]));
    assert_null(err_code_meaning(7));
    assert_null(err_code_meaning(-1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_answers_false_and_forgets_the_hint),
        cmocka_unit_test(too_long_a_text_is_cut),
        cmocka_unit_test(every_status_has_a_meaning),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
