/* SPDX-License-Identifier: PostgreSQL */
/* Filter: which sessions are meant. */
#include "core/filter.h"

#include <arpa/inet.h>
#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/target.h"

static const char *const text_predicates[FILTER_TEXTS] = {
    [FILTER_ROLE] = "role",
    [FILTER_DATABASE] = "database",
    [FILTER_APPLICATION] = "application",
    [FILTER_STATE] = "state",
    [FILTER_BACKEND_TYPE] = "backend type",
    [FILTER_WAIT] = "wait",
};

void filter_init(Filter *filter)
{
    memset(filter, 0, sizeof(*filter));
    for (size_t i = 0; i < FILTER_AGES; i++)
        filter->ages[i] = TIME_UNKNOWN;
}

void filter_done(Filter *filter)
{
    for (size_t i = 0; i < filter->query_count; i++)
        regex_free(filter->queries[i]);
    filter->query_count = 0;
}

static bool too_many(const char *predicate, Err *err)
{
    return err_set(err, ERR_USAGE, "too many values for %s: at most %d are allowed", predicate,
                   FILTER_VALUES_MAX);
}

/* A state is one of PostgreSQL's names, unless it is a glob. */
static bool state_is_known(const char *value, Err *err)
{
    const char *names[STATE_STARTING + 1];
    const char *nearest;
    size_t count = 0;

    if (strpbrk(value, "*?") || state_named(value) != STATE_UNKNOWN)
        return true;
    for (int state = STATE_ACTIVE; state <= STATE_STARTING; state++)
        names[count++] = state_name((SessionState) state);
    nearest = text_nearest(value, names, count);
    (void) err_set(err, ERR_USAGE, "unknown state \"%s\"", value);
    return err_hint(
        err,
        "%s%s%sStates are: active, idle, idle in transaction, idle in transaction (aborted), "
        "fastpath function call, disabled, starting.",
        nearest ? "Did you mean \"" : "", nearest ? nearest : "", nearest ? "\"? " : "");
}

bool filter_add_text(Filter *filter, FilterText which, const char *value, Err *err)
{
    size_t *count = &filter->text_counts[which];

    assert(which < FILTER_TEXTS);
    if (*count == FILTER_VALUES_MAX)
        return too_many(text_predicates[which], err);
    if (which == FILTER_STATE && !state_is_known(value, err))
        return false;
    filter->texts[which][(*count)++] = value;
    return true;
}

/* The length of the prefix behind the slash, or all of the address without one. */
static bool parse_bits(const char *digits, int most, int *ret_bits)
{
    char *rest;
    long bits;

    if (!digits) {
        *ret_bits = most;
        return true;
    }
    bits = strtol(digits, &rest, 10); /* out of range answers a limit, which is too many */
    if (!isdigit((unsigned char) digits[0]) || *rest != '\0' || bits > most)
        return false;
    *ret_bits = (int) bits;
    return true;
}

static bool parse_network(const char *value, Network *ret_network)
{
    char address[INET6_ADDRSTRLEN + 1];
    const char *slash = strchr(value, '/');
    size_t length = slash ? (size_t) (slash - value) : strlen(value);
    Network network = {0};

    if (length >= sizeof(address))
        return false;
    memcpy(address, value, length);
    address[length] = '\0';
    network.v6 = strchr(address, ':') != NULL;
    if (inet_pton(network.v6 ? AF_INET6 : AF_INET, address, network.address) != 1)
        return false;
    if (!parse_bits(slash ? slash + 1 : NULL, network.v6 ? 128 : 32, &network.bits))
        return false;
    *ret_network = network;
    return true;
}

bool filter_add_client(Filter *filter, const char *value, Err *err)
{
    if (strcmp(value, "local") == 0) {
        filter->client_local = true;
        return true;
    }
    if (filter->client_count == FILTER_VALUES_MAX)
        return too_many("client", err);
    if (!parse_network(value, &filter->clients[filter->client_count])) {
        (void) err_set(err, ERR_USAGE, "invalid client \"%s\"", value);
        return err_hint(err,
                        "Use an address or a network such as 10.1.2.3, 10.1.0.0/16 or fd00::/8, or "
                        "\"local\" for Unix-domain sockets.");
    }
    filter->client_count++;
    return true;
}

bool filter_add_query(Filter *filter, const char *pattern, Err *err)
{
    if (filter->query_count == FILTER_VALUES_MAX)
        return too_many("query", err);
    if (!regex_compile(pattern, &filter->queries[filter->query_count], err))
        return false;
    filter->query_count++;
    return true;
}

bool filter_given(const Filter *filter)
{
    bool given = filter->all || filter->client_local || filter->client_count > 0 ||
                 filter->query_count > 0 || filter->blocking > 0;

    for (size_t i = 0; i < FILTER_TEXTS; i++)
        given = given || filter->text_counts[i] > 0;
    for (size_t i = 0; i < FILTER_AGES; i++)
        given = given || filter->ages[i] != TIME_UNKNOWN;
    return given;
}

static bool wait_matches(const char *pattern, const Session *session)
{
    const char *type = session->wait_event_type;
    const char *event = session->wait_event;
    const char *slash = strchr(pattern, '/');
    StrBuf both;
    bool matches;

    if (!type || !event)
        return false;
    if (!slash)
        return text_matches(pattern, type) || text_matches(pattern, event);
    strbuf_init(&both);
    strbuf_printf(&both, "%s/%s", type, event);
    matches = text_matches(pattern, both.text);
    strbuf_done(&both);
    return matches;
}

/* `idle in transaction` includes its aborted kind. */
static bool state_matches(const char *pattern, const Session *session)
{
    const char *state = state_name(session->state);

    if (!state)
        return false;
    if (session->state == STATE_ABORTED && text_matches(pattern, state_name(STATE_IN_TRANSACTION)))
        return true;
    return text_matches(pattern, state);
}

static bool one_text_matches(FilterText which, const char *pattern, const Session *session)
{
    const char *text = NULL;

    switch (which) {
    case FILTER_ROLE:
        text = session->role;
        break;
    case FILTER_DATABASE:
        text = session->database;
        break;
    case FILTER_APPLICATION:
        text = session->application;
        break;
    case FILTER_BACKEND_TYPE:
        text = session->backend_type;
        break;
    case FILTER_STATE:
        return state_matches(pattern, session);
    default:
        return wait_matches(pattern, session);
    }
    return text && text_matches(pattern, text);
}

static bool texts_match(const Filter *filter, FilterText which, const Session *session)
{
    for (size_t i = 0; i < filter->text_counts[which]; i++)
        if (one_text_matches(which, filter->texts[which][i], session))
            return true;
    return filter->text_counts[which] == 0;
}

static bool in_network(const Network *network, const unsigned char *address)
{
    int whole = network->bits / 8;
    int rest = network->bits % 8;

    if (memcmp(network->address, address, (size_t) whole) != 0)
        return false;
    return rest == 0 || (network->address[whole] ^ address[whole]) >> (8 - rest) == 0;
}

static bool client_matches(const Filter *filter, const Session *session)
{
    unsigned char address[16];
    bool v6;

    if (filter->client_count == 0 && !filter->client_local)
        return true;
    if (session->over_socket)
        return filter->client_local;
    if (!session->client)
        return false;
    v6 = strchr(session->client, ':') != NULL;
    if (inet_pton(v6 ? AF_INET6 : AF_INET, session->client, address) != 1)
        return false;
    for (size_t i = 0; i < filter->client_count; i++)
        if (filter->clients[i].v6 == v6 && in_network(&filter->clients[i], address))
            return true;
    return false;
}

/* Since when what the predicate measures has lasted; TIME_UNKNOWN when it does not. */
static int64_t age_since(FilterAge which, const Session *session)
{
    switch (which) {
    case FILTER_STATEMENT_AGE:
        return session_is_active(session) ? session->query_start : TIME_UNKNOWN;
    case FILTER_TRANSACTION_AGE:
        return session->xact_start;
    default:
        return session->state_change;
    }
}

static bool ages_match(const Filter *filter, const Session *session, int64_t now_us)
{
    for (int which = 0; which < FILTER_AGES; which++) {
        int64_t since;

        if (filter->ages[which] == TIME_UNKNOWN)
            continue;
        since = age_since((FilterAge) which, session);
        if (since == TIME_UNKNOWN || now_us - since <= filter->ages[which])
            return false;
    }
    return true;
}

static bool query_matches(Filter *filter, const Session *session)
{
    bool gave_up = false;

    if (filter->query_count == 0)
        return true;
    for (size_t i = 0; session->query && i < filter->query_count; i++) {
        RegexMatch match = regex_match(filter->queries[i], session->query);

        if (match == REGEX_MATCHES)
            return true;
        gave_up = gave_up || match == REGEX_GAVE_UP;
    }
    if (gave_up)
        filter->match_limit_hits++;
    return false;
}

bool filter_matches(Filter *filter, const Session *session, int64_t now_us)
{
    if (!texts_match(filter, FILTER_ROLE, session) ||
        !texts_match(filter, FILTER_DATABASE, session) ||
        !texts_match(filter, FILTER_APPLICATION, session))
        return false;
    if (filter->blocking > 0 && session->waiters < filter->blocking)
        return false;
    if (session_is_hidden(session))
        return true;
    return texts_match(filter, FILTER_STATE, session) &&
           texts_match(filter, FILTER_BACKEND_TYPE, session) &&
           texts_match(filter, FILTER_WAIT, session) && client_matches(filter, session) &&
           ages_match(filter, session, now_us) && query_matches(filter, session);
}

unsigned int filter_chosen_by(const Filter *filter)
{
    unsigned int chosen = 0;

    if (filter->text_counts[FILTER_STATE] > 0 || filter->ages[FILTER_STATE_AGE] != TIME_UNKNOWN)
        chosen |= CHOSEN_STATE | CHOSEN_STATE_CHANGE;
    if (filter->ages[FILTER_TRANSACTION_AGE] != TIME_UNKNOWN)
        chosen |= CHOSEN_XACT_START;
    if (filter->blocking > 0)
        chosen |= CHOSEN_XACT_START;
    if (filter->ages[FILTER_STATEMENT_AGE] != TIME_UNKNOWN || filter->query_count > 0 ||
        filter->text_counts[FILTER_WAIT] > 0)
        chosen |= CHOSEN_STATE | CHOSEN_QUERY_START;
    if (filter->text_counts[FILTER_APPLICATION] > 0)
        chosen |= CHOSEN_APPLICATION;
    return chosen;
}
