/* SPDX-License-Identifier: PostgreSQL */
/* Protect: any entry protects, all of one has to hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/ordinary.h"
#include "core/protect.h"

static Protection entries[2];
static Protection *pointers[] = {&entries[0], &entries[1]};
static Protections protections = {.entries = pointers, .count = 2};

/* The first by role and application, the second by database. */
static int setup(void **state)
{
    Err err;

    for (size_t i = 0; i < 2; i++)
        filter_init(&entries[i].filter);
    entries[0].place = "f:1";
    entries[1].place = "f:2";
    protections.count = 2;
    return filter_add_text(&entries[0].filter, FILTER_ROLE, "app", &err) &&
                   filter_add_text(&entries[0].filter, FILTER_APPLICATION, "pay*", &err) &&
                   filter_add_text(&entries[1].filter, FILTER_DATABASE, "payroll", &err)
               ? 0
               : -1;
}

static void nothing_protects_where_nothing_is_configured(void **state)
{
    Protections none = {0};
    Session session = ordinary_session();

    assert_null(protect_find(NULL, &session));
    assert_null(protect_find(&none, &session));
    assert_false(protect_by_application(NULL));
    assert_false(protect_by_application(&none));
}

static void any_entry_protects_and_all_of_it_has_to_hold(void **state)
{
    Session session = ordinary_session();

    assert_null(protect_find(&protections, &session));
    session.application = "payments";
    assert_string_equal(protect_find(&protections, &session)->place, "f:1");
    session.database = "payroll";
    assert_string_equal(protect_find(&protections, &session)->place, "f:1");
    session.role = "other";
    assert_string_equal(protect_find(&protections, &session)->place, "f:2");
    session.database = NULL; /* as of a walsender */
    assert_null(protect_find(&protections, &session));
}

static void it_knows_whether_a_name_of_an_application_counts(void **state)
{
    Protections second = {.entries = &pointers[1], .count = 1};

    assert_true(protect_by_application(&protections));
    assert_false(protect_by_application(&second));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_protects_where_nothing_is_configured),
        cmocka_unit_test(any_entry_protects_and_all_of_it_has_to_hold),
        cmocka_unit_test(it_knows_whether_a_name_of_an_application_counts),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
