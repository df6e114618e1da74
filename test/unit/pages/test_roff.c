/* SPDX-License-Identifier: PostgreSQL */
/* Roff: what is escaped, how lines are broken, and how a synopsis looks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pages/roff.h"

static void assert_made(void (*make)(StrBuf *buf, const char *text), const char *text,
                        const char *expected)
{
    StrBuf buf;

    strbuf_init(&buf);
    make(&buf, text);
    assert_string_equal(buf.text, expected);
    strbuf_done(&buf);
}

static void what_roff_would_act_on_is_escaped(void **state)
{
    assert_made(roff_add, "a\\b -x 'y' `z` ~ ^ \"q\"",
                "a\\eb \\-x \\(aqy\\(aq \\(gaz\\(ga \\(ti \\(ha \\(dqq\\(dq");
    assert_made(roff_line, ".TH evil", "\\&.TH evil\n");
    assert_made(roff_line, "no.TH", "no.TH\n");
}

static void a_text_has_a_line_for_every_sentence(void **state)
{
    assert_made(roff_text, "One. Two, e.g. this.", "One.\nTwo, e.g. this.\n");
    assert_made(roff_text, "The last. \"show\" tells", "The last.\n\\(dqshow\\(dq tells\n");
    assert_made(roff_text, "in it. .profile", "in it. \\&.profile\n");
    assert_made(roff_text, "", "\n");
}

static void lines_of_a_text_are_short(void **state)
{
    static const char word[] = "abcdefghijklmno"; /* 15, so that five fill 79 columns */
    StrBuf text;
    StrBuf made;

    strbuf_init(&text);
    strbuf_init(&made);
    for (int i = 0; i < 7; i++)
        strbuf_printf(&text, "%s%s", i == 0 ? "" : " ", word);
    roff_text(&made, text.text);
    assert_int_equal(strcspn(made.text, "\n"), 4 * 16 - 1);
    assert_int_equal(made.length, text.length + 1);
    strbuf_clear(&made);
    strbuf_add(&made, "pgquell \\- ");
    roff_text(&made, "goes on");
    assert_string_equal(made.text, "pgquell \\- goes on\n");
    strbuf_done(&made);
    strbuf_done(&text);
}

static void a_synopsis_tells_words_from_what_to_fill_in(void **state)
{
    assert_made(roff_synopsis, "[list | show ID]...",
                "[\\fBlist\\fR | \\fBshow\\fR \\fIID\\fR]...");
    assert_made(roff_synopsis, "let-in", "\\fBlet\\-in\\fR");
    assert_made(roff_synopsis, "", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_roff_would_act_on_is_escaped),
        cmocka_unit_test(a_text_has_a_line_for_every_sentence),
        cmocka_unit_test(lines_of_a_text_are_short),
        cmocka_unit_test(a_synopsis_tells_words_from_what_to_fill_in),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
