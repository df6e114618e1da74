/* SPDX-License-Identifier: PostgreSQL */
/* Prepared: who may end one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/prepared.h"

static void its_owner_and_superusers_may_end_it(void **state)
{
    Prepared prepared = {.gid = "g", .role = "app"};
    World world = {.current_role = "app"};

    assert_true(prepared_is_ours(&prepared, &world));
    world.current_role = "report";
    assert_false(prepared_is_ours(&prepared, &world));
    prepared.role = NULL;
    assert_false(prepared_is_ours(&prepared, &world));
    world.superuser = true;
    assert_true(prepared_is_ours(&prepared, &world));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_owner_and_superusers_may_end_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
