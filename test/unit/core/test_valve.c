/* SPDX-License-Identifier: PostgreSQL */
/* Valve: a PgBouncer's database is only taken for ours where an address or a session proves it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/ordinary.h"
#include "core/valve.h"

#define POOLER "10.0.0.5:6432"

static BouncerDatabase databases[] = {
    {.name = "shop", .host = "10.0.0.9", .port = "5432", .database = "apps"},
    {.name = "other", .host = "10.0.0.9", .port = "5432", .database = "others"},
    {.name = "near", .host = "localhost", .port = "5432", .database = "apps"},
    {.name = "socket", .host = NULL, .port = "5432", .database = "apps"},
};

static ValveView view_from(const char *host, const char *port)
{
    return (ValveView){
        .host = host, .port = port, .pooler = POOLER, .databases = databases, .database_count = 4};
}

static void the_address_proves_it(void **state)
{
    ValveView view = view_from("10.0.0.9", "5432");

    assert_true(valve_leads_to(&view, 0, "apps"));
    assert_false(valve_leads_to(&view, 1, "apps"));
    assert_false(valve_leads_to(&view, 2, "apps"));
    assert_false(valve_leads_to(&view, 3, "apps"));
    view = view_from("10.0.0.9", "5433");
    assert_false(valve_leads_to(&view, 0, "apps"));
    view = view_from("10.0.0.9", NULL);
    assert_false(valve_leads_to(&view, 0, "apps"));
    view = view_from("db.example.org", "5432");
    assert_false(valve_leads_to(&view, 0, "apps"));
}

static void ones_own_machine_is_one_address_but_no_socket(void **state)
{
    ValveView view = view_from("127.0.0.1", "5432");

    assert_true(valve_leads_to(&view, 2, "apps"));
    assert_false(valve_leads_to(&view, 3, "apps"));
    view = view_from("::1", "5432");
    assert_true(valve_leads_to(&view, 2, "apps"));
    view = view_from("/run/postgresql", "5432");
    assert_false(valve_leads_to(&view, 2, "apps"));
    assert_false(valve_leads_to(&view, 3, "apps"));
}

static void a_session_that_serves_a_client_proves_its_name(void **state)
{
    Pooled pooled = {.pooler = POOLER, .linked = true, .database = "socket"};
    Session session = ordinary_session();
    ValveView view = view_from("/run/postgresql", "5432");

    session.database = "apps";
    session.pooled = &pooled;
    view.sessions = &session;
    view.session_count = 1;
    assert_true(valve_leads_to(&view, 3, "apps"));
    assert_false(valve_leads_to(&view, 0, "apps"));
    pooled.pooler = "another:6432";
    assert_false(valve_leads_to(&view, 3, "apps"));
    pooled.pooler = POOLER;
    session.database = "postgres";
    assert_false(valve_leads_to(&view, 3, "apps"));
    session.pooled = NULL;
    assert_false(valve_leads_to(&view, 3, "apps"));
}

static void an_idle_one_does_where_there_is_but_one(void **state)
{
    Pooled pooled = {.pooler = POOLER};
    Session session = ordinary_session();
    ValveView view = view_from("/run/postgresql", "5432");

    session.pooled = &pooled;
    view.sessions = &session;
    view.session_count = 1;
    session.database = "others";
    assert_true(valve_leads_to(&view, 1, "others"));
    session.database = "apps";
    assert_false(valve_leads_to(&view, 0, "apps"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_address_proves_it),
        cmocka_unit_test(ones_own_machine_is_one_address_but_no_socket),
        cmocka_unit_test(a_session_that_serves_a_client_proves_its_name),
        cmocka_unit_test(an_idle_one_does_where_there_is_but_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
