/* SPDX-License-Identifier: PostgreSQL */
/* Tests of resolve: what libpq is told of hosts, addresses and ports. */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "pg/resolve.h"

static Resolve *resolved(const char *hosts, const char *ports)
{
    Resolve *resolve = resolve_start(hosts, ports);
    struct pollfd over = {.events = POLLIN};

    assert_non_null(resolve);
    over.fd = resolve_fd(resolve);
    assert_int_equal(poll(&over, 1, 10000), 1);
    return resolve;
}

static void nothing_to_look_up(void **state)
{
    assert_null(resolve_start(NULL, NULL));
    assert_null(resolve_start("", NULL));
    assert_null(resolve_start("/run/postgresql", "5432"));
    assert_null(resolve_start("@abstract", NULL));
    assert_null(resolve_start("127.0.0.1,::1,/tmp", "1,2,3"));
}

/* More hosts than there is room for are libpq's affair. */
static void too_many_hosts(void **state)
{
    char hosts[RESOLVE_HOSTS_MAX * 12 + 12] = "localhost";

    for (int i = 0; i < RESOLVE_HOSTS_MAX; i++)
        (void) memcpy(hosts + strlen(hosts), ",localhost", sizeof(",localhost"));
    assert_null(resolve_start(hosts, NULL));
}

static void one_port_stands_for_all_hosts(void **state)
{
    Resolve *resolve = resolved("127.0.0.1,/tmp,localhost", "5433");
    const char *hosts;
    const char *addresses;
    const char *ports;
    Err err;

    assert_true(resolve_result(resolve, &hosts, &addresses, &ports, &err));
    assert_int_equal(strncmp(hosts, "127.0.0.1,/tmp,localhost", 24), 0);
    assert_int_equal(strncmp(ports, "5433,5433,5433", 14), 0);
    assert_int_equal(strncmp(addresses, ",,", 2), 0); /* these need no look-up */
    assert_true(strlen(addresses) > 2);
    resolve_free(resolve);
}

static void every_host_has_its_port(void **state)
{
    Resolve *resolve = resolved("/tmp,localhost", "1,2");
    const char *hosts;
    const char *addresses;
    const char *ports;
    Err err;

    assert_true(resolve_result(resolve, &hosts, &addresses, &ports, &err));
    assert_int_equal(strncmp(ports, "1,2", 3), 0);
    resolve_free(resolve);
}

static void a_host_that_is_nowhere(void **state)
{
    Resolve *resolve = resolved("no.such.host.invalid", NULL);
    const char *hosts;
    const char *addresses;
    const char *ports;
    Err err;

    assert_false(resolve_result(resolve, &hosts, &addresses, &ports, &err));
    assert_int_equal(err.code, ERR_CONNECTION);
    assert_non_null(strstr(err.message, "no.such.host.invalid"));
    resolve_free(resolve);
    resolve_free(resolve_start("gives.up.before.it.is.told.invalid", NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_to_look_up),
        cmocka_unit_test(too_many_hosts),
        cmocka_unit_test(one_port_stands_for_all_hosts),
        cmocka_unit_test(every_host_has_its_port),
        cmocka_unit_test(a_host_that_is_nowhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
