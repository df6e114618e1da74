/* SPDX-License-Identifier: PostgreSQL */
/* Man: sections made from the tables, around the few texts that no table has. */
#include "pages/man.h"

#include <ctype.h>

#include "audit/place.h"
#include "cmd/help.h"
#include "pages/roff.h"
#include "policy/config.h"

typedef struct Entry {
    const char *names; /* with commas between them; NULL ends a table */
    const char *text;
} Entry;

static const Entry environment[] = {
    {"PGHOST, PGPORT, PGUSER, PGDATABASE, PGPASSWORD, PGSERVICE, PGSSLMODE",
     "The connection, with every other variable that libpq knows, as for psql. Without PGDATABASE "
     "and PGSERVICE the database is postgres."},
    {"SUDO_USER", "Who acts, where --operator does not say it and sudo was used."},
    {"XDG_CONFIG_HOME", "Where the user's configuration file lies, in place of ~/.config."},
    {"XDG_STATE_HOME", "Where the user's audit store lies, in place of ~/.local/state."},
    {"HOME", "Stands for ~ in the names of these files."},
    {"NO_COLOR", "Where it is set and not empty, nothing is coloured."},
    {"TERM", "Where it is not set, or \"dumb\", nothing is coloured."},
    {"COLUMNS", "The width of a listing, where it is not the terminal's."},
    {"PATH", "Where the demonstration looks for PostgreSQL's programs, after Debian's places."},
    {"TMPDIR", "Where the demonstration makes its cluster, in place of /tmp."},
    {NULL, NULL},
};

static const Entry files[] = {
    {PLACE_SHARED,
     "The audit store of a team, where it exists and may be written. Nobody makes it unasked."},
    {"~/.local/state/pgquell/audit.db", "The user's own audit store, where there is no other."},
    {"~/.config/pgquell/config.yaml, " CONFIG_SYSTEM,
     "The configuration of the user and of the system: clusters by name, protected sessions, "
     "defaults."},
    {"~/.pgpass, ~/.pg_service.conf", "Passwords and connection services, as for psql."},
    {NULL, NULL},
};

static const Entry examples[] = {
    {"pgquell ps -h db1 -U dba", "What clients do, the longest-running first."},
    {"pgquell stop --blocking --dry-run",
     "Who holds the others up, and what would be done about it."},
    {"pgquell stop 4711 --reason 'blocks the payroll' --ticket OPS-17",
     "Cancels what session 4711 runs, and terminates the session only where that does not help."},
    {"pgquell log", "What was done, by whom, and what came of it."},
    {NULL, NULL},
};

static void begin(StrBuf *buf, const char *command)
{
    strbuf_add(buf, ".\\\" SPDX-License-Identifier: PostgreSQL\n"
                    ".\\\" Made from the tables of pgquell's commands and options.\n"
                    ".TH PGQUELL");
    for (const char *at = command; at && *at; at++) {
        if (at == command)
            strbuf_add(buf, "\\-");
        if (*at == '-')
            strbuf_add(buf, "\\-");
        else
            strbuf_add_char(buf, (char) toupper((unsigned char) *at));
    }
    strbuf_add(buf, " 1 " PGQUELL_DATE " \"pgquell " PGQUELL_VERSION "\" \"pgquell\"\n");
}

static void section(StrBuf *buf, const char *title)
{
    strbuf_printf(buf, ".SH %s\n", title);
}

static void add_command_name(StrBuf *buf, const Command *command)
{
    strbuf_add(buf, "pgquell\\-");
    roff_add(buf, command->name);
}

static void add_option(StrBuf *buf, OptionId id)
{
    const OptionRow *row = &option_rows[id];
    StrBuf text;

    strbuf_add(buf, ".TP\n");
    if (row->letter != '\0')
        strbuf_printf(buf, "\\fB\\-%c\\fR, ", row->letter);
    strbuf_add(buf, "\\fB\\-\\-");
    roff_add(buf, row->name);
    strbuf_add(buf, "\\fR");
    if (option_needs_value(row))
        strbuf_printf(buf, " \\fI%s\\fR", row->placeholder);
    else if (row->value == VALUE_OPTIONAL)
        strbuf_printf(buf, "[=\\fI%s\\fR]", row->placeholder);
    strbuf_add_char(buf, '\n');
    strbuf_init(&text);
    help_option_text(&text, id);
    roff_text(buf, text.text);
    strbuf_done(&text);
}

static void add_options(StrBuf *buf, unsigned int taken)
{
    for (const OptionGroup *group = option_groups; group->title; group++) {
        bool titled = false;

        for (int id = 0; id < OPTIONS; id++) {
            if (option_group(&option_rows[id], taken) != group)
                continue;
            if (!titled) {
                strbuf_add(buf, ".SS ");
                roff_line(buf, group->title);
            }
            titled = true;
            add_option(buf, (OptionId) id);
        }
    }
}

static void add_exit_statuses(StrBuf *buf)
{
    section(buf, "EXIT STATUS");
    for (int code = 0; code < 256; code++) {
        if (!err_code_meaning(code))
            continue;
        strbuf_printf(buf, ".TP\n.B %d\n", code);
        roff_text(buf, err_code_meaning(code));
    }
}

static void add_entries(StrBuf *buf, const char *title, const Entry *entries)
{
    section(buf, title);
    for (const Entry *entry = entries; entry->names; entry++) {
        strbuf_add(buf, ".TP\n.B ");
        roff_line(buf, entry->names);
        roff_text(buf, entry->text);
    }
}

/* Of all the others. */
static void add_see_also(StrBuf *buf, const Command *own)
{
    section(buf, "SEE ALSO");
    if (own)
        strbuf_add(buf, ".BR pgquell (1),\n");
    for (const Command *const *command = commands; *command; command++) {
        if (*command == own)
            continue;
        strbuf_add(buf, ".BR ");
        add_command_name(buf, *command);
        strbuf_add(buf, " (1),\n");
    }
    strbuf_add(buf, ".BR psql (1)\n");
}

static void add_commands(StrBuf *buf)
{
    section(buf, "COMMANDS");
    roff_text(buf, "Every command has a page of its own, with all the options that it takes.");
    for (const Command *const *command = commands; *command; command++) {
        strbuf_add(buf, ".TP\n.BR ");
        add_command_name(buf, *command);
        strbuf_add(buf, " (1)\n");
        roff_text(buf, (*command)->summary);
    }
}

void man_overview(StrBuf *buf)
{
    begin(buf, NULL);
    section(buf, "NAME");
    strbuf_add(buf, "pgquell \\- stop what has to be stopped in PostgreSQL\n");
    section(buf, "SYNOPSIS");
    roff_synopsis(buf, "pgquell COMMAND [TARGET]... [OPTION]...");
    strbuf_add_char(buf, '\n');
    section(buf, "DESCRIPTION");
    roff_text(buf,
              "Stops the PostgreSQL statement, transaction or session that has to be stopped, and "
              "nothing else. It finds it, says what stopping it would do, sends the mildest signal "
              "that can work to exactly that one, watches until the effect is seen, escalates only "
              "where it was not, and keeps a tamper-evident record of who did what to whom and "
              "why. It works with PostgreSQL 10 to 18, primary or standby, and needs nothing "
              "installed on the server.");
    add_commands(buf);
    section(buf, "TARGETS");
    roff_text(buf,
              "A target is a pid, a session id as in log_line_prefix %c (673dd2b1.13e0f), or what "
              "the filters pick. A pid stands for the session that is seen under it: where another "
              "session has it by the time of the signal, nothing is sent. Filters must all hold; "
              "of one that is repeated, any value may.");
    section(buf, "OPTIONS");
    roff_text(buf, "Options may stand anywhere, and \"--\" ends them. A long one may be shortened "
                   "as far as it stays unambiguous. Commands that connect to a server take these.");
    add_options(buf, OPTION_CONNECTION | OPTION_GENERAL);
    add_exit_statuses(buf);
    add_entries(buf, "ENVIRONMENT", environment);
    add_entries(buf, "FILES", files);
    add_entries(buf, "EXAMPLES", examples);
    add_see_also(buf, NULL);
}

void man_command(StrBuf *buf, const Command *command)
{
    begin(buf, command->name);
    section(buf, "NAME");
    add_command_name(buf, command);
    strbuf_add(buf, " \\- ");
    roff_text(buf, command->summary);
    section(buf, "SYNOPSIS");
    roff_synopsis(buf, "pgquell ");
    roff_synopsis(buf, command->name);
    strbuf_add_char(buf, ' ');
    roff_synopsis(buf, command->arguments);
    strbuf_add(buf, command->arguments[0] ? " " : "");
    roff_synopsis(buf, "[OPTION]...");
    strbuf_add_char(buf, '\n');
    section(buf, "DESCRIPTION");
    roff_text(buf, command->details);
    section(buf, "OPTIONS");
    add_options(buf, command->options | OPTION_GENERAL);
    add_exit_statuses(buf);
    add_see_also(buf, command);
}
