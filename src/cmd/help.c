/* SPDX-License-Identifier: PostgreSQL */
/* Help: the command, and pages made from the tables of commands and options. */
#include "cmd/help.h"

#include <stdio.h>
#include <string.h>

#define HELP_COLUMN 27 /* where an option's text begins */
#define HELP_WIDTH 79  /* the longest line */

/* Adds words from column `at` on; a line that is full goes on at `indent`. Ends the line. */
static void add_words(StrBuf *buf, const char *text, size_t at, size_t indent)
{
    while (*text) {
        size_t length = strcspn(text, " ");

        if (at > indent && at + 1 + length > HELP_WIDTH) {
            strbuf_add_char(buf, '\n');
            strbuf_pad(buf, ' ', indent);
            at = indent;
        }
        if (at > indent) {
            strbuf_add_char(buf, ' ');
            at++;
        }
        strbuf_add_bytes(buf, text, length);
        at += length;
        text += length + strspn(text + length, " ");
    }
    strbuf_add_char(buf, '\n');
}

void help_option_text(StrBuf *buf, OptionId id)
{
    const OptionRow *row = &option_rows[id];
    const char *const *choice = option_choices[id];

    strbuf_add(buf, row->text);
    for (bool first = true; choice && *choice; choice++, first = false)
        strbuf_printf(buf, "%s%s", first ? ": " : ", ", *choice);
    if (row->fallback)
        strbuf_printf(buf, " (default: %s)", row->fallback);
}

static void add_option(StrBuf *buf, OptionId id)
{
    const OptionRow *row = &option_rows[id];
    size_t start = buf->length;
    StrBuf text;

    if (row->letter != '\0')
        strbuf_printf(buf, "  -%c, --%s", row->letter, row->name);
    else
        strbuf_printf(buf, "      --%s", row->name);
    if (option_needs_value(row))
        strbuf_printf(buf, " %s", row->placeholder);
    else if (row->value == VALUE_OPTIONAL)
        strbuf_printf(buf, "[=%s]", row->placeholder);
    if (buf->length - start + 2 > HELP_COLUMN) {
        strbuf_add_char(buf, '\n');
        start = buf->length;
    }
    strbuf_pad(buf, ' ', HELP_COLUMN - (buf->length - start));
    strbuf_init(&text);
    help_option_text(&text, id);
    add_words(buf, text.text, HELP_COLUMN, HELP_COLUMN);
    strbuf_done(&text);
}

static void add_group(StrBuf *buf, const OptionGroup *group, unsigned int taken)
{
    bool titled = false;

    for (int id = 0; id < OPTIONS; id++) {
        if (option_group(&option_rows[id], taken) != group)
            continue;
        if (!titled)
            strbuf_printf(buf, "\n%s:\n", group->title);
        titled = true;
        add_option(buf, (OptionId) id);
    }
}

void help_command(StrBuf *buf, const Command *command)
{
    strbuf_printf(buf, "Usage: pgquell %s%s%s [OPTION]...\n\n", command->name,
                  command->arguments[0] ? " " : "", command->arguments);
    add_words(buf, command->details, 0, 0);
    for (const OptionGroup *group = option_groups; group->title; group++)
        add_group(buf, group, command->options);
}

static void add_exit_statuses(StrBuf *buf)
{
    strbuf_add(buf, "\nExit status:\n");
    for (int code = 0; code < 256; code++)
        if (err_code_meaning(code))
            strbuf_printf(buf, "  %3d  %s\n", code, err_code_meaning(code));
}

void help_overview(StrBuf *buf)
{
    strbuf_add(
        buf,
        "pgquell stops the PostgreSQL statement, transaction or session that has to be\n"
        "stopped, and nothing else.\n\n"
        "Usage: pgquell [COMMAND] [TARGET]... [OPTION]...\n\nCommands (without one: status):\n");
    for (const Command *const *command = commands; *command; command++)
        strbuf_printf(buf, "  %-18s%s\n", (*command)->name, (*command)->summary);
    strbuf_add(buf,
               "\nA target is a pid, a session id as in log_line_prefix %c (673dd2b1.13e0f), or\n"
               "filters. \"pgquell COMMAND --help\" lists a command's options.\n");
    add_exit_statuses(buf);
}

ErrCode help_print(const Command *command)
{
    StrBuf buf;

    strbuf_init(&buf);
    if (command)
        help_command(&buf, command);
    else
        help_overview(&buf);
    (void) fputs(buf.text, stdout);
    strbuf_done(&buf);
    return ERR_NONE;
}

static ErrCode run(Scene *scene, Err *err)
{
    const Settings *settings = scene->settings;
    const Command *command;

    if (settings->word_count == 0)
        return help_print(NULL);
    if (settings->word_count > 1) {
        (void) err_set(err, ERR_USAGE, "unexpected word \"%s\"", settings->words[1]);
        return ERR_USAGE;
    }
    command = command_named(settings->words[0]);
    if (command)
        return help_print(command);
    command_unknown(settings->words[0], err);
    return ERR_USAGE;
}

const Command command_help = {
    .name = "help",
    .summary = "show all commands, or what one of them takes",
    .arguments = "[COMMAND]",
    .details =
        "Prints what \"pgquell --help\" prints or, with the name of a command, what \"pgquell "
        "COMMAND --help\" prints.",
    .options = 0,
    .needs = NEEDS_NOTHING,
    .takes_command = true,
    .run = run,
};
