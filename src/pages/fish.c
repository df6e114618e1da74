/* SPDX-License-Identifier: PostgreSQL */
/* Fish: one "complete" line per command, word and option. */
#include "pages/completion.h"

#define QUOTE "\\'" /* inside fish's single quotes */

static const char opening[] =
    "# Completion of pgquell for fish. Made from the tables of its commands and options.\n"
    "\n"
    "# The words before the cursor that are neither options nor their values.\n"
    "function __pgquell_words\n"
    "    set -l tokens (commandline -opc)\n"
    "    set -l value no\n"
    "    set -l ended no\n"
    "    for token in $tokens[2..-1]\n"
    "        if test $value = yes\n"
    "            set value no\n"
    "            continue\n"
    "        end\n"
    "        if test $ended = yes\n"
    "            echo -- $token\n"
    "            continue\n"
    "        end\n"
    "        switch $token\n"
    "            case --\n"
    "                set ended yes\n"
    "            case";

static const char reading_letters[] = "\n"
                                      "                set value yes\n"
                                      "            case '--*'\n"
                                      "            case '-*'\n";

static const char closing[] = "                    and set value yes\n"
                              "            case '*'\n"
                              "                echo -- $token\n"
                              "        end\n"
                              "    end\n"
                              "end\n"
                              "\n"
                              "# Whether the command is one of those; '' is none as yet.\n"
                              "function __pgquell_in\n"
                              "    set -l words (__pgquell_words)\n"
                              "    contains -- \"$words[1]\" $argv\n"
                              "end\n"
                              "\n"
                              "# Whether the next word is the first after that command.\n"
                              "function __pgquell_first_of\n"
                              "    set -l words (__pgquell_words)\n"
                              "    test (count $words) -eq 1; and test \"$words[1]\" = $argv[1]\n"
                              "end\n"
                              "\n"
                              "complete -c pgquell -f\n";

static void add_functions(StrBuf *buf)
{
    strbuf_add(buf, opening);
    for (int id = 0; id < OPTIONS; id++)
        if (option_needs_value(&option_rows[id]))
            strbuf_printf(buf, " --%s", option_rows[id].name);
    strbuf_add(buf, reading_letters);
    strbuf_add(buf, "                string match -qr -- '^-[^");
    completion_value_letters(buf);
    strbuf_add(buf, "]*[");
    completion_value_letters(buf);
    strbuf_add(buf, "]$' $token\n");
    strbuf_add(buf, closing);
}

static void add_description(StrBuf *buf, const char *text)
{
    strbuf_add(buf, " -d ");
    completion_quote(buf, text, QUOTE);
    strbuf_add_char(buf, '\n');
}

static void add_command(StrBuf *buf, const char *condition, const Command *command)
{
    strbuf_printf(buf, "complete -c pgquell -n \"%s\" -a %s", condition, command->name);
    add_description(buf, command->summary);
}

static void add_firsts(StrBuf *buf, const Command *command)
{
    StrBuf condition;

    strbuf_init(&condition);
    strbuf_printf(&condition, "__pgquell_first_of %s", command->name);
    for (const Command *const *named = commands; command->takes_command && *named; named++)
        add_command(buf, condition.text, *named);
    for (const char *const *word = command->words; word && *word; word++)
        strbuf_printf(buf, "complete -c pgquell -n \"%s\" -a %s\n", condition.text, *word);
    strbuf_done(&condition);
}

/* The commands that take it, as words of a condition. */
static void add_takers(StrBuf *buf, const OptionRow *row)
{
    if (row->groups & COMPLETION_IN_FRONT)
        strbuf_add(buf, " ''");
    for (const Command *const *command = commands; *command; command++)
        if (row->groups & ((*command)->options | OPTION_GENERAL))
            strbuf_printf(buf, " %s", (*command)->name);
}

static void add_choices(StrBuf *buf, const char *const *choices)
{
    StrBuf list;

    strbuf_init(&list);
    for (const char *const *choice = choices; *choice; choice++) {
        strbuf_add(&list, choice == choices ? "" : " ");
        completion_escape(&list, *choice);
    }
    strbuf_add(buf, " -x -a \"");
    for (const char *at = list.text; *at; at++) /* escaped once more, inside double quotes */
        strbuf_printf(buf, "%s%c", *at == '\\' ? "\\" : "", *at);
    strbuf_add_char(buf, '"');
    strbuf_done(&list);
}

static void add_option(StrBuf *buf, OptionId id)
{
    const OptionRow *row = &option_rows[id];

    strbuf_add(buf, "complete -c pgquell -n \"__pgquell_in");
    add_takers(buf, row);
    strbuf_printf(buf, "\" -l %s", row->name);
    if (row->letter != '\0')
        strbuf_printf(buf, " -s '%c'", row->letter);
    if (option_choices[id])
        add_choices(buf, option_choices[id]);
    else if (row->value == VALUE_FILE)
        strbuf_add(buf, " -r -F");
    else if (option_needs_value(row))
        strbuf_add(buf, " -x");
    add_description(buf, row->text);
}

void completion_fish(StrBuf *buf)
{
    add_functions(buf);
    for (const Command *const *command = commands; *command; command++)
        add_command(buf, "__pgquell_in ''", *command);
    for (const Command *const *command = commands; *command; command++)
        add_firsts(buf, *command);
    for (int id = 0; id < OPTIONS; id++)
        add_option(buf, (OptionId) id);
}
