/* SPDX-License-Identifier: PostgreSQL */
/* Link: libpq's non-blocking calls as one table of states. */
#include "pg/link.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "pg/link_internal.h"
#include "pg/pipeline.h"
#include "pg/resolve.h"
#include "pg/serial.h"

struct Link {
    LinkState state;
    LinkParams params; /* owned copies */
    bool literal;      /* dbname is a name, and hosts need no look-up */
    bool console;      /* a PgBouncer's, which refuses a server's options */
    Resolve *resolve;
    PGconn *conn;
    Exchange *exchange;
    PostgresPollingStatusType polling;
    bool needs_password;
    Err err;
};

/* What a state waits for and what it does when that comes. */
typedef struct StateRow {
    int (*fd)(const Link *link);
    unsigned int (*wants)(const Link *link);
    void (*advance)(Link *link, unsigned int ready);
} StateRow;

static const StateRow rows[];

void link_params_add(LinkParams *params, const char *keyword, const char *value)
{
    if (!value)
        return;
    assert(params->count < LINK_PARAMS_MAX);
    params->keywords[params->count] = keyword;
    params->values[params->count++] = value;
}

/* The exchange becomes the link's. */
static Link *new_link(const LinkParams *params, Exchange *exchange)
{
    Link *link = xcalloc(1, sizeof(*link));

    for (size_t i = 0; i < params->count; i++) {
        link->params.keywords[i] = xstrdup(params->keywords[i]);
        link->params.values[i] = xstrdup(params->values[i]);
    }
    link->params.count = params->count;
    link->exchange = exchange;
    return link;
}

Link *link_new(const LinkParams *params)
{
    return new_link(params, pipeline_new());
}

Link *link_new_console(const LinkParams *params)
{
    Link *link = new_link(params, serial_new());

    link->console = true;
    return link;
}

/* Where to connect is said by what the connection came to, not by how it was described. */
static bool is_place(const char *keyword)
{
    static const char *const places[] = {"host", "hostaddr", "port", "dbname", "service"};

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        if (strcmp(places[i], keyword) == 0)
            return true;
    return false;
}

Link *link_sibling(const Link *link, const char *database)
{
    PQconninfoOption *options = PQconninfo(link->conn);
    LinkParams params = {0};
    Link *sibling;

    for (PQconninfoOption *option = options; option && option->keyword; option++)
        if (option->val && option->val[0] != '\0' && !is_place(option->keyword))
            link_params_add(&params, option->keyword, option->val);
    link_params_add(&params, "host", PQhost(link->conn));
    if (PQhostaddr(link->conn)[0] != '\0')
        link_params_add(&params, "hostaddr", PQhostaddr(link->conn));
    link_params_add(&params, "port", PQport(link->conn));
    link_params_add(&params, "dbname", database);
    sibling = link_new(&params);
    sibling->literal = true;
    PQconninfoFree(options);
    return sibling;
}

void link_free(Link *link)
{
    if (!link)
        return;
    link_stop(link);
    exchange_free(link->exchange);
    for (size_t i = 0; i < link->params.count; i++) {
        free((char *) link->params.keywords[i]);
        free((char *) link->params.values[i]);
    }
    free(link);
}

static void drop(Link *link)
{
    resolve_free(link->resolve);
    link->resolve = NULL;
    PQfinish(link->conn);
    link->conn = NULL;
}

void link_stop(Link *link)
{
    Err err;

    (void) err_set(&err, ERR_CONNECTION, "the connection was closed");
    drop(link);
    link->state = LINK_CLOSED;
    exchange_fail(link->exchange, &err);
}

/* libpq's messages may have several lines: the first is what happened, the rest is a hint. */
static void keep_message(Link *link, const char *message)
{
    size_t first = strcspn(message, "\n");
    const char *rest = message + first + strspn(message + first, "\n\t ");
    Err *err = &link->err;

    (void) err_set(err, ERR_CONNECTION, "%.*s", (int) first, message);
    (void) err_hint(err, "%s", rest);
    for (char *c = err->hint; *c; c++)
        if (*c == '\n' || *c == '\t')
            *c = ' ';
    for (size_t end = strlen(err->hint); end > 0 && err->hint[end - 1] == ' '; end--)
        err->hint[end - 1] = '\0';
}

/* The error is kept in link->err already. The answers fail last, since their owners may act on it.
 */
static void broken(Link *link)
{
    drop(link);
    link->state = LINK_BROKEN;
    exchange_fail(link->exchange, &link->err);
}

static void broken_by_libpq(Link *link)
{
    link->needs_password = PQconnectionNeedsPassword(link->conn) != 0;
    keep_message(link, PQerrorMessage(link->conn));
    if (link->console)
        serial_explain(&link->err, PQuser(link->conn));
    broken(link);
}

/* With a variable of the environment set, or where NULL unset, for the time of a call; answers what
 * to put back, which it then frees. */
static char *environment_put(const char *name, const char *value)
{
    const char *before = getenv(name);
    char *kept = before ? xstrdup(before) : NULL;

    if (value)
        (void) setenv(name, value, 1);
    else
        (void) unsetenv(name);
    return kept;
}

static void environment_back(const char *name, char *kept)
{
    free(environment_put(name, kept));
    free(kept);
}

/* PGOPTIONS is meant for servers: PgBouncer refuses it, and libpq has no other way to leave it out.
 */
static PGconn *start_console(const LinkParams *params, int expand)
{
    char *options = environment_put("PGOPTIONS", NULL);
    PGconn *conn = PQconnectStartParams(params->keywords, params->values, expand);

    environment_back("PGOPTIONS", options);
    return conn;
}

static void connect_to(Link *link, const LinkParams *params)
{
    int expand = link->literal ? 0 : 1;

    link->conn = link->console ? start_console(params, expand)
                               : PQconnectStartParams(params->keywords, params->values, expand);
    if (!link->conn)
        abort(); /* out of memory, as everywhere */
    if (PQstatus(link->conn) == CONNECTION_BAD) {
        broken_by_libpq(link);
        return;
    }
    link->polling = PGRES_POLLING_WRITING;
    link->state = LINK_CONNECTING;
}

/* The parameter as libpq would find it: ours, the service's, the environment's. NULL where unset.
 */
static const char *effective(PQconninfoOption *defaults, PQconninfoOption *given,
                             const LinkParams *params, const char *keyword)
{
    for (size_t i = params->count; i > 0; i--)
        if (strcmp(params->keywords[i - 1], keyword) == 0)
            return params->values[i - 1];
    for (PQconninfoOption *option = given; option && option->keyword; option++)
        if (strcmp(option->keyword, keyword) == 0 && option->val)
            return option->val;
    for (PQconninfoOption *option = defaults; option && option->keyword; option++)
        if (strcmp(option->keyword, keyword) == 0 && option->val && option->val[0])
            return option->val;
    return NULL;
}

/* libpq reads a service only from the environment when asked for defaults; it must not stay there,
 * where other links would find it. */
static PQconninfoOption *defaults_with(const char *service)
{
    PQconninfoOption *defaults;
    char *kept;

    if (!service)
        return PQconndefaults();
    kept = environment_put("PGSERVICE", service);
    defaults = PQconndefaults();
    environment_back("PGSERVICE", kept);
    return defaults;
}

/* Looks the hosts up first, where there is a name among them; hostaddr given means there is none.
 */
static void begin(Link *link, const char *conninfo)
{
    PQconninfoOption *given =
        conninfo && strpbrk(conninfo, "=:") ? PQconninfoParse(conninfo, NULL) : NULL;
    PQconninfoOption *defaults = defaults_with(effective(NULL, given, &link->params, "service"));
    const char *hosts = effective(defaults, given, &link->params, "host");
    const char *ports = effective(defaults, given, &link->params, "port");

    if (!effective(defaults, given, &link->params, "hostaddr"))
        link->resolve = resolve_start(hosts, ports);
    PQconninfoFree(given);
    PQconninfoFree(defaults);
    if (link->resolve)
        link->state = LINK_RESOLVING;
    else
        connect_to(link, &link->params);
}

void link_start(Link *link)
{
    const char *conninfo = NULL;

    link_stop(link);
    link->needs_password = false;
    if (link->literal) {
        connect_to(link, &link->params);
        return;
    }
    for (size_t i = 0; i < link->params.count && !conninfo; i++) /* libpq looks at the first */
        if (strcmp(link->params.keywords[i], "dbname") == 0)
            conninfo = link->params.values[i];
    begin(link, conninfo);
}

static void advance_resolving(Link *link, unsigned int ready)
{
    LinkParams params = link->params;
    const char *hosts;
    const char *addresses;
    const char *ports;
    Resolve *resolve = link->resolve;

    (void) ready;
    link->resolve = NULL; /* ours from here on, whatever becomes of the link */
    if (!resolve_result(resolve, &hosts, &addresses, &ports, &link->err)) {
        broken(link);
    } else {
        link_params_add(&params, "host", hosts);
        link_params_add(&params, "hostaddr", addresses);
        link_params_add(&params, "port", strspn(ports, ",") < strlen(ports) ? ports : NULL);
        connect_to(link, &params);
    }
    resolve_free(resolve);
}

static void connected(Link *link)
{
    if (PQsetnonblocking(link->conn, 1) != 0 || !exchange_attach(link->exchange, link->conn)) {
        broken_by_libpq(link);
        return;
    }
    link->state = LINK_READY;
}

static void advance_connecting(Link *link, unsigned int ready)
{
    (void) ready;
    link->polling = PQconnectPoll(link->conn);
    if (link->polling == PGRES_POLLING_FAILED)
        broken_by_libpq(link);
    else if (link->polling == PGRES_POLLING_OK)
        connected(link);
}

static void advance_ready(Link *link, unsigned int ready)
{
    bool contact = true;

    if (ready & LINK_READ)
        contact = PQconsumeInput(link->conn) == 1;
    if (!exchange_advance(link->exchange) || !contact || PQstatus(link->conn) == CONNECTION_BAD)
        broken_by_libpq(link);
}

static int fd_none(const Link *link)
{
    (void) link;
    return -1;
}

static int fd_resolving(const Link *link)
{
    return resolve_fd(link->resolve);
}

static int fd_conn(const Link *link)
{
    return PQsocket(link->conn);
}

static unsigned int wants_nothing(const Link *link)
{
    (void) link;
    return 0;
}

static unsigned int wants_read(const Link *link)
{
    (void) link;
    return LINK_READ;
}

static unsigned int wants_polling(const Link *link)
{
    return link->polling == PGRES_POLLING_READING ? LINK_READ : LINK_WRITE;
}

static unsigned int wants_ready(const Link *link)
{
    return LINK_READ | (link->exchange->flushed ? 0 : LINK_WRITE);
}

static void advance_nothing(Link *link, unsigned int ready)
{
    (void) link;
    (void) ready;
}

static const StateRow rows[] = {
    [LINK_CLOSED] = {fd_none, wants_nothing, advance_nothing},
    [LINK_RESOLVING] = {fd_resolving, wants_read, advance_resolving},
    [LINK_CONNECTING] = {fd_conn, wants_polling, advance_connecting},
    [LINK_READY] = {fd_conn, wants_ready, advance_ready},
    [LINK_BROKEN] = {fd_none, wants_nothing, advance_nothing},
};

LinkState link_state(const Link *link)
{
    return link->state;
}

int link_fd(const Link *link)
{
    return rows[link->state].fd(link);
}

unsigned int link_wants(const Link *link)
{
    return rows[link->state].wants(link);
}

void link_advance(Link *link, unsigned int ready)
{
    rows[link->state].advance(link, ready);
}

const Err *link_error(const Link *link)
{
    return &link->err;
}

bool link_needs_password(const Link *link)
{
    return link->needs_password;
}

size_t link_pending(const Link *link)
{
    return link->exchange->pending;
}

int64_t link_waiting_since_us(const Link *link)
{
    return exchange_waiting_since_us(link->exchange);
}

int link_server_version(const Link *link)
{
    return link->state == LINK_READY ? PQserverVersion(link->conn) : 0;
}

PGconn *link_conn(const Link *link)
{
    return link->conn;
}

const char *link_parameter(const Link *link, const char *keyword)
{
    if (!link->conn)
        return NULL;
    if (strcmp(keyword, "host") == 0)
        return PQhost(link->conn);
    if (strcmp(keyword, "port") == 0)
        return PQport(link->conn);
    if (strcmp(keyword, "dbname") == 0)
        return PQdb(link->conn);
    return strcmp(keyword, "user") == 0 ? PQuser(link->conn) : NULL;
}

void link_ask(Link *link, Answer *answer, ReadResult *read, const Statement *statements,
              size_t count)
{
    if (link->state == LINK_READY) {
        exchange_ask(link->exchange, answer, read, statements, count);
        return;
    }
    (void) err_set(&answer->err, ERR_CONNECTION, "there is no connection");
    answer->failed = answer->lost = answer->done = true;
    if (answer->on_done)
        answer->on_done(answer);
}
