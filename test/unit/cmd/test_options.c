/* SPDX-License-Identifier: PostgreSQL */
/* Options: the table is whole, and a word that is no option is told what it may have meant. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/command.h"
#include "cmd/help.h"
#include "cmd/mistyped.h"

static void assert_ascii(const char *text)
{
    for (; *text; text++)
        assert_true(isprint((unsigned char) *text));
}

static void names_and_letters_are_unique(void **state)
{
    for (int id = 0; id < OPTIONS; id++) {
        const OptionRow *row = &option_rows[id];

        assert_non_null(row->name);
        assert_non_null(row->text);
        assert_ascii(row->text);
        assert_non_null(option_group(row, ~0U));
        assert_int_equal(row->placeholder == NULL, row->value == VALUE_NONE);
        for (int other = 0; other < id; other++) {
            assert_string_not_equal(option_rows[other].name, row->name);
            assert_true(row->letter == '\0' || option_rows[other].letter != row->letter);
        }
    }
}

static void choices_belong_to_options_with_a_value(void **state)
{
    for (int id = 0; id < OPTIONS; id++) {
        const char *const *choices = option_choices[id];
        bool found = !option_rows[id].fallback;

        if (!choices)
            continue;
        assert_int_equal(option_rows[id].value, VALUE_REQUIRED);
        for (; *choices; choices++) {
            assert_ascii(*choices);
            found = found || strcmp(*choices, option_rows[id].fallback) == 0;
        }
        assert_true(found);
    }
}

static void texts_of_commands_can_be_printed_anywhere(void **state)
{
    for (const Command *const *command = commands; *command; command++) {
        assert_ascii((*command)->summary);
        assert_ascii((*command)->arguments);
        assert_ascii((*command)->details);
        assert_ptr_equal(command_named((*command)->name), *command);
    }
    assert_null(command_named("no such command"));
}

static void an_option_in_two_groups_is_listed_with_the_first(void **state)
{
    const OptionRow *audit = &option_rows[OPT_AUDIT];

    assert_int_equal(option_group(audit, OPTION_AUDIT | OPTION_ACTION)->group, OPTION_ACTION);
    assert_int_equal(option_group(audit, OPTION_AUDIT)->group, OPTION_AUDIT);
    assert_null(option_group(audit, OPTION_FILTER));
}

static void help_lists_choices_and_the_default(void **state)
{
    StrBuf buf;

    strbuf_init(&buf);
    help_option_text(&buf, OPT_SCOPE);
    assert_string_equal(buf.text, "what has to be over: statement, transaction, session");
    strbuf_clear(&buf);
    help_option_text(&buf, OPT_LIMIT);
    assert_string_equal(buf.text, "refuse when more sessions match (default: 10)");
    strbuf_done(&buf);
}

static void assert_mistyped(const char *given, const char *message, const char *hint)
{
    Err err;

    assert_false(mistyped_option(OPTION_FILTER | OPTION_OUTPUT, given, &err));
    assert_int_equal(err.code, ERR_USAGE);
    assert_string_equal(err.message, message);
    assert_string_equal(err.hint, hint);
}

static void a_short_form_of_several_options_is_ambiguous(void **state)
{
    assert_mistyped("--sta", "option \"--sta\" is ambiguous",
                    "It may be short for --state or --statement-longer.");
    assert_mistyped("--a=x", "option \"--a\" is ambiguous",
                    "It may be short for --application or --all.");
}

static void an_option_that_is_given_whole_is_not_ambiguous(void **state)
{
    assert_mistyped("--json=yes", "option \"--json\" takes no value", "");
    assert_mistyped("--js=yes", "option \"--json\" takes no value", "");
    assert_mistyped("--state=x", "option \"--state\" takes no value", ""); /* not --statement... */
}

static void an_unknown_option_is_answered_with_the_nearest(void **state)
{
    assert_mistyped("--aplication", "unknown option \"--aplication\"",
                    "Did you mean --application?");
    assert_mistyped("--xyzzy=1", "unknown option \"--xyzzy=1\"", "");
    assert_mistyped("--=1", "unknown option \"--=1\"", "");
    assert_mistyped("--no-server-log", "unknown option \"--no-server-log\"", ""); /* of actions */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_letters_are_unique),
        cmocka_unit_test(choices_belong_to_options_with_a_value),
        cmocka_unit_test(texts_of_commands_can_be_printed_anywhere),
        cmocka_unit_test(an_option_in_two_groups_is_listed_with_the_first),
        cmocka_unit_test(help_lists_choices_and_the_default),
        cmocka_unit_test(a_short_form_of_several_options_is_ambiguous),
        cmocka_unit_test(an_option_that_is_given_whole_is_not_ambiguous),
        cmocka_unit_test(an_unknown_option_is_answered_with_the_nearest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
