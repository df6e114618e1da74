/* SPDX-License-Identifier: PostgreSQL */
/* Options: the table. */
#include "cmd/options.h"

#include "core/session.h"

const char *const sort_keys[] = {"busy", "session",  "transaction", "statement", "state", "pid",
                                 "role", "database", "application", "waiters",   NULL};
static const char *const scope_words[] = {"statement", "transaction", "session", NULL};
static const char *const allow_words[] = {"syncrep",    "concurrently", "walsender",
                                          "autovacuum", "protected",    NULL};

const char *const *const option_choices[OPTIONS] = {
    [OPT_STATE] = &state_names[STATE_ACTIVE],
    [OPT_SORT] = sort_keys,
    [OPT_SCOPE] = scope_words,
    [OPT_ALLOW] = allow_words,
};

const OptionGroup option_groups[] = {
    {OPTION_FILTER | OPTION_PREPARED, "Filters (all must hold; a repeated one: any of its values)"},
    {OPTION_WHO, "Who"},
    {OPTION_DOOR, "Door"},
    {OPTION_AGES | OPTION_XMIN, "Limits"},
    {OPTION_LISTING, "Listing"},
    {OPTION_WATCH | OPTION_TREE | OPTION_DOCTOR, "Display"},
    {OPTION_ACTION | OPTION_ROLLBACK, "Action"},
    {OPTION_AUDIT | OPTION_STORE, "Audit"},
    {OPTION_PRUNE, "Prune"},
    {OPTION_OUTPUT, "Output"},
    {OPTION_CONNECTION, "Connection (as in psql; PG* variables, services, ~/.pgpass)"},
    {OPTION_GENERAL, "General"},
    {0, NULL},
};

const OptionRow option_rows[OPTIONS] = {
    [OPT_HOST] = {"host", 'h', OPTION_CONNECTION, VALUE_REQUIRED, "HOST", NULL,
                  "server's host or socket directory"},
    [OPT_PORT] = {"port", 'p', OPTION_CONNECTION, VALUE_REQUIRED, "PORT", NULL, "server's port"},
    [OPT_USERNAME] = {"username", 'U', OPTION_CONNECTION, VALUE_REQUIRED, "ROLE", NULL,
                      "role to connect as"},
    [OPT_DBNAME] = {"dbname", 'd', OPTION_CONNECTION, VALUE_REQUIRED, "DATABASE", "postgres",
                    "database, conninfo string or URI to connect with"},
    [OPT_CLUSTER] = {"cluster", '\0', OPTION_CONNECTION | OPTION_AUDIT, VALUE_REQUIRED, "NAME",
                     NULL, "cluster that the configuration file names"},
    [OPT_CONFIG] = {"config", '\0', OPTION_CONNECTION | OPTION_AUDIT, VALUE_FILE, "FILE", NULL,
                    "configuration file, in place of the user's and the system's"},
    [OPT_PGBOUNCER] = {"pgbouncer", '\0', OPTION_CONNECTION, VALUE_REQUIRED, "CONNINFO", NULL,
                       "console of a PgBouncer in front of the server; may be repeated"},
    [OPT_NO_PASSWORD] = {"no-password", 'w', OPTION_CONNECTION, VALUE_NONE, NULL, NULL,
                         "never ask for a password"},
    [OPT_PASSWORD] = {"password", 'W', OPTION_CONNECTION, VALUE_NONE, NULL, NULL,
                      "ask for a password before connecting"},
    [OPT_ROLE] = {"role", '\0', OPTION_FILTER | OPTION_WHO | OPTION_PREPARED, VALUE_REQUIRED,
                  "NAME", NULL, "login role, or owner; * and ? are wild"},
    [OPT_DATABASE] = {"database", '\0', OPTION_FILTER | OPTION_WHO | OPTION_PREPARED,
                      VALUE_REQUIRED, "NAME", NULL, "database; * and ? are wild"},
    [OPT_APPLICATION] = {"application", '\0', OPTION_FILTER | OPTION_WHO, VALUE_REQUIRED, "NAME",
                         NULL, "application_name; * and ? are wild"},
    [OPT_CLIENT] = {"client", '\0', OPTION_FILTER, VALUE_REQUIRED, "ADDRESS", NULL,
                    "address, network (10.1.0.0/16), or \"local\" for sockets"},
    [OPT_STATE] = {"state", '\0', OPTION_FILTER, VALUE_REQUIRED, "STATE", NULL,
                   "state, where \"idle in transaction\" includes its aborted kind"},
    [OPT_BACKEND_TYPE] = {"backend-type", '\0', OPTION_FILTER, VALUE_REQUIRED, "TYPE", NULL,
                          "kind of process, such as \"walsender\""},
    [OPT_WAIT] = {"wait", '\0', OPTION_FILTER, VALUE_REQUIRED, "WAIT", NULL,
                  "wait event, its type, or TYPE/EVENT"},
    [OPT_QUERY] = {"query", '\0', OPTION_FILTER, VALUE_REQUIRED, "REGEX", NULL,
                   "statement's text (PCRE2, case-sensitive)"},
    [OPT_STATEMENT_LONGER] = {"statement-longer", '\0', OPTION_FILTER | OPTION_AGES, VALUE_REQUIRED,
                              "TIME", NULL,
                              "active statement is older, such as 250ms, 30s, 5min, 2h, 1d"},
    [OPT_TRANSACTION_LONGER] = {"transaction-longer", '\0', OPTION_FILTER | OPTION_AGES,
                                VALUE_REQUIRED, "TIME", NULL, "transaction is older"},
    [OPT_IN_STATE_LONGER] = {"in-state-longer", '\0', OPTION_FILTER | OPTION_AGES | OPTION_PREPARED,
                             VALUE_REQUIRED, "TIME", NULL, "has been in its state for longer"},
    [OPT_BLOCKING] = {"blocking", '\0', OPTION_FILTER | OPTION_PREPARED, VALUE_OPTIONAL, "N", "1",
                      "N sessions or more wait for it; actions spare its victims"},
    [OPT_ALL] = {"all", '\0', OPTION_FILTER | OPTION_PREPARED, VALUE_NONE, NULL, NULL,
                 "every one (ps: also background processes)"},
    [OPT_XMIN_BEHIND] = {"xmin-behind", '\0', OPTION_XMIN, VALUE_REQUIRED, "N", "1000000",
                         "xmin horizon is more transactions back"},
    [OPT_SORT] = {"sort", '\0', OPTION_LISTING, VALUE_REQUIRED, "KEY", "busy", "what comes first"},
    [OPT_WATCH] = {"watch", '\0', OPTION_WATCH, VALUE_REQUIRED, "TIME", NULL,
                   "draw it anew at this interval, until Ctrl-C"},
    [OPT_DOT] = {"dot", '\0', OPTION_TREE, VALUE_NONE, NULL, NULL,
                 "a graph for Graphviz, such as for \"dot -Tsvg\""},
    [OPT_SQL] = {"sql", '\0', OPTION_DOCTOR, VALUE_NONE, NULL, NULL,
                 "only the SQL to run, as a psql script"},
    [OPT_KEEP_OUT] = {"keep-out", '\0', OPTION_DOOR, VALUE_NONE, NULL, NULL,
                      "close the door first; \"let-in\" opens it again"},
    [OPT_PAUSE] = {"pause", '\0', OPTION_DOOR, VALUE_NONE, NULL, NULL,
                   "PAUSE the database at the PgBouncers; \"let-in\" resumes it"},
    [OPT_DISABLE] = {"disable", '\0', OPTION_DOOR, VALUE_NONE, NULL, NULL,
                     "DISABLE the database at the PgBouncers; \"let-in\" enables it"},
    [OPT_REASON] = {"reason", '\0', OPTION_ACTION | OPTION_PRUNE | OPTION_ROLLBACK, VALUE_REQUIRED,
                    "TEXT", NULL, "why; kept in the audit trail and the server's log"},
    [OPT_TICKET] = {"ticket", '\0', OPTION_ACTION | OPTION_PRUNE | OPTION_ROLLBACK, VALUE_REQUIRED,
                    "ID", NULL, "incident or change that this belongs to"},
    [OPT_OPERATOR] = {"operator", '\0', OPTION_ACTION | OPTION_PRUNE | OPTION_ROLLBACK,
                      VALUE_REQUIRED, "NAME", NULL, "who acts, if not the operating system's user"},
    [OPT_AUDIT] = {"audit", '\0', OPTION_ACTION | OPTION_AUDIT | OPTION_STORE | OPTION_ROLLBACK,
                   VALUE_FILE, "FILE", NULL, "audit store"},
    [OPT_AGAINST] = {"against", '\0', OPTION_AUDIT, VALUE_FILE, "SERVERLOG", NULL,
                     "verify: the heads in this server log are in it"},
    [OPT_OLDER_THAN] = {"older-than", '\0', OPTION_PRUNE, VALUE_REQUIRED, "TIME", NULL,
                        "prune: remove what is older, such as 90d"},
    [OPT_DRY_RUN] = {"dry-run", 'n', OPTION_ACTION | OPTION_PRUNE | OPTION_ROLLBACK, VALUE_NONE,
                     NULL, NULL, "show what would be done and why; send nothing"},
    [OPT_YES] = {"yes", 'y', OPTION_ACTION | OPTION_PRUNE | OPTION_ROLLBACK, VALUE_NONE, NULL, NULL,
                 "do not ask"},
    [OPT_LIMIT] = {"limit", '\0', OPTION_ACTION | OPTION_ROLLBACK, VALUE_REQUIRED, "N", "10",
                   "refuse when more sessions match"},
    [OPT_GRACE] = {"grace", '\0', OPTION_ACTION, VALUE_REQUIRED, "TIME", "5s",
                   "wait after every remedy but the last"},
    [OPT_TIMEOUT] = {"timeout", '\0', OPTION_ACTION | OPTION_ROLLBACK, VALUE_REQUIRED, "TIME",
                     "30s", "how long the last remedy is watched, and a lost server waited for"},
    [OPT_PACE] = {"pace", '\0', OPTION_ACTION, VALUE_REQUIRED, "N/s", "50/s",
                  "signals a second at most"},
    [OPT_SCOPE] = {"scope", '\0', OPTION_ACTION, VALUE_REQUIRED, "SCOPE", NULL,
                   "what has to be over"},
    [OPT_ALLOW] = {"allow", '\0', OPTION_ACTION | OPTION_ROLLBACK, VALUE_REQUIRED, "KIND", NULL,
                   "act on it all the same"},
    [OPT_NO_SERVER_LOG] = {"no-server-log", '\0', OPTION_ACTION | OPTION_ROLLBACK, VALUE_NONE, NULL,
                           NULL, "write no LOG line to the server's log"},
    [OPT_JSON] = {"json", '\0', OPTION_OUTPUT, VALUE_NONE, NULL, NULL, "one JSON object a line"},
    [OPT_QUIET] = {"quiet", 'q', OPTION_OUTPUT, VALUE_NONE, NULL, NULL, "print errors only"},
    [OPT_HELP] = {"help", '?', OPTION_GENERAL, VALUE_NONE, NULL, NULL, "show this help"},
    [OPT_VERSION] = {"version", 'V', OPTION_GENERAL, VALUE_NONE, NULL, NULL, "show the version"},
};

bool option_needs_value(const OptionRow *row)
{
    return row->value == VALUE_REQUIRED || row->value == VALUE_FILE;
}

const OptionGroup *option_group(const OptionRow *row, unsigned int taken)
{
    for (const OptionGroup *group = option_groups; group->title; group++)
        if (row->groups & group->group & taken)
            return group;
    return NULL;
}
