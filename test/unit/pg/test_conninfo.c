/* SPDX-License-Identifier: PostgreSQL */
/* Conninfo: strings taken apart, and a command line's changes to them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "pg/conninfo.h"

static Arena arena;
static Err err;

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

static Conninfo parse(const char *text)
{
    Conninfo conninfo;

    if (!conninfo_parse(&arena, text, &conninfo, &err))
        fail_msg("%s", err.message);
    return conninfo;
}

/* The parameters as "keyword=value ...", of each the one that counts, in the order of libpq's
 * reading: a later one takes the place of an earlier one. */
static const char *merged(const char *base_text, ConninfoChanges changes, const char *database)
{
    Conninfo base = base_text ? parse(base_text) : (Conninfo){0};
    LinkParams params = {0};
    const char *text;
    StrBuf buf;

    conninfo_add_params(&params, &arena, &base, &changes, database);
    strbuf_init(&buf);
    for (size_t i = 0; i < params.count; i++) {
        bool later = false;

        for (size_t j = i + 1; j < params.count; j++)
            later = later || strcmp(params.keywords[i], params.keywords[j]) == 0;
        if (!later)
            strbuf_printf(&buf, "%s%s=%s", buf.length ? " " : "", params.keywords[i],
                          params.values[i]);
    }
    text = arena_strdup(&arena, buf.text);
    strbuf_done(&buf);
    return text;
}

static void strings_and_uris_are_told_from_names(void **state)
{
    assert_true(conninfo_is("host=x"));
    assert_true(conninfo_is("postgresql://x/y"));
    assert_true(conninfo_is("postgres://"));
    assert_false(conninfo_is("postgres"));
    assert_false(conninfo_is(""));
    assert_false(conninfo_is("http://x"));
}

static void a_string_is_taken_apart(void **state)
{
    Conninfo conninfo = parse("host=db1 dbname='a b' password=x");
    Conninfo uri = parse("postgresql://jane@h1:1,h2:2/shop?sslmode=require");

    assert_int_equal(conninfo.count, 3);
    assert_string_equal(conninfo_value(&conninfo, "dbname"), "a b");
    assert_string_equal(conninfo_value(&conninfo, "password"), "x");
    assert_null(conninfo_value(&conninfo, "port"));
    assert_string_equal(conninfo_value(&uri, "host"), "h1,h2");
    assert_string_equal(conninfo_value(&uri, "port"), "1,2");
    assert_string_equal(conninfo_value(&uri, "user"), "jane");
    assert_int_equal(parse("").count, 0);
}

static void a_bad_string_is_told_in_one_line(void **state)
{
    Conninfo conninfo;

    assert_false(conninfo_parse(&arena, "prod", &conninfo, &err));
    assert_string_equal(err.message, "missing \"=\" after \"prod\" in connection info string");
    assert_int_equal(err.code, ERR_USAGE);
    assert_false(conninfo_parse(&arena, "hots=x", &conninfo, &err));
    assert_non_null(strstr(err.message, "\"hots\""));
    assert_null(strchr(err.message, '\n'));
}

static void without_a_base_the_command_line_counts(void **state)
{
    assert_string_equal(merged(NULL, (ConninfoChanges){0}, "postgres"), "dbname=postgres");
    assert_string_equal(merged(NULL, (ConninfoChanges){0}, NULL), "");
    assert_string_equal(merged(NULL, (ConninfoChanges){"h", "1", "u", "shop"}, "postgres"),
                        "dbname=shop host=h port=1 user=u");
    assert_string_equal(merged(NULL, (ConninfoChanges){.dbname = "host=x"}, "postgres"),
                        "host=x dbname=postgres");
    assert_string_equal(
        merged(NULL, (ConninfoChanges){.dbname = "postgres://h/shop", .user = "u"}, "postgres"),
        "host=h dbname=shop user=u");
    assert_string_equal(merged(NULL, (ConninfoChanges){.dbname = "service=s"}, "postgres"),
                        "service=s");
    /* What is wrong with it libpq says when it connects. */
    assert_string_equal(merged(NULL, (ConninfoChanges){.dbname = "hots=x"}, "postgres"),
                        "dbname=hots=x");
}

#define BASE "host=db1 port=6432 user=dba dbname=shop sslmode=require"

static void the_command_line_changes_parts_of_the_base(void **state)
{
    assert_string_equal(merged(BASE, (ConninfoChanges){0}, "postgres"),
                        "user=dba host=db1 port=6432 sslmode=require dbname=shop");
    assert_string_equal(merged("host=db1", (ConninfoChanges){0}, "postgres"),
                        "host=db1 dbname=postgres");
    assert_string_equal(merged("service=s", (ConninfoChanges){0}, "postgres"), "service=s");
    assert_string_equal(merged(BASE, (ConninfoChanges){"h", "1", "u", "d"}, NULL),
                        "sslmode=require dbname=d host=h port=1 user=u");
    assert_string_equal(merged(BASE, (ConninfoChanges){.dbname = "port=7 user=jane"}, "postgres"),
                        "host=db1 sslmode=require user=jane port=7 dbname=shop");
    assert_string_equal(merged(BASE, (ConninfoChanges){.dbname = "service=s"}, "postgres"),
                        "service=s");
    assert_string_equal(
        merged(BASE, (ConninfoChanges){.dbname = "host=x dbname=d", .host = "y"}, "postgres"),
        "user=dba port=6432 sslmode=require dbname=d host=y");
}

/* Or the address of the base's host would still be where it goes. */
static void another_host_takes_the_place_of_the_address(void **state)
{
    static const char base[] = "host=a,b hostaddr=10.0.0.1,10.0.0.2 port=1,2 user=u dbname=d";

    assert_string_equal(merged(base, (ConninfoChanges){.host = "c"}, NULL),
                        "user=u dbname=d host=c");
    assert_string_equal(merged(base, (ConninfoChanges){.dbname = "host=c"}, NULL),
                        "user=u host=c dbname=d");
    assert_string_equal(merged(base, (ConninfoChanges){.dbname = "hostaddr=10.0.0.3"}, NULL),
                        "user=u hostaddr=10.0.0.3 dbname=d");
    assert_string_equal(merged("hostaddr=10.0.0.1 port=1", (ConninfoChanges){.host = "c"}, "d"),
                        "port=1 dbname=d host=c");
}

/* libpq would take such a name for a string of its own. */
static void a_database_may_be_called_anything(void **state)
{
    assert_string_equal(merged("dbname='host=evil'", (ConninfoChanges){0}, NULL),
                        "dbname=dbname='host=evil'");
    assert_string_equal(merged("dbname='a=\\'\\\\b'", (ConninfoChanges){0}, NULL),
                        "dbname=dbname='a=\\'\\\\b'");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(strings_and_uris_are_told_from_names),
        TEST(a_string_is_taken_apart),
        TEST(a_bad_string_is_told_in_one_line),
        TEST(without_a_base_the_command_line_counts),
        TEST(the_command_line_changes_parts_of_the_base),
        TEST(another_host_takes_the_place_of_the_address),
        TEST(a_database_may_be_called_anything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
