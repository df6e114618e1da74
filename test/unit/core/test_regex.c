/* SPDX-License-Identifier: PostgreSQL */
/* Regex: matches, errors with their position, and limits that no text gets past. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/timefmt.h"
#include "core/regex.h"

static RegexMatch match(const char *pattern, const char *text)
{
    Regex *regex = NULL;
    RegexMatch result;
    Err err;

    assert_true(regex_compile(pattern, &regex, &err));
    result = regex_match(regex, text);
    regex_free(regex);
    return result;
}

static void matches_and_differs(void **state)
{
    assert_int_equal(match("^SELECT", "SELECT 1"), REGEX_MATCHES);
    assert_int_equal(match("^SELECT", "select 1"), REGEX_DIFFERS);
    assert_int_equal(match("(?i)^SELECT", "select 1"), REGEX_MATCHES);
    assert_int_equal(match("", ""), REGEX_MATCHES);
    assert_int_equal(match("^.$", "\xc3\xa4"), REGEX_MATCHES);
}

static void bytes_that_are_no_utf8_do_no_harm(void **state)
{
    assert_int_equal(match("abc", "\xff\xfe"
                                  "abc"),
                     REGEX_MATCHES);
    assert_int_equal(match("^.$", "\xff"), REGEX_DIFFERS);
    assert_int_equal(match("abc", "\xc3"), REGEX_DIFFERS);
}

static void errors_tell_the_position(void **state)
{
    Regex *regex = NULL;
    Err err;

    assert_false(regex_compile("ab(c", &regex, &err));
    assert_null(regex);
    assert_int_equal(err.code, ERR_USAGE);
    assert_non_null(strstr(err.message, "invalid regular expression \"ab(c\": missing"));
    assert_non_null(strstr(err.message, "at character 5"));
    assert_non_null(strstr(err.hint, "(?i)"));
}

static void a_catastrophic_pattern_gives_up_soon(void **state)
{
    static const char *const patterns[] = {"^(a+)+$", "(?:a|aa)+$"};
    int64_t began = clock_steady_us();
    char *text = calloc(1, 100001);

    assert_non_null(text);
    memset(text, 'a', 99999);
    text[99999] = '!';
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
        assert_int_equal(match(patterns[i], text), REGEX_GAVE_UP);
    free(text);
    assert_true(clock_steady_us() - began < 2 * US_PER_S);
}

static void nothing_is_freed_safely(void **state)
{
    regex_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_and_differs),
        cmocka_unit_test(bytes_that_are_no_utf8_do_no_harm),
        cmocka_unit_test(errors_tell_the_position),
        cmocka_unit_test(a_catastrophic_pattern_gives_up_soon),
        cmocka_unit_test(nothing_is_freed_safely),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
