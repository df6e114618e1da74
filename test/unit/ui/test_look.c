/* SPDX-License-Identifier: PostgreSQL */
/* Look and flow: devices, escaping, cutting, and lines that break where they must. */
#include <fcntl.h>
#include <locale.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "ui/flow.h"
#include "ui/look.h"
#include "ui/sample.h"

/* The look of a terminal that says it has so many columns. */
static Look look_of_terminal(unsigned short columns)
{
    struct winsize size = {.ws_row = 24, .ws_col = columns};
    int primary;
    int secondary;
    FILE *out;
    Look look;

    assert_int_equal(openpty(&primary, &secondary, NULL, NULL, &size), 0);
    out = fdopen(secondary, "w");
    assert_non_null(out);
    look = look_of(out);
    (void) fclose(out);
    (void) close(primary);
    return look;
}

static int clean_environment(void **state)
{
    (void) unsetenv("COLUMNS");
    (void) unsetenv("NO_COLOR");
    (void) setenv("TERM", "xterm", 1);
    (void) setlocale(LC_CTYPE, "C.UTF-8");
    return 0;
}

static void test_a_terminal(void **state)
{
    Look look = look_of_terminal(132);

    assert_true(look.terminal);
    assert_int_equal(look.columns, 132);
    assert_true(look.color);
    assert_false(look.ascii);
}

static void test_a_terminal_that_does_not_tell(void **state)
{
    assert_int_equal(look_of_terminal(0).columns, 80);
    (void) setenv("COLUMNS", "101", 1);
    assert_int_equal(look_of_terminal(0).columns, 101);
    assert_int_equal(look_of_terminal(132).columns, 132);
    (void) setenv("COLUMNS", "-3", 1);
    assert_int_equal(look_of_terminal(0).columns, 80);
    (void) setenv("COLUMNS", "99999999999", 1);
    assert_int_equal(look_of_terminal(0).columns, 80);
}

static void test_no_terminal(void **state)
{
    FILE *file = tmpfile();
    Printed printed;
    Look look;

    (void) setenv("COLUMNS", "40", 1);
    assert_non_null(file);
    look = look_of(file);
    (void) fclose(file);
    assert_int_equal(look.columns, 0);
    assert_false(look.terminal || look.color || look.ascii);
    printed_begin(&printed); /* a stream without a file */
    look = look_of(printed.out);
    free(printed_end(&printed));
    assert_int_equal(look.columns, 0);
    assert_false(look.terminal);
}

static void test_colour_is_not_for_all(void **state)
{
    (void) setenv("NO_COLOR", "1", 1);
    assert_false(look_of_terminal(80).color);
    (void) setenv("NO_COLOR", "", 1);
    assert_true(look_of_terminal(80).color);
    (void) setenv("TERM", "dumb", 1);
    assert_false(look_of_terminal(80).color);
    (void) unsetenv("TERM");
    assert_false(look_of_terminal(80).color);
}

static void test_a_locale_without_utf8(void **state)
{
    (void) setlocale(LC_CTYPE, "C");
    assert_true(look_of_terminal(80).ascii);
}

static void test_styles(void **state)
{
    static const Look color = {.color = true};
    static const Look plain = {0};

    assert_string_equal(look_on(&color, STYLE_ERROR), "\033[31m");
    assert_string_equal(look_off(&color, STYLE_ERROR), "\033[0m");
    assert_string_equal(look_on(&color, STYLE_PLAIN), "");
    assert_string_equal(look_off(&color, STYLE_PLAIN), "");
    for (Style style = STYLE_PLAIN; style <= STYLE_HEADING; style++) {
        assert_string_equal(look_on(&plain, style), "");
        assert_string_equal(look_off(&plain, style), "");
    }
}

static void assert_fit(bool ascii, const char *text, size_t width, bool pad, const char *expected)
{
    Look look = {.columns = 80, .ascii = ascii};
    StrBuf buf;

    strbuf_init(&buf);
    look_fit(&look, &buf, text, width, pad);
    assert_string_equal(buf.text, expected);
    strbuf_done(&buf);
}

static void test_fit(void **state)
{
    assert_fit(false, "abcdef", 4, false, "abc\xe2\x80\xa6");
    assert_fit(false, "ab", 4, true, "ab  ");
    assert_fit(true, "abcdef", 4, false, "a...");
    assert_fit(true, "abcdef", 6, false, "abcdef");
    assert_fit(true, "abcdef", 2, false, "..");
    assert_fit(true, "abcdef", 0, false, "");
    assert_fit(true, "ab", 4, true, "ab  ");
    assert_fit(true, "ab", 4, false, "ab");
}

static void test_text(void **state)
{
    static const Look utf8 = {.columns = 80};
    static const Look ascii = {.columns = 80, .ascii = true};
    Arena arena;

    arena_init(&arena);
    assert_string_equal(look_text(&utf8, &arena, NULL), "");
    assert_string_equal(look_text(&utf8, &arena, "\xc3\xa9" HOSTILE),
                        "\xc3\xa9"
                        "a\\x1b[2J\\u202e\\xff\\x7f\\nb");
    assert_string_equal(look_text(&ascii, &arena, "\xe6\x97\xa5"), "\\u65e5");
    arena_done(&arena);
}

/* A query is cut between two characters, whichever byte its end falls on. */
static void test_query_is_cut_between_characters(void **state)
{
    static const Look look = {.columns = 1};
    char query[64] = "";
    Arena arena;

    arena_init(&arena);
    for (size_t from = 0; from < 4; from++) {
        memset(query, 'x', from);
        for (size_t i = 0; i < 8; i++)
            memcpy(query + from + 4 * i, "\xf0\x9f\x98\x80", 5);
        assert_null(strchr(look_query(&look, &arena, query), '\\'));
        assert_true(strlen(look_query(&look, &arena, query)) < 16 + 4);
    }
    memset(query, '\x80', 40);
    query[40] = '\0';
    assert_non_null(strstr(look_query(&look, &arena, query), "\\x80\xe2\x80\xa6"));
    assert_string_equal(look_query(&look, &arena, NULL), "");
    arena_done(&arena);
}

static void assert_flow(int columns, const char *piece, const char *words, const char *expected)
{
    Look look = {.columns = columns};
    StrBuf buf;
    Flow flow;

    strbuf_init(&buf);
    flow = flow_begin(&look, &buf, 0, 4);
    flow_piece(&flow, "pid 1", STYLE_PLAIN);
    flow_piece(&flow, piece, STYLE_PLAIN);
    flow_words(&flow, words, STYLE_PLAIN);
    flow_end(&flow);
    assert_string_equal(buf.text, expected);
    strbuf_done(&buf);
}

static void test_flow(void **state)
{
    assert_flow(0, "a piece", "and words", "pid 1  a piece and words\n");
    assert_flow(24, "a piece", "and words", "pid 1  a piece and words\n");
    assert_flow(23, "a piece", "and words", "pid 1  a piece and\n    words\n");
    assert_flow(14, "a piece", "", "pid 1  a piece\n");
    assert_flow(13, "a piece", "", "pid 1\n   a piece\n");
    assert_flow(20, "", "  many   blanks ", "pid 1 many blanks\n");
}

static void test_flow_breaks_long_words(void **state)
{
    assert_flow(14, "0123456789abcdefghijklm", "",
                "pid 1\n    0123456789\n    abcdefghij\n    klm\n");
    assert_flow(14, "", "0123456789abc z", "pid 1\n    0123456789\n    abc z\n");
    assert_flow(15, "\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5", "",
                "pid 1\n    \xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\n"
                "    \xe6\x97\xa5\n");
}

static void test_flow_on_a_sliver(void **state)
{
    assert_flow(3, "", "ab", "pid\n1\nab\n");
    assert_flow(1, "", "ab", "p\ni\nd\n1\na\nb\n");
    assert_flow(1, "", "\xe6\x97\xa5", "p\ni\nd\n1\n\xe6\x97\xa5\n"); /* wider than the device */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_terminal, clean_environment),
        cmocka_unit_test_setup(test_a_terminal_that_does_not_tell, clean_environment),
        cmocka_unit_test_setup(test_no_terminal, clean_environment),
        cmocka_unit_test_setup(test_colour_is_not_for_all, clean_environment),
        cmocka_unit_test_setup(test_a_locale_without_utf8, clean_environment),
        cmocka_unit_test_setup(test_styles, clean_environment),
        cmocka_unit_test_setup(test_fit, clean_environment),
        cmocka_unit_test_setup(test_text, clean_environment),
        cmocka_unit_test_setup(test_query_is_cut_between_characters, clean_environment),
        cmocka_unit_test_setup(test_flow, clean_environment),
        cmocka_unit_test_setup(test_flow_breaks_long_words, clean_environment),
        cmocka_unit_test_setup(test_flow_on_a_sliver, clean_environment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
