/* SPDX-License-Identifier: PostgreSQL */
/* StrBuf: grows, stays terminated, and is used again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"

static StrBuf buf;

static int setup(void **state)
{
    strbuf_init(&buf);
    return 0;
}

static int teardown(void **state)
{
    strbuf_done(&buf);
    assert_null(buf.text);
    return 0;
}

static void it_begins_empty(void **state)
{
    assert_string_equal(buf.text, "");
    assert_int_equal(buf.length, 0);
}

static void pieces_are_added(void **state)
{
    strbuf_add(&buf, "ab");
    strbuf_add_char(&buf, 'c');
    strbuf_add_bytes(&buf, "defg", 2);
    strbuf_pad(&buf, '.', 3);
    strbuf_printf(&buf, "%d%%", 42);
    strbuf_add(&buf, "");
    strbuf_pad(&buf, '.', 0);
    assert_string_equal(buf.text, "abcde...42%");
    assert_int_equal(buf.length, strlen(buf.text));
}

static void zero_bytes_are_bytes(void **state)
{
    strbuf_add_bytes(&buf, "a\0b", 3);
    assert_int_equal(buf.length, 3);
    assert_memory_equal(buf.text, "a\0b", 4);
}

static void it_grows_over_every_border(void **state)
{
    for (size_t i = 0; i < 5000; i++) {
        strbuf_add_char(&buf, (char) ('a' + i % 26));
        assert_int_equal(buf.length, i + 1);
        assert_int_equal(buf.text[i + 1], '\0');
        assert_true(buf.capacity > buf.length);
    }
    for (size_t i = 0; i < 5000; i++)
        assert_int_equal(buf.text[i], 'a' + (int) (i % 26));
    strbuf_printf(&buf, "%*s", 100000, "x");
    assert_int_equal(buf.length, 105000);
    strbuf_pad(&buf, '-', 1000000);
    assert_int_equal(strlen(buf.text), 1105000);
}

static void clear_forgets(void **state)
{
    strbuf_add(&buf, "something");
    strbuf_clear(&buf);
    assert_string_equal(buf.text, "");
    strbuf_add(&buf, "x");
    assert_string_equal(buf.text, "x");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_begins_empty),      TEST(pieces_are_added),
        TEST(zero_bytes_are_bytes), TEST(it_grows_over_every_border),
        TEST(clear_forgets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
