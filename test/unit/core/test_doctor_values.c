/* SPDX-License-Identifier: PostgreSQL */
/* Doctor's values: PostgreSQL's ways of writing them, and names that want to break out of SQL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/doctor_values.h"

static Arena arena;

static int setup(void **state)
{
    arena_init(&arena);
    return 0;
}

static int teardown(void **state)
{
    arena_done(&arena);
    return 0;
}

static void times_are_read_in_every_unit(void **state)
{
    assert_int_equal(doctor_time_ms("1800000", "ms"), 1800000);
    assert_int_equal(doctor_time_ms("60", "s"), 60000);
    assert_int_equal(doctor_time_ms("30min", "ms"), 1800000);
    assert_int_equal(doctor_time_ms("1.5h", "ms"), 5400000);
    assert_int_equal(doctor_time_ms(" 5 s ", "ms"), 5000);
    assert_int_equal(doctor_time_ms("1d", "s"), 86400000);
    assert_int_equal(doctor_time_ms("2500us", "ms"), 3);
    assert_int_equal(doctor_time_ms("0", "ms"), 0);
}

static void what_is_no_time_is_said_to_be_none(void **state)
{
    assert_int_equal(doctor_time_ms(NULL, "ms"), VALUE_UNREADABLE);
    assert_int_equal(doctor_time_ms("", "ms"), VALUE_UNREADABLE);
    assert_int_equal(doctor_time_ms("soon", "ms"), VALUE_UNREADABLE);
    assert_int_equal(doctor_time_ms("5 fortnights", "ms"), VALUE_UNREADABLE);
    assert_int_equal(doctor_time_ms("5mins", "ms"), VALUE_UNREADABLE);
    assert_int_equal(doctor_time_ms("5", "B"), VALUE_UNREADABLE);
    assert_int_equal(doctor_time_ms("-1", "ms"), VALUE_UNREADABLE);
    assert_int_equal(doctor_time_ms("nan", "ms"), VALUE_UNREADABLE);
    assert_int_equal(doctor_time_ms("1e300", "ms"), VALUE_UNREADABLE);
}

static void counts(void **state)
{
    assert_int_equal(doctor_count("4096"), 4096);
    assert_int_equal(doctor_count("0"), 0);
    assert_int_equal(doctor_count(NULL), VALUE_UNREADABLE);
    assert_int_equal(doctor_count("many"), VALUE_UNREADABLE);
    assert_int_equal(doctor_count("-5"), VALUE_UNREADABLE);
}

static void booleans_are_read_as_the_server_does(void **state)
{
    static const char *const off[] = {"off", "OFF", "of", "false", "f", "F", "no", "n", "0"};
    static const char *const on[] = {"on", "o", "O", "true", "t", "yes", "1", "", "falsehood"};

    for (size_t i = 0; i < sizeof(off) / sizeof(off[0]); i++)
        assert_true(doctor_is_off(off[i]));
    for (size_t i = 0; i < sizeof(on) / sizeof(on[0]); i++)
        assert_false(doctor_is_off(on[i]));
}

static void levels_above_error(void **state)
{
    assert_true(doctor_above_error("log"));
    assert_true(doctor_above_error("FATAL"));
    assert_true(doctor_above_error("panic"));
    assert_false(doctor_above_error("error"));
    assert_false(doctor_above_error("debug5"));
}

static void times_are_written_in_the_largest_unit_that_fits(void **state)
{
    assert_string_equal(doctor_time_text(&arena, 0), "0");
    assert_string_equal(doctor_time_text(&arena, 1), "1ms");
    assert_string_equal(doctor_time_text(&arena, 1500), "1500ms");
    assert_string_equal(doctor_time_text(&arena, 90000), "90s");
    assert_string_equal(doctor_time_text(&arena, 1800000), "30min");
    assert_string_equal(doctor_time_text(&arena, 43200000), "12h");
    assert_string_equal(doctor_time_text(&arena, 86400000), "1d");
}

static void values_are_shown_with_their_unit(void **state)
{
    assert_null(doctor_value_text(&arena, NULL, "ms"));
    assert_string_equal(doctor_value_text(&arena, "on", NULL), "on");
    assert_string_equal(doctor_value_text(&arena, "4096", "B"), "4096");
    assert_string_equal(doctor_value_text(&arena, "30000", "ms"), "30s");
    assert_string_equal(doctor_value_text(&arena, "never", "ms"), "never");
}

static void assert_ident(const char *name, bool bare, const char *expected)
{
    assert_string_equal(doctor_ident(&arena, name, bare, true), expected);
}

static void names_are_exact_and_in_ascii(void **state)
{
    assert_ident("app", true, "app");
    assert_ident("all", false, "\"all\"");
    assert_ident("A b\"c'\\d", false, "\"A b\"\"c'\\d\"");
    assert_ident("a\nb", false, "U&\"a\\000Ab\"");
    assert_ident("\x1b[2J\x7f\"\\", false, "U&\"\\001B[2J\\007F\"\"\\\\\"");
    assert_ident("Zo\xc3\xab", false, "U&\"Zo\\00EB\"");
    assert_ident("\xf0\x9f\x98\x80", false, "U&\"\\+01F600\"");
    assert_ident("x\"; DROP TABLE t; --", false, "\"x\"\"; DROP TABLE t; --\"");
}

static void a_name_that_is_no_text_is_not_written(void **state)
{
    assert_null(doctor_ident(&arena, "caf\xe9", false, true));
    assert_null(doctor_ident(&arena, "Zo\xc3\xab", false, false)); /* who knows in what encoding */
    assert_string_equal(doctor_ident(&arena, "a\tb", false, false), "U&\"a\\0009b\"");
}

static void literals(void **state)
{
    assert_string_equal(doctor_literal(&arena, "%m [%p] %c "), "'%m [%p] %c '");
    assert_string_equal(doctor_literal(&arena, "it's"), "'it''s'");
    assert_null(doctor_literal(&arena, "a\nb"));
    assert_null(doctor_literal(&arena, "a\x7f"));
    assert_null(doctor_literal(&arena, "\xc3\xab"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_read_in_every_unit),
        cmocka_unit_test(what_is_no_time_is_said_to_be_none),
        cmocka_unit_test(counts),
        cmocka_unit_test(booleans_are_read_as_the_server_does),
        cmocka_unit_test(levels_above_error),
        cmocka_unit_test_setup_teardown(times_are_written_in_the_largest_unit_that_fits, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(values_are_shown_with_their_unit, setup, teardown),
        cmocka_unit_test_setup_teardown(names_are_exact_and_in_ascii, setup, teardown),
        cmocka_unit_test_setup_teardown(a_name_that_is_no_text_is_not_written, setup, teardown),
        cmocka_unit_test_setup_teardown(literals, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
