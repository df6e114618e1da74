/* SPDX-License-Identifier: PostgreSQL */
/* Text: untrusted bytes become one clean line; widths, globs and near words. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

static Arena arena;
static StrBuf buf;

static int setup(void **state)
{
    arena_init(&arena);
    strbuf_init(&buf);
    return 0;
}

static int teardown(void **state)
{
    strbuf_done(&buf);
    arena_done(&arena);
    return 0;
}

static void characters_are_decoded(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        uint32_t code;
    } rows[] = {
        {"A", 1, 'A'},
        {"\x7f", 1, 0x7f},
        {"\xc2\x80", 2, 0x80},
        {"\xdf\xbf", 2, 0x7ff},
        {"\xe0\xa0\x80", 3, 0x800},
        {"\xed\x9f\xbf", 3, 0xd7ff},
        {"\xee\x80\x80", 3, 0xe000},
        {"\xef\xbf\xbf", 3, 0xffff},
        {"\xf0\x90\x80\x80", 4, 0x10000},
        {"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
        {"\xc3\xa4z", 2, 0xe4},
        /* no UTF-8: alone, cut, overlong, surrogates, too high */
        {"\x80", 0, 0},
        {"\xbf", 0, 0},
        {"\xc2", 0, 0},
        {"\xe2\x82", 0, 0},
        {"\xf0\x9f\x98", 0, 0},
        {"\xc2z", 0, 0},
        {"\xe2z\x82", 0, 0},
        {"\xe2\x82z", 0, 0},
        {"\xc0\x80", 0, 0},
        {"\xc1\xbf", 0, 0},
        {"\xe0\x9f\xbf", 0, 0},
        {"\xf0\x8f\xbf\xbf", 0, 0},
        {"\xed\xa0\x80", 0, 0},
        {"\xed\xbf\xbf", 0, 0},
        {"\xf4\x90\x80\x80", 0, 0},
        {"\xf5\x80\x80\x80", 0, 0},
        {"\xf8\x88\x80\x80\x80", 0, 0},
        {"\xfe", 0, 0},
        {"\xff", 0, 0},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint32_t code = 0;

        if (text_decode(rows[i].bytes, strlen(rows[i].bytes), &code) != rows[i].size)
            fail_msg("row %zu", i);
        assert_int_equal(code, rows[i].code);
    }
}

/* Every code point: encoded by hand it is decoded to itself. */
static void every_character_comes_back(void **state)
{
    for (uint32_t code = 0x80; code <= 0x10ffff; code++) {
        char bytes[4];
        size_t size = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
        uint32_t got = 0;

        for (size_t i = size - 1; i > 0; i--)
            bytes[i] = (char) (0x80 | (code >> (6 * (size - 1 - i)) & 0x3f));
        bytes[0] = (char) ((0xf00 >> size & 0xff) | code >> (6 * (size - 1)));
        if (code >= 0xd800 && code <= 0xdfff)
            size = 0;
        if (text_decode(bytes, 4, &got) != size || (size > 0 && got != code))
            fail_msg("U+%04X", (unsigned int) code);
    }
}

static void hostile_characters(void **state)
{
    static const uint32_t hostile[] = {
        0,       7,       0x1b,    0x1f,    0x7f,     0x80,    0x9f,   0xad,   0x600,
        0x61c,   0x200b,  0x200e,  0x200f,  0x2028,   0x2029,  0x202a, 0x202e, 0x2060,
        0x2066,  0x2069,  0x206f,  0xd800,  0xfdd0,   0xfeff,  0xfff9, 0xfffe, 0xffff,
        0x110bd, 0x1fffe, 0xe0001, 0xe007f, 0x10fffe, 0x10ffff};
    static const uint32_t harmless[] = {
        ' ',    '~',    0xa0,   0xac,   0xae,   0x5ff,  0x606,   0x200a,  0x2010,  0x2027,  0x202f,
        0x2070, 0x4e2d, 0xfdcf, 0xfdf0, 0xfffc, 0xfffd, 0x10000, 0x1f600, 0xe1000, 0x10fffd};

    for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++)
        if (!text_is_hostile(hostile[i]))
            fail_msg("U+%04X is hostile", (unsigned int) hostile[i]);
    for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
        if (text_is_hostile(harmless[i]))
            fail_msg("U+%04X is harmless", (unsigned int) harmless[i]);
}

static void cleaning_escapes(void **state)
{
    static const char text[] =
        "a\n\r\t\x1b["
        "31m\x7f\xc2\x9b\xe2\x80\xae\xe2\x80\xac\xf3\xa0\x80\x81\xff\xc3\xa4\xe4\xb8\xad";

    assert_string_equal(
        text_cleaned(&arena, text),
        "a\\n\\r\\t\\x1b[31m\\x7f\\u009b\\u202e\\u202c\\U000e0001\\xff\xc3\xa4\xe4\xb8\xad");
    assert_string_equal(text_as_utf8(&arena, "\x1b\xff\xc3\xa4"), "\x1b\\xff\xc3\xa4");
    assert_string_equal(text_as_ascii(&arena, "a\x1b\xff\xc3\xa4\xe4\xb8\xad\xf0\x9f\x98\x80"),
                        "a\\x1b\\xff\\u00e4\\u4e2d\\U0001f600");
    text_clean(&buf, "x\n");
    assert_string_equal(buf.text, "x\\n");
    assert_string_equal(text_cleaned(&arena, ""), "");
    assert_null(text_cleaned(&arena, NULL));
    assert_null(text_as_utf8(&arena, NULL));
    assert_null(text_as_ascii(&arena, NULL));
}

/* Whatever the bytes, the result is one line of valid UTF-8 without anything hostile. */
static void any_bytes_become_clean(void **state)
{
    uint64_t random = 1;

    for (int round = 0; round < 20000; round++) {
        char text[17] = "";
        const char *at;

        for (int i = 0; i < 16; i++) {
            random = random * 6364136223846793005U + 1442695040888963407U;
            text[i] = (char) (1 + (random >> 33) % 255);
        }
        at = text_cleaned(&arena, text);
        while (*at) {
            uint32_t code = 0;
            size_t size = text_decode(at, strlen(at), &code);

            assert_true(size > 0 && !text_is_hostile(code));
            at += size;
        }
        arena_clear(&arena);
    }
}

static void widths_are_columns(void **state)
{
    assert_int_equal(text_width(""), 0);
    assert_int_equal(text_width("abc"), 3);
    assert_int_equal(text_width("\xc3\xa4"), 1);
    assert_int_equal(text_width("\xe4\xb8\xad\xe6\x96\x87"), 4);
    assert_int_equal(text_width("e\xcc\x81"), 1);
    assert_int_equal(text_width("\xff"), 1);
    assert_int_equal(text_width("\xc2\x80"), 1);
}

static void fit(const char *text, size_t width, bool pad, const char *expected)
{
    strbuf_clear(&buf);
    text_fit(&buf, text, width, pad);
    assert_string_equal(buf.text, expected);
}

static void texts_are_fitted(void **state)
{
    fit("abc", 5, false, "abc");
    fit("abc", 5, true, "abc  ");
    fit("abc", 3, true, "abc");
    fit("abcd", 3, true, "ab\xe2\x80\xa6");
    fit("abcd", 1, true, "\xe2\x80\xa6");
    fit("abcd", 0, true, "");
    fit("", 0, true, "");
    fit("", 2, true, "  ");
    fit("\xe4\xb8\xad\xe6\x96\x87", 4, true, "\xe4\xb8\xad\xe6\x96\x87");
    fit("\xe4\xb8\xad\xe6\x96\x87", 3, true, "\xe4\xb8\xad\xe2\x80\xa6");
    fit("\xe4\xb8\xad\xe6\x96\x87", 2, true, "\xe2\x80\xa6 ");
    fit("e\xcc\x81x", 2, true, "e\xcc\x81x");
    fit("\xff\xff", 1, false, "\xe2\x80\xa6");
}

static void globs(void **state)
{
    static const struct {
        const char *pattern;
        const char *text;
        bool matches;
    } rows[] = {
        {"", "", true},
        {"", "a", false},
        {"a", "a", true},
        {"a", "A", false},
        {"a", "ab", false},
        {"*", "", true},
        {"*", "abc", true},
        {"a*", "abc", true},
        {"*c", "abc", true},
        {"a*c", "abc", true},
        {"a*c", "abcd", false},
        {"*b*", "abc", true},
        {"**", "x", true},
        {"a**", "a", true},
        {"?", "", false},
        {"?", "a", true},
        {"?", "ab", false},
        {"a?c", "abc", true},
        {"a?c", "ac", false},
        {"?", "\xc3\xa4", true},
        {"??", "\xc3\xa4", false},
        {"?b",
         "\xe4\xb8\xad"
         "b",
         true},
        {"*?b",
         "xx\xc3\xa4"
         "b",
         true},
        {"a*b*c", "aXbYbZc", true},
        {"a*b*c", "aXbYbZ", false},
        {"*aab", "aaaab", true},
        {"x*", "y", false},
        {"a.c", "abc", false},
        {"[a]*", "a", false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (text_matches(rows[i].pattern, rows[i].text) != rows[i].matches)
            fail_msg("%s with %s", rows[i].pattern, rows[i].text);
}

static void near_words(void **state)
{
    static const char *const words[] = {
        "cancel", "terminate", "stop",
        "status", "a",         "a word that is far longer than all words are compared with"};
    size_t count = sizeof(words) / sizeof(words[0]);
    char longest[100];

    assert_string_equal(text_nearest("cancle", words, count), "cancel");
    assert_string_equal(text_nearest("terminat", words, count), "terminate");
    assert_string_equal(text_nearest("stpo", words, count), "stop");
    assert_string_equal(text_nearest("stop", words, count), "stop");
    assert_null(text_nearest("xyzzy", words, count));
    assert_null(text_nearest("", words, count));
    assert_null(text_nearest("x", words, count));
    assert_null(text_nearest("cancel", words, 0));
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    assert_null(text_nearest(longest, words, count));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(characters_are_decoded),
        TEST(every_character_comes_back),
        TEST(hostile_characters),
        TEST(cleaning_escapes),
        TEST(any_bytes_become_clean),
        TEST(widths_are_columns),
        TEST(texts_are_fitted),
        TEST(globs),
        TEST(near_words),
    };

    (void) setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
