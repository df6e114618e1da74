/* SPDX-License-Identifier: PostgreSQL */
/* Sessions: the table at many widths, with texts that want to break it. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "ui/sample.h"
#include "ui/sessions.h"

/* Prints at a width and answers the text, whose lines fit; to be freed. */
static char *printed_at(const Session *sessions, size_t count, int columns)
{
    Look look = {.columns = columns, .terminal = columns > 0};
    Printed printed;
    char *text;

    printed_begin(&printed);
    sessions_print(printed.out, sessions, count, NOW_US, &look);
    text = printed_end(&printed);
    assert_lines_fit(text, columns);
    return text;
}

static void assert_printed(const Session *sessions, size_t count, int columns, const char *expected)
{
    char *text = printed_at(sessions, count, columns);

    assert_string_equal(text, expected);
    free(text);
}

/* A blocker, its victim with a wide name, an idle one and a hidden one. */
static size_t fill(Session *sessions)
{
    sessions[0] = sample_idle_in_transaction(81423, 3723 * US_PER_S);
    sessions[1] = sample_session(812);
    sessions[1].application =
        "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe3\x82\xa2\xe3\x83\x97\xe3\x83\xaa";
    sessions[1].wait_event_type = "Lock";
    sessions[1].wait_event = "transactionid";
    sessions[1].root_blocker = 81423;
    sessions[2] = sample_session(9);
    sessions[2].state = STATE_IDLE;
    sessions[2].state_change = NOW_US - INT64_C(2) * 86400 * US_PER_S;
    sessions[2].xact_start = TIME_UNKNOWN;
    sessions[2].client = NULL;
    sessions[2].over_socket = true;
    sessions[3] = (Session){.pid = 4711,
                            .backend_start = TIME_UNKNOWN,
                            .xact_start = TIME_UNKNOWN,
                            .query_start = TIME_UNKNOWN,
                            .state_change = TIME_UNKNOWN,
                            .role = "boss",
                            .query = "<insufficient privilege>",
                            .locks = COUNT_UNKNOWN,
                            .waiters = COUNT_UNKNOWN,
                            .root_blocker = COUNT_UNKNOWN};
    return 4;
}

static void test_exact_tables(void **state)
{
    Session sessions[4];
    size_t count = fill(sessions);

    assert_printed(sessions, count, 40,
                   "  PID  ROLE  STATE           FOR\n"
                   "81423  app   idle in xact  1h02m\n"
                   "  812  app   active         4.2s\n"
                   "    9  app   idle          2d00h\n"
                   " 4711  boss  hidden\n");
    assert_printed(
        sessions, count, 80,
        "  PID  ROLE  APPLICATION    STATE           FOR  BLOCK     QUERY\n"
        "81423  app   report-worker  idle in xact  1h02m  blocks 2  UPDATE account SET b…\n"
        "  812  app   日本語アプリ   active         4.2s  by 81423  UPDATE account SET b…\n"
        "    9  app   report-worker  idle          2d00h            UPDATE account SET b…\n"
        " 4711  boss                 hidden                         <insufficient privil…\n");
    assert_printed(
        sessions, count, 120,
        "  PID  ROLE  DATABASE  APPLICATION  CLIENT    STATE           FOR   XACT  WAIT    "
        "        BLOCK     QUERY\n"
        "81423  app   shop      report-wor…  10.0.0.5  idle in xact  1h02m  4m10s          "
        "        blocks 2  UPDATE account SET …\n"
        "  812  app   shop      日本語アプ…  10.0.0.5  active         4.2s  4m10s  "
        "Lock/transact…  by 81423  UPDATE account SET …\n"
        "    9  app   shop      report-wor…  [local]   idle          2d00h                 "
        "                  UPDATE account SET …\n"
        " 4711  boss                                   hidden                              "
        "                  <insufficient privi…\n");
}

static void test_unlimited_shows_everything(void **state)
{
    Session sessions[4];
    size_t count = fill(sessions);

    assert_printed(sessions, count, 0,
                   "  PID  SESSION         ROLE  DATABASE  APPLICATION    CLIENT    STATE          "
                   " FOR   XACT  "
                   "WAIT                BLOCK     QUERY\n"
                   "81423  673dd518.13e0f  app   shop      report-worker  10.0.0.5  idle in xact  "
                   "1h02m  4m10s  "
                   "                    blocks 2  UPDATE account SET balance = 1 WHERE id = 1\n"
                   "  812  673dd518.32c    app   shop      日本語アプリ   10.0.0.5  active         "
                   "4.2s  4m10s  "
                   "Lock/transactionid  by 81423  UPDATE account SET balance = 1 WHERE id = 1\n"
                   "    9  673dd518.9      app   shop      report-worker  [local]   idle          "
                   "2d00h         "
                   "                              UPDATE account SET balance = 1 WHERE id = 1\n"
                   " 4711  ?.1267          boss                                     hidden         "
                   "             "
                   "                              <insufficient privilege>\n");
}

static void test_every_width_fits(void **state)
{
    static const char wide[] = "\xe6\x97\xa5\xe6\x9c\xac" HOSTILE "\xe8\xaa\x9e";
    Session sessions[4];
    size_t count = fill(sessions);

    sessions[0].query = sessions[0].application = sessions[0].role = wide;
    sessions[1].database = sessions[1].client = sessions[1].wait_event = wide;
    sessions[2].backend_type = sessions[2].query = wide;
    for (int columns = 8; columns <= 260; columns++) {
        char *text = printed_at(sessions, count, columns);

        assert_non_null(strstr(text, "PID"));
        assert_non_null(strstr(text, "81423"));
        free(text);
    }
}

static void test_a_device_narrower_than_a_pid(void **state)
{
    Session session = sample_session(4194304);

    for (int columns = 1; columns < 8; columns++)
        free(printed_at(&session, 1, columns));
    assert_printed(&session, 1, 5, "  PID\n4194…\n");
}

static void test_hostile_text_is_escaped(void **state)
{
    Session session = sample_session(1);
    char *text;

    session.query = HOSTILE;
    text = printed_at(&session, 1, 0);
    assert_non_null(strstr(text, "  a\\x1b[2J\\u202e\\xff\\x7f\\nb\n"));
    free(text);
}

static void test_a_megabyte_is_cut(void **state)
{
    Session session = sample_session(1);
    char *query = sample_long(' ', 1 << 20);
    char *text;

    for (size_t i = 0; i < 6; i++)
        query[i] = "SELECT"[i];
    query[(1 << 20) - 1] = 'x';
    session.query = query;
    text = printed_at(&session, 1, 100);
    assert_true(strlen(text) < 300);
    assert_non_null(strstr(text, "  SELECT …\n")); /* what is cut says so, whatever was folded */
    free(text);
    text = printed_at(&session, 1, 0);
    assert_true(strlen(text) > 1 << 20);
    free(text);
    free(query);
}

static void test_indentation_is_folded_on_a_terminal_only(void **state)
{
    Session session = sample_session(1);
    char *text;

    session.query = "  SELECT a,\n       b";
    text = printed_at(&session, 1, 100);
    assert_non_null(strstr(text, "  SELECT a,\\n b\n"));
    free(text);
    text = printed_at(&session, 1, 0);
    assert_non_null(strstr(text, "SELECT a,\\n       b\n"));
    free(text);
}

static void test_other_processes_show_their_kind(void **state)
{
    Session sessions[2] = {sample_session(33), sample_session(34)};
    char *text;

    sessions[0].role = sessions[0].database = sessions[0].query = NULL;
    sessions[0].backend_type = "checkpointer";
    sessions[0].state = STATE_UNKNOWN;
    sessions[1].backend_type = "parallel worker";
    text = printed_at(sessions, 2, 0);
    assert_non_null(strstr(text, "  [checkpointer]  "));
    assert_non_null(strstr(text, "  app [parallel worker]  "));
    assert_null(strstr(text, "client backend"));
    free(text);
}

static void test_nothing_is_printed_of_nothing(void **state)
{
    assert_printed(NULL, 0, 80, "");
    assert_printed(NULL, 0, 0, "");
}

/* What colour the one session's state has at this age. */
static bool state_has(const Session *session, const char *sequence)
{
    Look look = {.columns = 80, .terminal = true, .color = true};
    Printed printed;
    char *text;
    char wanted[64];
    bool found;

    printed_begin(&printed);
    sessions_print(printed.out, session, 1, NOW_US, &look);
    text = printed_end(&printed);
    (void) snprintf(wanted, sizeof(wanted), "%sidle in xact\033[0m", sequence);
    found = strstr(text, wanted) != NULL;
    free(text);
    return found;
}

static void test_long_idle_in_transaction_is_coloured(void **state)
{
    Session session = sample_idle_in_transaction(1, 59 * US_PER_S);

    assert_false(state_has(&session, ""));
    session = sample_idle_in_transaction(1, 60 * US_PER_S);
    assert_true(state_has(&session, "\033[33m"));
    session = sample_idle_in_transaction(1, 600 * US_PER_S);
    assert_true(state_has(&session, "\033[31m"));
}

static void test_waiting_and_blocking_are_coloured(void **state)
{
    Look look = {.columns = 120, .terminal = true, .color = true};
    Session sessions[2] = {sample_session(1), sample_session(2)};
    Printed printed;
    char *text;

    sessions[0].root_blocker = 2;
    sessions[0].wait_event_type = "Lock";
    sessions[0].wait_event = "tuple";
    sessions[1].waiters = 1;
    sessions[1].wait_event_type = "IO";
    sessions[1].wait_event = "DataFileRead";
    printed_begin(&printed);
    sessions_print(printed.out, sessions, 2, NOW_US, &look);
    text = printed_end(&printed);
    assert_non_null(strstr(text, "\033[33mLock/tuple\033[0m"));
    assert_non_null(strstr(text, "\033[33mby 2\033[0m"));
    assert_non_null(strstr(text, "\033[31mblocks 1\033[0m"));
    assert_non_null(strstr(text, "  IO/DataFileRead  "));
    free(text);
}

static void test_session_ids_are_for_wide_devices(void **state)
{
    Session session = sample_session(1);
    char *text = printed_at(&session, 1, 159);

    assert_null(strstr(text, "SESSION"));
    free(text);
    text = printed_at(&session, 1, 160);
    assert_non_null(strstr(text, "  673dd518.1  "));
    free(text);
}

static void test_colour_takes_no_width(void **state)
{
    Look plain = {.columns = 80, .terminal = true};
    Look color = {.columns = 80, .terminal = true, .color = true};
    Session sessions[4];
    size_t count = fill(sessions);
    char *without;
    char *with;
    size_t kept = 0;
    Printed printed;

    printed_begin(&printed);
    sessions_print(printed.out, sessions, count, NOW_US, &plain);
    without = printed_end(&printed);
    printed_begin(&printed);
    sessions_print(printed.out, sessions, count, NOW_US, &color);
    with = printed_end(&printed);
    assert_non_null(strstr(with, "\033[31mblocks 2\033[0m"));
    for (size_t i = 0; with[i]; i++) {
        if (with[i] == '\033')
            i += strcspn(with + i, "m");
        else
            with[kept++] = with[i];
    }
    with[kept] = '\0';
    assert_string_equal(with, without);
    free(with);
    free(without);
}

static void test_ascii_terminal(void **state)
{
    Look look = {.columns = 80, .terminal = true, .ascii = true};
    Session session = sample_session(1);
    Printed printed;
    char *text;

    session.query = "SELECT '\xe6\x97\xa5', now(), now(), now(), now(), now(), now()";
    printed_begin(&printed);
    sessions_print(printed.out, &session, 1, NOW_US, &look);
    text = printed_end(&printed);
    assert_lines_fit(text, 80);
    for (const char *c = text; *c; c++)
        assert_true((unsigned char) *c < 0x80);
    assert_non_null(strstr(text, "SELECT '\\u65e5"));
    assert_non_null(strstr(text, "...\n"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact_tables),
        cmocka_unit_test(test_unlimited_shows_everything),
        cmocka_unit_test(test_every_width_fits),
        cmocka_unit_test(test_a_device_narrower_than_a_pid),
        cmocka_unit_test(test_hostile_text_is_escaped),
        cmocka_unit_test(test_a_megabyte_is_cut),
        cmocka_unit_test(test_indentation_is_folded_on_a_terminal_only),
        cmocka_unit_test(test_other_processes_show_their_kind),
        cmocka_unit_test(test_nothing_is_printed_of_nothing),
        cmocka_unit_test(test_long_idle_in_transaction_is_coloured),
        cmocka_unit_test(test_waiting_and_blocking_are_coloured),
        cmocka_unit_test(test_session_ids_are_for_wide_devices),
        cmocka_unit_test(test_colour_takes_no_width),
        cmocka_unit_test(test_ascii_terminal),
    };

    (void) setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
