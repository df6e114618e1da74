/* SPDX-License-Identifier: PostgreSQL */
/* Settings: the command line, by getopt_long() over the table of options. */
#include "cmd/settings.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cmd/mistyped.h"
#include "core/pace.h"

#define LIMIT_MAX 1000000
#define XMIN_BEHIND 1000000
#define XMIN_BEHIND_MAX 2000000000
#define WATCH_MIN_US (100 * US_PER_MS)
#define OPTION_BASE 1000 /* getopt_long()'s value of option i is this plus i */

void settings_init(Settings *settings)
{
    memset(settings, 0, sizeof(*settings));
    filter_init(&settings->filter);
    settings->order.grace_us = 5 * US_PER_S;
    settings->order.timeout_us = 30 * US_PER_S;
    settings->pace_per_s = 50;
    settings->limit = 10;
    settings->xmin_behind = XMIN_BEHIND;
    settings->sort = sort_keys[0];
}

void settings_done(Settings *settings)
{
    filter_done(&settings->filter);
}

static bool bad_value(const OptionRow *row, const char *value, const char *wanted, Err *err)
{
    (void) err_set(err, ERR_USAGE, "invalid value \"%s\" for --%s", value, row->name);
    return err_hint(err, "%s", wanted);
}

/* The place of a word among the option's choices; the error suggests the nearest. */
static bool parse_choice(OptionId id, const char *value, size_t *ret_index, Err *err)
{
    const char *const *words = option_choices[id];
    const char *nearest;
    size_t count = 0;
    StrBuf list;

    strbuf_init(&list);
    for (; words[count]; count++) {
        strbuf_printf(&list, "%s%s", count ? ", " : "", words[count]);
        if (strcmp(words[count], value) == 0) {
            strbuf_done(&list);
            *ret_index = count;
            return true;
        }
    }
    nearest = text_nearest(value, words, count);
    (void) err_set(err, ERR_USAGE, "invalid value \"%s\" for --%s", value, option_rows[id].name);
    (void) err_hint(err, "%s%s%sIt takes one of: %s.", nearest ? "Did you mean \"" : "",
                    nearest ? nearest : "", nearest ? "\"? " : "", list.text);
    strbuf_done(&list);
    return false;
}

static bool bad_count(const OptionRow *row, const char *value, int most, Err *err)
{
    (void) bad_value(row, value, "", err);
    return err_hint(err, "It takes a whole number from 1 to %d.", most);
}

static bool parse_count(const OptionRow *row, const char *value, int most, int *ret_count, Err *err)
{
    char *rest;
    long count;

    errno = 0;
    count = strtol(value, &rest, 10);
    if (errno != 0 || rest == value || *rest != '\0' || count < 1 || count > most)
        return bad_count(row, value, most, err);
    *ret_count = (int) count;
    return true;
}

/* The error of a duration, with the option's name in front. */
static bool parse_duration(OptionId id, const char *value, int64_t *ret_us, Err *err)
{
    Err bad;

    if (duration_parse(value, ret_us, &bad))
        return true;
    (void) err_set(err, ERR_USAGE, "--%s: %s", option_rows[id].name, bad.message);
    return err_hint(err, "%s", bad.hint);
}

static bool parse_pace(const OptionRow *row, const char *value, double *ret_per_s, Err *err)
{
    return pace_parse(value, ret_per_s) || bad_value(row, value, PACE_WANTED, err);
}

static bool parse_scope(Settings *settings, const char *value, Err *err)
{
    static const Scope scopes[] = {SCOPE_STATEMENT, SCOPE_TRANSACTION, SCOPE_SESSION};
    size_t index;

    if (!parse_choice(OPT_SCOPE, value, &index, err))
        return false;
    settings->order.scope = scopes[index];
    return true;
}

static bool parse_allow(Settings *settings, const char *value, Err *err)
{
    size_t index;

    if (!parse_choice(OPT_ALLOW, value, &index, err))
        return false;
    settings->order.allow |= 1U << index; /* the words stand in the order of the ALLOW_ bits */
    return true;
}

static bool parse_sort(Settings *settings, const char *value, Err *err)
{
    size_t index;

    if (!parse_choice(OPT_SORT, value, &index, err))
        return false;
    settings->sort = sort_keys[index];
    return true;
}

/* Options that are kept as they stand. */
static const char **text_of(Settings *settings, OptionId id)
{
    switch (id) {
    case OPT_HOST:
        return &settings->host;
    case OPT_PORT:
        return &settings->port;
    case OPT_USERNAME:
        return &settings->user;
    case OPT_DBNAME:
        return &settings->dbname;
    case OPT_REASON:
        return &settings->reason;
    case OPT_TICKET:
        return &settings->ticket;
    case OPT_OPERATOR:
        return &settings->operator_name;
    case OPT_AUDIT:
        return &settings->audit;
    case OPT_AGAINST:
        return &settings->against;
    case OPT_CLUSTER:
        return &settings->cluster;
    case OPT_CONFIG:
        return &settings->config;
    default:
        return NULL;
    }
}

static bool *flag_of(Settings *settings, OptionId id)
{
    switch (id) {
    case OPT_NO_PASSWORD:
        return &settings->never_password;
    case OPT_PASSWORD:
        return &settings->ask_password;
    case OPT_ALL:
        return &settings->filter.all;
    case OPT_DRY_RUN:
        return &settings->dry_run;
    case OPT_YES:
        return &settings->yes;
    case OPT_NO_SERVER_LOG:
        return &settings->no_server_log;
    case OPT_KEEP_OUT:
        return &settings->keep_out;
    case OPT_PAUSE:
        return &settings->pause;
    case OPT_DISABLE:
        return &settings->disable;
    case OPT_DOT:
        return &settings->dot;
    case OPT_SQL:
        return &settings->sql;
    case OPT_JSON:
        return &settings->json;
    case OPT_QUIET:
        return &settings->quiet;
    case OPT_HELP:
        return &settings->help;
    case OPT_VERSION:
        return &settings->version;
    default:
        return NULL;
    }
}

/* Options of the filter: answers false in *ret_known for any other. */
static bool parse_filter(Settings *settings, OptionId id, const char *value, bool *ret_known,
                         Err *err)
{
    Filter *filter = &settings->filter;

    *ret_known = true;
    switch (id) {
    case OPT_ROLE:
        return filter_add_text(filter, FILTER_ROLE, value, err);
    case OPT_DATABASE:
        return filter_add_text(filter, FILTER_DATABASE, value, err);
    case OPT_APPLICATION:
        return filter_add_text(filter, FILTER_APPLICATION, value, err);
    case OPT_STATE:
        return filter_add_text(filter, FILTER_STATE, value, err);
    case OPT_BACKEND_TYPE:
        return filter_add_text(filter, FILTER_BACKEND_TYPE, value, err);
    case OPT_WAIT:
        return filter_add_text(filter, FILTER_WAIT, value, err);
    case OPT_CLIENT:
        return filter_add_client(filter, value, err);
    case OPT_QUERY:
        return filter_add_query(filter, value, err);
    case OPT_STATEMENT_LONGER:
        return parse_duration(id, value, &filter->ages[FILTER_STATEMENT_AGE], err);
    case OPT_TRANSACTION_LONGER:
        return parse_duration(id, value, &filter->ages[FILTER_TRANSACTION_AGE], err);
    case OPT_IN_STATE_LONGER:
        return parse_duration(id, value, &filter->ages[FILTER_STATE_AGE], err);
    default:
        *ret_known = false;
        return true;
    }
}

static bool parse_watch(Settings *settings, const OptionRow *row, const char *value, Err *err)
{
    if (!parse_duration(OPT_WATCH, value, &settings->watch_us, err))
        return false;
    if (settings->watch_us < WATCH_MIN_US)
        return bad_value(row, value, "It takes 100ms or more, such as 2s.", err);
    return true;
}

static bool add_pgbouncer(Settings *settings, const char *value, Err *err)
{
    if (settings->pgbouncer_count == PGBOUNCERS_MAX)
        return err_set(err, ERR_USAGE, "too many --pgbouncer: at most %d can be named",
                       PGBOUNCERS_MAX);
    settings->pgbouncers[settings->pgbouncer_count++] = value;
    return true;
}

static bool take_value(Settings *settings, OptionId id, const char *value, Err *err)
{
    const OptionRow *row = &option_rows[id];

    switch (id) {
    case OPT_BLOCKING:
        return parse_count(row, value ? value : row->fallback, LIMIT_MAX,
                           &settings->filter.blocking, err);
    case OPT_LIMIT:
        return parse_count(row, value, LIMIT_MAX, &settings->limit, err);
    case OPT_XMIN_BEHIND:
        return parse_count(row, value, XMIN_BEHIND_MAX, &settings->xmin_behind, err);
    case OPT_GRACE:
        return parse_duration(id, value, &settings->order.grace_us, err);
    case OPT_TIMEOUT:
        return parse_duration(id, value, &settings->order.timeout_us, err);
    case OPT_OLDER_THAN:
        return parse_duration(id, value, &settings->older_than_us, err);
    case OPT_PACE:
        return parse_pace(row, value, &settings->pace_per_s, err);
    case OPT_SCOPE:
        return parse_scope(settings, value, err);
    case OPT_ALLOW:
        return parse_allow(settings, value, err);
    case OPT_WATCH:
        return parse_watch(settings, row, value, err);
    case OPT_PGBOUNCER:
        return add_pgbouncer(settings, value, err);
    default:
        assert(id == OPT_SORT);
        return parse_sort(settings, value, err);
    }
}

static bool take_option(Settings *settings, OptionId id, const char *value, Err *err)
{
    bool *flag = flag_of(settings, id);
    const char **text = text_of(settings, id);
    bool known;

    settings->given[id] = true;
    if (flag) {
        *flag = true;
        return true;
    }
    if (text) {
        *text = value;
        return true;
    }
    if (!parse_filter(settings, id, value, &known, err))
        return false;
    return known || take_value(settings, id, value, err);
}

/* The tables that getopt_long() wants, of the options that the command takes. */
static void getopt_tables(unsigned int groups, struct option longs[OPTIONS + 1],
                          char shorts[2 * OPTIONS + 3])
{
    size_t count = 0;
    size_t at = 0;

    shorts[at++] = ':'; /* tells a missing value from an unknown option */
    for (int id = 0; id < OPTIONS; id++) {
        const OptionRow *row = &option_rows[id];

        if (!(row->groups & groups))
            continue;
        longs[count++] = (struct option){.name = row->name,
                                         .has_arg = row->value == VALUE_NONE  ? no_argument
                                                    : option_needs_value(row) ? required_argument
                                                                              : optional_argument,
                                         .val = OPTION_BASE + id};
        if (row->letter != '\0' && row->letter != '?') {
            shorts[at++] = row->letter;
            if (option_needs_value(row))
                shorts[at++] = ':';
        }
    }
    longs[count] = (struct option){0};
    shorts[at] = '\0';
}

static OptionId id_of_letter(int letter)
{
    int id = 0;

    while (option_rows[id].letter != letter)
        id++;
    return (OptionId) id;
}

/* What getopt_long() answered, as an option or an error. */
static bool take_answer(Settings *settings, unsigned int groups, int answer, const char *given,
                        Err *err)
{
    OptionId id;

    if (answer == ':')
        return err_set(err, ERR_USAGE, "option \"%s\" needs a value", given);
    if (answer == '?' && optopt != 0 && optopt < OPTION_BASE) /* a letter, and its word may go on */
        return err_set(err, ERR_USAGE, "unknown option \"-%c\"", optopt);
    if (answer == '?')
        return mistyped_option(groups, given, err);
    id = answer >= OPTION_BASE ? (OptionId) (answer - OPTION_BASE) : id_of_letter(answer);
    return take_option(settings, id, optarg, err);
}

int settings_command_at(int argc, char *const *argv)
{
    struct option longs[OPTIONS + 1];
    char shorts[2 * OPTIONS + 4] = "+"; /* the first word ends the options */
    int answer;

    getopt_tables(~0U, longs, shorts + 1);
    opterr = 0;
    optind = 0;
    do
        answer = getopt_long(argc, argv, shorts, longs, NULL);
    while (answer != -1);
    return optind;
}

/* `-?` is taken out first, since getopt_long() uses that letter for what it does not know. */
static bool is_help(const char *word)
{
    return strcmp(word, "-?") == 0;
}

bool settings_parse(Settings *settings, unsigned int groups, int argc, char *const *argv, Err *err)
{
    struct option longs[OPTIONS + 1];
    char shorts[2 * OPTIONS + 3];

    getopt_tables(groups, longs, shorts);
    opterr = 0;
    optind = 0;
    for (;;) {
        int next = optind ? optind : 1;
        int answer;

        if (next < argc && is_help(argv[next])) {
            settings->help = true;
            return true;
        }
        answer = getopt_long(argc, argv, shorts, longs, NULL);
        if (answer == -1)
            break;
        if (!take_answer(settings, groups, answer, argv[optind - 1], err))
            return false;
    }
    for (int i = optind; i < argc; i++) {
        if (settings->word_count == WORDS_MAX)
            return err_set(err, ERR_USAGE, "too many targets: at most %d can be named", WORDS_MAX);
        settings->words[settings->word_count++] = argv[i];
    }
    return true;
}
