/* SPDX-License-Identifier: PostgreSQL */
/* Privilege: the grant to ask for, in SQL that can be run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/ordinary.h"
#include "core/privilege.h"

static Arena arena;

static int setup(void **state)
{
    arena_init(&arena);
    return 0;
}

static int teardown(void **state)
{
    arena_done(&arena);
    return 0;
}

static void names_are_quoted_where_they_have_to_be(void **state)
{
    assert_string_equal(privilege_quote(&arena, "ops_2"), "ops_2");
    assert_string_equal(privilege_quote(&arena, "_x"), "_x");
    assert_string_equal(privilege_quote(&arena, "user"), "\"user\"");
    assert_string_equal(privilege_quote(&arena, "all"), "\"all\"");
    assert_string_equal(privilege_quote(&arena, "with"), "\"with\"");
    assert_string_equal(privilege_quote(&arena, "public"), "\"public\"");
    assert_string_equal(privilege_quote(&arena, "users"), "users");
    assert_string_equal(privilege_quote(&arena, "use"), "use");
    assert_string_equal(privilege_quote(&arena, "ser"), "ser");
    assert_string_equal(privilege_quote(&arena, "2ops"), "\"2ops\"");
    assert_string_equal(privilege_quote(&arena, "Ops"), "\"Ops\"");
    assert_string_equal(privilege_quote(&arena, "a b"), "\"a b\"");
    assert_string_equal(privilege_quote(&arena, "a\"b"), "\"a\"\"b\"");
    assert_string_equal(privilege_quote(&arena, ""), "\"\"");
    assert_string_equal(privilege_quote(&arena, "\x1b[2J"), "\"\\x1b[2J\"");
}

static void the_missing_grant_is_named(void **state)
{
    World world = ordinary_world();
    Session session = ordinary_session();

    assert_string_equal(
        privilege_missing(&world, &session, &arena),
        "role ops may not signal sessions of role app: GRANT pg_signal_backend TO ops");
    session.role = NULL;
    assert_non_null(strstr(privilege_missing(&world, &session, &arena), "of role unknown"));
    session.role_superuser = true;
    assert_non_null(strstr(privilege_missing(&world, &session, &arena), "no grant helps role ops"));
    session.role_oid = 0;
    assert_non_null(strstr(privilege_missing(&world, &session, &arena), "before version 18"));
    world.server_version = 180000;
    assert_non_null(strstr(privilege_missing(&world, &session, &arena),
                           "GRANT pg_signal_autovacuum_worker TO ops"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(names_are_quoted_where_they_have_to_be, setup, teardown),
        cmocka_unit_test_setup_teardown(the_missing_grant_is_named, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
