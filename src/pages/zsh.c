/* SPDX-License-Identifier: PostgreSQL */
/* Zsh: specifications for its _arguments. */
#include <string.h>

#include "pages/completion.h"

#define QUOTE "'\\''" /* inside zsh's single quotes */

static const char opening[] =
    "#compdef pgquell\n"
    "# Completion of pgquell for zsh. Made from the tables of its commands and options.\n"
    "\n";

/* Options may stand before the command: all are understood there, some are offered. */
static const char closing[] = "        '1:command:_pgquell_commands' \\\n"
                              "        '*::argument:->rest' && ret=0\n"
                              "    [[ $state == rest ]] || return ret\n"
                              "    _pgquell_rest\n"
                              "}\n"
                              "\n"
                              "_pgquell \"$@\"\n";

/* A text inside a specification, where brackets and colons mean something. */
static void add_text(StrBuf *buf, const char *text)
{
    for (; *text; text++) {
        if (strchr("[]:\\", *text))
            strbuf_add_char(buf, '\\');
        if (*text == '\'')
            strbuf_add(buf, QUOTE);
        else
            strbuf_add_char(buf, *text);
    }
}

static void add_choices(StrBuf *buf, const char *const *choices)
{
    strbuf_add_char(buf, '(');
    for (const char *const *choice = choices; *choice; choice++) {
        strbuf_add(buf, choice == choices ? "" : " ");
        completion_escape(buf, *choice);
    }
    strbuf_add_char(buf, ')');
}

/* What comes after the option's name and text. */
static void add_value(StrBuf *buf, OptionId id)
{
    const OptionRow *row = &option_rows[id];

    if (row->value == VALUE_NONE)
        return;
    strbuf_add(buf, row->value == VALUE_OPTIONAL ? "::" : ":");
    add_text(buf, row->placeholder);
    strbuf_add_char(buf, ':');
    if (option_choices[id])
        add_choices(buf, option_choices[id]);
    else if (row->value == VALUE_FILE)
        strbuf_add(buf, "_files");
    else
        strbuf_add_char(buf, ' ');
}

/* `mark`: "*" for one that may be repeated, "!" before it for one that is understood, not offered.
 */
static void add_option(StrBuf *buf, const char *mark, OptionId id)
{
    const OptionRow *row = &option_rows[id];

    if (row->letter != '\0') {
        strbuf_printf(buf, "        '%s-%s%c%s[", mark, row->letter == '?' ? "\\" : "", row->letter,
                      option_needs_value(row) ? "+" : "");
        add_text(buf, row->text);
        strbuf_add_char(buf, ']');
        add_value(buf, id);
        strbuf_add(buf, "' \\\n");
    }
    strbuf_printf(buf, "        '%s--%s%s[", mark, row->name,
                  option_needs_value(row)        ? "="
                  : row->value == VALUE_OPTIONAL ? "=-"
                                                 : "");
    add_text(buf, row->text);
    strbuf_add_char(buf, ']');
    add_value(buf, id);
    strbuf_add(buf, "' \\\n");
}

static void add_command_names(StrBuf *buf)
{
    strbuf_add(buf, "_pgquell_commands()\n{\n    local -a names=(");
    for (const Command *const *command = commands; *command; command++) {
        strbuf_add(buf, "\n        ");
        completion_quote(buf, (*command)->name, QUOTE);
        strbuf_add_char(buf, ':');
        completion_quote(buf, (*command)->summary, QUOTE);
    }
    strbuf_add(buf, "\n    )\n    _describe -t commands command names\n}\n\n");
}

static void add_arguments(StrBuf *buf, const Command *command)
{
    if (command->takes_command) {
        strbuf_add(buf, "        '1:command:_pgquell_commands'\n");
    } else if (command->words) {
        strbuf_add(buf, "        '1:word:");
        add_choices(buf, command->words);
        strbuf_add(buf, "' \\\n        '*:argument: '\n");
    } else {
        strbuf_add(buf, "        '*:argument: '\n");
    }
}

static void add_rest(StrBuf *buf)
{
    strbuf_add(buf, "# The words from the command on.\n"
                    "_pgquell_rest()\n{\n    case $words[1] in\n");
    for (const Command *const *command = commands; *command; command++) {
        strbuf_printf(buf, "    %s)\n        _arguments -s -S \\\n", (*command)->name);
        for (int id = 0; id < OPTIONS; id++)
            if (option_rows[id].groups & ((*command)->options | OPTION_GENERAL))
                add_option(buf, "*", (OptionId) id);
        add_arguments(buf, *command);
        strbuf_add(buf, "        ;;\n");
    }
    strbuf_add(buf, "    *)\n        return 1\n        ;;\n    esac\n}\n\n");
}

void completion_zsh(StrBuf *buf)
{
    strbuf_add(buf, opening);
    add_command_names(buf);
    add_rest(buf);
    strbuf_add(buf, "_pgquell()\n{\n"
                    "    local curcontext=$curcontext state state_descr line ret=1\n"
                    "    local -A opt_args\n"
                    "    _arguments -C -s -S -A '-*' \\\n");
    for (int id = 0; id < OPTIONS; id++)
        add_option(buf, option_rows[id].groups & COMPLETION_IN_FRONT ? "*" : "!*", (OptionId) id);
    strbuf_add(buf, closing);
}
