/* SPDX-License-Identifier: PostgreSQL */
/* Options: the one table from which parsing, --help and the reference pages are made. */
#ifndef PGQUELL_CMD_OPTIONS_H
#define PGQUELL_CMD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/option_groups.h"

typedef enum OptionValue {
    VALUE_NONE,
    VALUE_REQUIRED,
    VALUE_FILE, /* required, and names a file */
    VALUE_OPTIONAL,
} OptionValue;

typedef enum OptionId {
    OPT_HOST,
    OPT_PORT,
    OPT_USERNAME,
    OPT_DBNAME,
    OPT_CLUSTER,
    OPT_CONFIG,
    OPT_PGBOUNCER,
    OPT_NO_PASSWORD,
    OPT_PASSWORD,
    OPT_ROLE,
    OPT_DATABASE,
    OPT_APPLICATION,
    OPT_CLIENT,
    OPT_STATE,
    OPT_BACKEND_TYPE,
    OPT_WAIT,
    OPT_QUERY,
    OPT_STATEMENT_LONGER,
    OPT_TRANSACTION_LONGER,
    OPT_IN_STATE_LONGER,
    OPT_BLOCKING,
    OPT_ALL,
    OPT_XMIN_BEHIND,
    OPT_SORT,
    OPT_WATCH,
    OPT_DOT,
    OPT_SQL,
    OPT_KEEP_OUT,
    OPT_PAUSE,
    OPT_DISABLE,
    OPT_REASON,
    OPT_TICKET,
    OPT_OPERATOR,
    OPT_AUDIT,
    OPT_AGAINST,
    OPT_OLDER_THAN,
    OPT_DRY_RUN,
    OPT_YES,
    OPT_LIMIT,
    OPT_GRACE,
    OPT_TIMEOUT,
    OPT_PACE,
    OPT_SCOPE,
    OPT_ALLOW,
    OPT_NO_SERVER_LOG,
    OPT_JSON,
    OPT_QUIET,
    OPT_HELP,
    OPT_VERSION,
    OPTIONS,
} OptionId;

typedef struct OptionRow {
    const char *name;    /* without the dashes */
    char letter;         /* '\0': none */
    unsigned int groups; /* in which it is */
    OptionValue value;
    const char *placeholder; /* of the value, in --help */
    const char *fallback;    /* the default, in words that can be typed; NULL: none */
    const char *text;        /* one line for --help */
} OptionRow;
extern const OptionRow option_rows[OPTIONS];

/* The words that an option takes, ended by NULL; NULL where its value is no word of a list. --help
 * and the manual list them after the row's text, completion offers them. */
extern const char *const *const option_choices[OPTIONS];

extern const char *const sort_keys[]; /* those of --sort */

/* Whether the next word is its value where none is joined to it. */
bool option_needs_value(const OptionRow *row);

/* Where help for a command that takes the groups `taken` lists the option: an option that is in two
 * of them is listed with the first. NULL where the command does not take it. */
const OptionGroup *option_group(const OptionRow *row, unsigned int taken);

#endif
