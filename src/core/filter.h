/* SPDX-License-Identifier: PostgreSQL */
/* Filter: which sessions are meant. Different predicates are ANDed, a repeated one is ORed.
 *
 * The same rules hold for the command line and for a policy. A predicate on something that the
 * server hides or does not have is not met. */
#ifndef PGQUELL_CORE_FILTER_H
#define PGQUELL_CORE_FILTER_H

#include "core/regex.h"
#include "core/session.h"

#define FILTER_VALUES_MAX 64 /* of one predicate */

typedef enum FilterText {
    FILTER_ROLE,
    FILTER_DATABASE,
    FILTER_APPLICATION,
    FILTER_STATE,
    FILTER_BACKEND_TYPE,
    FILTER_WAIT, /* of the type, the event, or type/event */
    FILTER_TEXTS,
} FilterText;

typedef enum FilterAge {
    FILTER_STATEMENT_AGE, /* of a statement that is active */
    FILTER_TRANSACTION_AGE,
    FILTER_STATE_AGE,
    FILTER_AGES,
} FilterAge;

typedef struct Network {
    unsigned char address[16]; /* IPv4 in the first four bytes */
    int bits;                  /* length of the prefix */
    bool v6;
} Network;

typedef struct Filter {
    const char *texts[FILTER_TEXTS][FILTER_VALUES_MAX]; /* borrowed */
    size_t text_counts[FILTER_TEXTS];
    int64_t ages[FILTER_AGES]; /* longer than this; TIME_UNKNOWN: not asked */
    Network clients[FILTER_VALUES_MAX];
    size_t client_count;
    bool client_local; /* `--client local`: through a Unix-domain socket */
    Regex *queries[FILTER_VALUES_MAX];
    size_t query_count;
    int blocking; /* at least so many wait for it directly; 0: not asked */
    bool all;
    unsigned int match_limit_hits; /* sessions that did not match because a regex gave up */
} Filter;

void filter_init(Filter *filter);
void filter_done(Filter *filter);

/* Each adds one value; the error says what would be right. Texts are borrowed. */
FALLIBLE bool filter_add_text(Filter *filter, FilterText which, const char *value, Err *err);
FALLIBLE bool filter_add_client(Filter *filter, const char *value, Err *err);
FALLIBLE bool filter_add_query(Filter *filter, const char *pattern, Err *err);

/* Whether anything was asked, `all` included. */
bool filter_given(const Filter *filter);

/* Whether the session meets it. For one that is hidden from our role, predicates on hidden columns
 * count as met: it can only be refused, and its owner should hear of it. */
bool filter_matches(Filter *filter, const Session *session, int64_t now_us);

/* CHOSEN_ bits (core/target.h) of what it looks at. */
unsigned int filter_chosen_by(const Filter *filter);

#endif
