/* SPDX-License-Identifier: PostgreSQL */
/* Names: what one snapshot was told helps the next; and commands show no password. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/names.h"
#include "cmd/reach.h"
#include "pg/conninfo_public.h"

static void names_are_kept(void **state)
{
    const Session told[] = {
        {.role_oid = 10,
         .role = "app",
         .role_signalable = true,
         .database_oid = 5,
         .database = "shop"},
        {.role_oid = 10, .role = "boss", .role_superuser = true},
        {.role_oid = 11},
        {.pid = 1},
    };
    Session asked[] = {{.role_oid = 10, .database_oid = 5}, {.role_oid = 11}, {.pid = 1}};
    Names *names = names_new();

    (void) state;
    names_recall(names, asked, 3);
    assert_null(asked[0].role);
    names_learn(names, told, 1);
    names_recall(names, asked, 3);
    assert_string_equal(asked[0].role, "app");
    assert_string_equal(asked[0].database, "shop");
    assert_true(asked[0].role_signalable);
    assert_false(asked[0].role_superuser);
    names_learn(names, told, 4); /* the last word counts */
    names_recall(names, asked, 3);
    assert_string_equal(asked[0].role, "boss");
    assert_true(asked[0].role_superuser);
    assert_false(asked[0].role_signalable);
    assert_null(asked[1].role);
    assert_null(asked[2].role);
    names_free(names);
    names_free(NULL);
}

static void secrets_are_left_out(void **state)
{
    static const struct {
        const char *given;
        const char *shown;
    } cases[] = {
        {"shop", "shop"},
        {"host=db1 dbname=shop", "host=db1 dbname=shop"},
        {"postgresql://db1/shop", "postgresql://db1/shop"},
        {"host=db1 password='a b' dbname='it\\'s'", "dbname='it\\'s' host='db1'"},
        {"postgresql://me:secret@db1:5433/shop?sslpassword=x",
         "user='me' dbname='shop' host='db1' port='5433'"},
        {"host=", "host="}, /* which libpq understands */
        {"nonsense=1", "nonsense=1"},
    };
    Arena arena;

    (void) state;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(conninfo_public(&arena, cases[i].given), cases[i].shown);
    arena_done(&arena);
}

static void options_are_repeated(void **state)
{
    static const char *const all[] = {"--cluster", "prod", "--config", "a file", "-h",
                                      "db1",       "-p",   "5433",     "-U",     "dba",
                                      "-d",        "shop", "-W",       "-w"};
    Settings settings;
    const char *const *options;
    size_t count;
    Arena arena;

    (void) state;
    arena_init(&arena);
    settings_init(&settings);
    (void) reach_options(&settings, &arena, &count);
    assert_int_equal(count, 0);
    settings.cluster = "prod";
    settings.config = "a file";
    settings.host = "db1";
    settings.port = "5433";
    settings.user = "dba";
    settings.dbname = "shop";
    settings.ask_password = settings.never_password = true;
    options = reach_options(&settings, &arena, &count);
    assert_int_equal(count, sizeof(all) / sizeof(all[0]));
    for (size_t i = 0; i < count; i++)
        assert_string_equal(options[i], all[i]);
    settings_done(&settings);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_kept),
        cmocka_unit_test(secrets_are_left_out),
        cmocka_unit_test(options_are_repeated),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
