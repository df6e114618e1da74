/* SPDX-License-Identifier: PostgreSQL */
/* Server: slots and transactions, also where the counter has wrapped around. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/ordinary.h"
#include "core/server.h"

static void transactions_back(void **state)
{
    Server server = {.next_xid = 100};

    (void) state;
    assert_int_equal(server_xids_back(&server, 0), COUNT_UNKNOWN);
    assert_int_equal(server_xids_back(&server, 40), 60);
    assert_int_equal(server_xids_back(&server, 100), 0);
    assert_int_equal(server_xids_back(&server, 105), 0); /* begun since the counter was read */
    assert_int_equal(server_xids_back(&server, UINT32_MAX - 9), 110);
}

static void walsenders_are_apart_from_12_on(void **state)
{
    const WalSender senders[] = {{.pid = 2}, {.pid = 3}};
    Server server = {.connections_max = 10,
                     .reserved_superuser = 3,
                     .reserved_role = 2,
                     .walsenders = senders,
                     .walsender_count = 2};
    World world = ordinary_world();
    Session sessions[] = {ordinary_session(), ordinary_session(), ordinary_session(),
                          ordinary_session(), ordinary_session()};
    Connections connections;

    (void) state;
    sessions[1].pid = 3;
    sessions[2].backend_type = "checkpointer";
    sessions[3].backend_type = NULL; /* hidden */
    sessions[4].backend_type = NULL;
    sessions[4].role_oid = 0;
    connections = server_connections(&server, &world, sessions, 5);
    assert_int_equal(connections.used, 2);
    assert_int_equal(connections.ordinary_max, 5);
    assert_int_equal(connections.reserved_free, 5);
    world.server_version = 110022;
    connections = server_connections(&server, &world, sessions, 5);
    assert_int_equal(connections.used, 3);
    server.connections_max = 6;
    assert_int_equal(server_connections(&server, &world, sessions, 5).reserved_free, 3);
    server.connections_max = 1; /* changed, and not in force yet for those who are there */
    assert_int_equal(server_connections(&server, &world, sessions, 5).reserved_free, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transactions_back),
        cmocka_unit_test(walsenders_are_apart_from_12_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
