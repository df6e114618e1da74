/* SPDX-License-Identifier: PostgreSQL */
/* Settings: what a command line says, parsed and checked. */
#ifndef PGQUELL_CMD_SETTINGS_H
#define PGQUELL_CMD_SETTINGS_H

#include "cmd/options.h"
#include "core/filter.h"
#include "core/target.h"

#define WORDS_MAX 1024    /* targets and other words on one command line */
#define PGBOUNCERS_MAX 16 /* consoles of one cluster */

typedef struct Settings {
    bool given[OPTIONS]; /* on the command line */
    /* connection */
    const char *host;
    const char *port;
    const char *user;
    const char *dbname; /* a name, a conninfo string or a URI */
    bool ask_password;
    bool never_password;
    const char *cluster;                    /* named by the configuration file */
    const char *config;                     /* that file, where it is not the usual one */
    const char *pgbouncers[PGBOUNCERS_MAX]; /* conninfo strings of consoles */
    size_t pgbouncer_count;
    /* targets */
    Filter filter;
    const char *words[WORDS_MAX];
    size_t word_count;
    /* actions */
    const char *reason;
    const char *ticket;
    const char *operator_name;
    const char *audit;
    const char *against; /* a server's log */
    int64_t older_than_us;
    Order order; /* without its kind and chosen_by */
    double pace_per_s;
    int limit;
    bool dry_run;
    bool yes;
    bool no_server_log;
    /* doors */
    bool keep_out;
    bool pause;
    bool disable;
    /* limits */
    int xmin_behind; /* transactions */
    /* output */
    int64_t watch_us; /* 0: once */
    bool dot;
    bool sql;
    bool json;
    bool quiet;
    const char *sort;
    bool help;
    bool version;
} Settings;

void settings_init(Settings *settings);
void settings_done(Settings *settings);

/* Where the command stands in argv: the first word that is neither an option nor the value of one;
 * argc when there is none. */
int settings_command_at(int argc, char *const *argv);

/* Parses argv (whose first word is skipped); options may stand anywhere, `--` ends them. `groups`
 * are the OPTION_ bits that the command takes. Texts are borrowed from argv. */
FALLIBLE bool settings_parse(Settings *settings, unsigned int groups, int argc, char *const *argv,
                             Err *err);

#endif
