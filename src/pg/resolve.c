/* SPDX-License-Identifier: PostgreSQL */
/* Resolve: host names to addresses without blocking. */
#include "pg/resolve.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netdb.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/strbuf.h"

#define RESOLVE_ADDRESSES_MAX 8 /* of one host */

typedef struct Entry {
    char *host;
    char *port;
    bool asked; /* request i belongs to entry i */
} Entry;

struct Resolve {
    int fd;
    Entry entries[RESOLVE_HOSTS_MAX];
    size_t count;
    struct gaicb requests[RESOLVE_HOSTS_MAX];
    StrBuf hosts;
    StrBuf addresses;
    StrBuf ports;
};

static const struct addrinfo wanted = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};

/* The next entry of a comma-separated list; moves *list behind it, to NULL at the end. */
static char *take_entry(const char **list)
{
    size_t length = strcspn(*list, ",");
    char *entry = xcalloc(length + 1, 1);

    memcpy(entry, *list, length);
    *list = (*list)[length] == ',' ? *list + length + 1 : NULL;
    return entry;
}

static bool needs_look_up(const char *host)
{
    unsigned char address[16];

    return host[0] != '\0' && host[0] != '/' && host[0] != '@' &&
           inet_pton(AF_INET, host, address) != 1 && inet_pton(AF_INET6, host, address) != 1;
}

static bool list_needs_look_up(const char *hosts)
{
    bool needs = false;

    while (hosts && !needs) {
        char *host = take_entry(&hosts);

        needs = needs_look_up(host);
        free(host);
    }
    return needs;
}

/* Runs in glibc's thread. The descriptor is its own, so that it stays good when we have given up.
 */
static void announce(union sigval value)
{
    uint64_t one = 1;

    (void) !write(value.sival_int, &one, sizeof(one));
    (void) close(value.sival_int);
}

/* A single port stands for all hosts. */
static void split(Resolve *resolve, const char *hosts, const char *ports)
{
    bool single = ports && !strchr(ports, ',');

    while (hosts) {
        Entry *entry = &resolve->entries[resolve->count++];

        entry->host = take_entry(&hosts);
        if (single)
            entry->port = xstrdup(ports);
        else
            entry->port = ports ? take_entry(&ports) : xstrdup("");
    }
}

/* More hosts than there is room for are left to libpq, which blocks but knows them all. */
static bool are_too_many(const char *hosts)
{
    size_t count = 1;

    for (const char *c = hosts; *c; c++)
        count += *c == ',';
    return count > RESOLVE_HOSTS_MAX;
}

Resolve *resolve_start(const char *hosts, const char *ports)
{
    struct sigevent when_done = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = announce};
    struct gaicb *list[RESOLVE_HOSTS_MAX];
    Resolve *resolve;
    int asked = 0;

    if (!hosts || are_too_many(hosts) || !list_needs_look_up(hosts))
        return NULL;
    resolve = xcalloc(1, sizeof(*resolve));
    strbuf_init(&resolve->hosts);
    strbuf_init(&resolve->addresses);
    strbuf_init(&resolve->ports);
    split(resolve, hosts, ports);
    for (size_t i = 0; i < resolve->count; i++) {
        Entry *entry = &resolve->entries[i];

        entry->asked = needs_look_up(entry->host);
        resolve->requests[i].ar_name = entry->host;
        resolve->requests[i].ar_request = &wanted;
        if (entry->asked)
            list[asked++] = &resolve->requests[i];
    }
    resolve->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    when_done.sigev_value.sival_int = dup(resolve->fd);
    if (getaddrinfo_a(GAI_NOWAIT, list, asked, &when_done) != 0)
        announce(when_done.sigev_value); /* resolve_result() finds the requests unanswered */
    return resolve;
}

int resolve_fd(const Resolve *resolve)
{
    return resolve->fd;
}

/* A request that still runs cannot be taken back at once; its memory is then left to it. */
static bool give_back(Resolve *resolve)
{
    bool all = true;

    for (size_t i = 0; i < resolve->count; i++) {
        struct gaicb *request = &resolve->requests[i];

        if (!resolve->entries[i].asked)
            continue;
        if (gai_error(request) == EAI_INPROGRESS && gai_cancel(request) == EAI_NOTCANCELED)
            all = false;
        else if (request->ar_result)
            freeaddrinfo(request->ar_result);
    }
    return all;
}

void resolve_free(Resolve *resolve)
{
    if (!resolve)
        return;
    (void) close(resolve->fd);
    strbuf_done(&resolve->hosts);
    strbuf_done(&resolve->addresses);
    strbuf_done(&resolve->ports);
    if (!give_back(resolve))
        return;
    for (size_t i = 0; i < resolve->count; i++) {
        free(resolve->entries[i].host);
        free(resolve->entries[i].port);
    }
    free(resolve);
}

static void add_address(Resolve *resolve, const Entry *entry, const char *address)
{
    const char *comma = resolve->hosts.length + resolve->addresses.length > 0 ? "," : "";

    strbuf_printf(&resolve->hosts, "%s%s", comma, entry->host);
    strbuf_printf(&resolve->addresses, "%s%s", comma, address);
    strbuf_printf(&resolve->ports, "%s%s", comma, entry->port);
}

static size_t add_found(Resolve *resolve, size_t index)
{
    size_t added = 0;

    for (const struct addrinfo *at = resolve->requests[index].ar_result;
         at && added < RESOLVE_ADDRESSES_MAX; at = at->ai_next) {
        char address[NI_MAXHOST];

        if (getnameinfo(at->ai_addr, at->ai_addrlen, address, sizeof(address), NULL, 0,
                        NI_NUMERICHOST) != 0)
            continue;
        add_address(resolve, &resolve->entries[index], address);
        added++;
    }
    return added;
}

bool resolve_result(Resolve *resolve, const char **ret_hosts, const char **ret_addresses,
                    const char **ret_ports, Err *err)
{
    size_t added = 0;

    strbuf_clear(&resolve->hosts);
    strbuf_clear(&resolve->addresses);
    strbuf_clear(&resolve->ports);
    (void) err_set(err, ERR_CONNECTION, "could not find any host");
    for (size_t i = 0; i < resolve->count; i++) {
        const Entry *entry = &resolve->entries[i];
        int error;

        if (!entry->asked) {
            /* A socket directory has no address: libpq takes it as the host where hostaddr is
             * empty. */
            add_address(resolve, entry, "");
            added++;
            continue;
        }
        error = gai_error(&resolve->requests[i]);
        if (error == 0)
            added += add_found(resolve, i);
        else
            (void) err_set(err, ERR_CONNECTION, "could not find host \"%s\": %s", entry->host,
                           gai_strerror(error));
    }
    if (added == 0)
        return false;
    *ret_hosts = resolve->hosts.text;
    *ret_addresses = resolve->addresses.text;
    *ret_ports = resolve->ports.text;
    return true;
}
