/* SPDX-License-Identifier: PostgreSQL */
/* Bouncer: what is said to a console, and what never is. The rest needs one: 220_pgbouncer.pl. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pg/bouncer.h"
#include "pg/serial.h"

static Arena arena;

static int setup(void **state)
{
    arena_init(&arena);
    (void) setenv("PGHOST", "db.example", 1);
    (void) setenv("PGPORT", "5433", 1);
    return 0;
}

static int teardown(void **state)
{
    arena_done(&arena);
    return 0;
}

static void assert_said(SqlId sql, const char *name, const char *expected)
{
    StrBuf buf;

    strbuf_init(&buf);
    sql_text(&buf, sql, 0);
    if (name)
        sql_console_name(&buf, name);
    assert_string_equal(buf.text, expected);
    strbuf_done(&buf);
}

static void names_are_quoted_as_the_console_reads_them(void **state)
{
    assert_said(SQL_BOUNCER_PAUSE, "apps", "PAUSE \"apps\"");
    assert_said(SQL_BOUNCER_RESUME, "we\"ird; d'b\\", "RESUME \"we\"\"ird; d'b\\\"");
    assert_said(SQL_BOUNCER_DISABLE, "\"", "DISABLE \"\"\"\"");
    assert_said(SQL_BOUNCER_ENABLE, "d\xc3\xa9 b", "ENABLE \"d\xc3\xa9 b\"");
    assert_said(SQL_BOUNCER_SERVERS, NULL, "SHOW SERVERS");
    assert_said(SQL_BOUNCER_CLIENTS, NULL, "SHOW CLIENTS");
    assert_said(SQL_BOUNCER_DATABASES, NULL, "SHOW DATABASES");
}

static void verbs_have_names(void **state)
{
    assert_string_equal(bouncer_verb_name(BOUNCER_PAUSE), "PAUSE");
    assert_string_equal(bouncer_verb_name(BOUNCER_RESUME), "RESUME");
    assert_string_equal(bouncer_verb_name(BOUNCER_DISABLE), "DISABLE");
    assert_string_equal(bouncer_verb_name(BOUNCER_ENABLE), "ENABLE");
}

static Bouncer opened(const char *conninfo)
{
    Bouncer bouncer;
    Err err;

    assert_true(bouncer_open(&arena, conninfo, "pgquell test", &bouncer, &err));
    return bouncer;
}

static void assert_name(const char *conninfo, const char *name)
{
    Bouncer bouncer = opened(conninfo);

    assert_string_equal(bouncer.name, name);
    assert_int_equal(link_state(bouncer.link), LINK_CLOSED);
    link_free(bouncer.link);
}

static void a_console_is_named_without_its_password(void **state)
{
    assert_name("host=10.0.0.5 port=6432 user=boss password=secret", "10.0.0.5:6432");
    assert_name("postgresql://boss:secret@10.0.0.5:6432", "10.0.0.5:6432");
    assert_name("hostaddr=10.0.0.6 port=6432", "10.0.0.6:6432");
    assert_name("service=pool", "service pool");
    assert_name("service=pool host=10.0.0.7", "10.0.0.7:5433");
    assert_name("", "db.example:5433");
}

static void what_is_no_conninfo_is_a_usage_error(void **state)
{
    static const char *const bad[] = {"localhost:6432", "host", "hots=x", "postgresql://h:1/?x"};
    Bouncer bouncer;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        Err err = {0};

        assert_false(bouncer_open(&arena, bad[i], "pgquell test", &bouncer, &err));
        assert_int_equal(err.code, ERR_USAGE);
        assert_null(strchr(err.message, '\n'));
        assert_non_null(strstr(err.message, "PgBouncer"));
    }
}

static size_t told;

static void on_done(Answer *answer)
{
    told++;
    assert_true(answer->done);
}

static void a_name_that_cannot_be_said_safely_is_refused(void **state)
{
    static const char *const names[] = {"", "two\nlines", "bell\x07", "del\x7f"};
    Bouncer bouncer = opened("host=/nowhere");

    told = 0;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        Answer answer = {.arena = &arena, .on_done = on_done};

        ask_bouncer_verb(bouncer.link, &answer, BOUNCER_PAUSE, names[i]);
        assert_true(answer.done && answer.failed && !answer.lost);
        assert_int_equal(answer.err.code, ERR_REFUSED);
    }
    assert_int_equal(told, 4);
    link_free(bouncer.link);
}

static void without_a_connection_every_question_fails_at_once(void **state)
{
    Bouncer bouncer = opened("host=/nowhere");
    BouncerAnswer reading = {.answer.arena = &arena};
    BouncerDatabasesAnswer databases = {.answer.arena = &arena};
    Answer verb = {.arena = &arena};

    ask_bouncer(bouncer.link, &reading);
    ask_bouncer_databases(bouncer.link, &databases);
    ask_bouncer_verb(bouncer.link, &verb, BOUNCER_RESUME, "apps");
    assert_true(reading.answer.lost && databases.answer.lost && verb.lost);
    link_free(bouncer.link);
}

static void refusals_say_which_list_is_meant(void **state)
{
    Err err;

    (void) err_set(&err, ERR_UNRESOLVED, "admin access needed");
    serial_explain(&err, "seer");
    assert_int_equal(err.code, ERR_REFUSED);
    assert_non_null(strstr(err.message, "\"seer\""));
    assert_non_null(strstr(err.hint, "admin_users"));
    (void) err_set(&err, ERR_CONNECTION, "connection failed: FATAL:  not allowed");
    serial_explain(&err, "app");
    assert_int_equal(err.code, ERR_CONNECTION);
    assert_non_null(strstr(err.hint, "stats_users"));
    (void) err_set(&err, ERR_UNRESOLVED, "bad arguments");
    serial_explain(&err, "boss");
    assert_non_null(strstr(err.hint, "61 bytes"));
    (void) err_set(&err, ERR_UNRESOLVED, "no such database: x");
    serial_explain(&err, "boss");
    assert_string_equal(err.hint, "");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names_are_quoted_as_the_console_reads_them),
        TEST(verbs_have_names),
        TEST(a_console_is_named_without_its_password),
        TEST(what_is_no_conninfo_is_a_usage_error),
        TEST(a_name_that_cannot_be_said_safely_is_refused),
        TEST(without_a_connection_every_question_fails_at_once),
        TEST(refusals_say_which_list_is_meant),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
