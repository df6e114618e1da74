/* SPDX-License-Identifier: PostgreSQL */
/* Status: one screen that fits, commands that can be pasted, and the same as JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ui/json.h"
#include "ui/sample.h"
#include "ui/status.h"

static const World world = {
    .server_version = 150004, .current_role = "dba", .postmaster_start = NOW_US - 7200 * US_PER_S};
static const Server server = {.connections_max = 100, .cluster_name = ""};
static const char *const connection[] = {"-h", "/tmp/a b", "-p", "5433"};
static const char *const stop[] = {"stop", "673dd2b1.13e0f"};
static const char *const many[] = {
    "stop", "--state", "idle in transaction (aborted)", "--application", HOSTILE, "--limit", "30"};
static const char *const rollback[] = {"rollback-prepared", "--", "-x"};

/* What a test changes. */
typedef struct Screen {
    Session session;
    Prepared prepared;
    Finding findings[8];
    Triage triage;
    StatusPage page;
    Look look;
} Screen;

static int setup(void **state)
{
    Screen *screen = xcalloc(1, sizeof(*screen));

    screen->session = sample_idle_in_transaction(81423, 250 * US_PER_S);
    screen->prepared = (Prepared){.gid = HOSTILE,
                                  .xid = 700,
                                  .prepared_us = NOW_US - 3600 * US_PER_S,
                                  .role = "app",
                                  .database = "shop",
                                  .locks = COUNT_UNKNOWN};
    screen->triage = (Triage){.findings = screen->findings,
                              .connections = {.used = 47, .ordinary_max = 97, .reserved_free = 3},
                              .oldest_us = TIME_UNKNOWN};
    screen->page = (StatusPage){.cluster = "main",
                                .world = &world,
                                .server = &server,
                                .triage = &screen->triage,
                                .now_us = NOW_US};
    *state = screen;
    return 0;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

/* A finding about the session. */
static Finding *add(Screen *screen, const char *const *words, size_t count)
{
    Finding *finding = &screen->findings[screen->triage.count++];

    *finding = (Finding){.kind = FINDING_BLOCKER,
                         .severity = SEVERITY_CRITICAL,
                         .what = "12 sessions wait behind app@shop (web, pid 81423)",
                         .why = "it has been idle in transaction for 4 min 10 s",
                         .fixes = {{.words = words, .word_count = count, .effect = "frees all"}},
                         .fix_count = 1,
                         .session = &screen->session,
                         .count = 1,
                         .waiters = 12,
                         .since_us = NOW_US - 250 * US_PER_S,
                         .waiting_us = NOW_US - 90 * US_PER_S,
                         .lock = "relation public.account",
                         .xids_back = 17,
                         .horizon = true};
    return finding;
}

static char *printed(const Screen *screen)
{
    Printed out;

    printed_begin(&out);
    status_print(out.out, &screen->page, &screen->look);
    return printed_end(&out);
}

static void assert_prints(const Screen *screen, const char *expected)
{
    char *text = printed(screen);

    assert_string_equal(text, expected);
    free(text);
}

static void assert_has(const Screen *screen, const char *part)
{
    char *text = printed(screen);

    if (!strstr(text, part))
        fail_msg("not in it: %s\n%s", part, text);
    free(text);
}

static void nothing_wrong_is_one_line(void **state)
{
    Screen *screen = *state;

    assert_prints(screen, "main  PostgreSQL 15.4  primary  up 2 h 0 min  47 of 100 connections  no "
                          "transaction\nnothing is wrong\n");
    screen->triage.hidden = 2;
    assert_has(screen, "nothing is wrong in what can be seen\n");
}

static void the_head_says_what_is_known(void **state)
{
    Screen *screen = *state;
    World standby = {.server_version = 180001, .standby = true, .postmaster_start = TIME_UNKNOWN};

    screen->page.world = &standby;
    screen->triage.oldest_us = NOW_US - 90 * US_PER_S;
    assert_has(screen,
               "main  PostgreSQL 18.1  standby  47 of 100 connections  oldest transaction 1 "
               "min 30 s\n");
}

static void a_finding_with_its_command(void **state)
{
    Screen *screen = *state;

    add(screen, stop, 2);
    screen->page.connection = connection;
    screen->page.connection_count = 4;
    assert_has(screen, "1 finding, worst first\n\n"
                       "1. 12 sessions wait behind app@shop (web, pid 81423)\n"
                       "   it has been idle in transaction for 4 min 10 s\n"
                       "   query: UPDATE account SET balance = 1 WHERE id = 1\n"
                       "   fix: pgquell stop 673dd2b1.13e0f -h '/tmp/a b' -p 5433\n"
                       "        frees all\n");
}

static void two_ways_and_what_is_in_the_way(void **state)
{
    Screen *screen = *state;
    Finding *finding = add(screen, stop, 2);

    finding->fix_count = 2;
    finding->why = "";
    finding->session = NULL;
    finding->fixes[0].obstacle = "role ops may not: GRANT it";
    finding->fixes[1] = (Fix){.sql = "SELECT 1;", .effect = "does it"};
    assert_has(screen, "81423)\n"
                       "   fix: pgquell stop 673dd2b1.13e0f\n"
                       "        frees all\n"
                       "        but role ops may not: GRANT it\n"
                       "   or:  SELECT 1;\n"
                       "        does it\n");
    finding->fixes[0] = (Fix){.effect = "wait for it"};
    finding->fixes[1] = (Fix){.effect = "frees all", .obstacle = "it is hidden: GRANT it"};
    assert_has(screen, "   fix: wait for it\n   or:  it is hidden: GRANT it\n");
}

static void options_stand_before_what_ends_them(void **state)
{
    Screen *screen = *state;

    add(screen, rollback, 3);
    screen->page.connection = connection;
    screen->page.connection_count = 2;
    assert_has(screen, "pgquell rollback-prepared -h '/tmp/a b' -- -x\n");
}

static void notes_come_before_what_was_found(void **state)
{
    static const char *const notes[] = {"one", "two"};
    Screen *screen = *state;

    screen->triage.notes = notes;
    screen->triage.note_count = 2;
    assert_has(screen, "nothing is wrong\nnote: one\nnote: two\n");
}

static void no_line_is_wider_than_the_device(void **state)
{
    static const int widths[] = {40, 60, 80, 132};
    Screen *screen = *state;

    add(screen, stop, 2)->fixes[0].obstacle = "role ops may not: GRANT pg_signal_backend TO ops";
    add(screen, many, 7);
    screen->session.query = HOSTILE HOSTILE HOSTILE HOSTILE HOSTILE HOSTILE HOSTILE HOSTILE;
    screen->page.connection = connection;
    screen->page.connection_count = 4;
    for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
        char *text;

        screen->look.columns = widths[i];
        text = printed(screen);
        /* but for one word that cannot be broken */
        assert_lines_fit(text, widths[i] < 66 ? 66 : widths[i]);
        free(text);
    }
    screen->look.columns = 10; /* hardly a terminal: it may look bad, but it works */
    free(printed(screen));
}

static void a_command_goes_on_behind_a_backslash(void **state)
{
    Screen *screen = *state;

    add(screen, many, 7);
    screen->look.columns = 50;
    assert_has(screen, "   fix: pgquell stop \\\n"
                       "            --state 'idle in transaction (aborted)' \\\n");
    assert_has(screen, " \\\n            --limit 30\n");
}

static void what_does_not_fit_is_counted(void **state)
{
    Screen *screen = *state;

    for (size_t i = 0; i < 5; i++)
        add(screen, stop, 2);
    screen->look.columns = 80;
    screen->look.rows = 24; /* three of head, six for each finding, one for the prompt */
    assert_has(screen, "3. 12 sessions");
    assert_has(screen, "\nand 2 more: --json shows all\n");
    screen->look.rows = 3;
    assert_has(screen, "1. 12 sessions");
    assert_has(screen, "\nand 4 more: --json shows all\n");
    screen->look.rows = 34;
    assert_has(screen, "5. 12 sessions");
    screen->look.rows = 33;
    assert_has(screen, "\nand 1 more: --json shows all\n");
    screen->look.rows = 0;
    assert_has(screen, "5. 12 sessions");
}

static void colours_for_those_who_have_them(void **state)
{
    Screen *screen = *state;

    screen->look.color = true;
    assert_has(screen, "\033[32mnothing is wrong\033[0m");
    add(screen, stop, 2);
    assert_has(screen, "\033[31m1.\033[0m");
    screen->findings[0].severity = SEVERITY_WARNING;
    assert_has(screen, "\033[33m1.\033[0m");
}

static void assert_json(json_t *value, const char *expected)
{
    Arena arena;

    arena_init(&arena);
    assert_string_equal(json_text(&arena, value), expected);
    arena_done(&arena);
}

static void the_head_as_json(void **state)
{
    Screen *screen = *state;
    static const char *const notes[] = {"one"};

    screen->triage.notes = notes;
    screen->triage.note_count = 1;
    screen->triage.hidden = 2;
    assert_json(status_json_head(&screen->page),
                "{\"at\":\"2024-11-20T12:34:56.123456Z\",\"cluster\":\"main\",\"version\":\"15.4\","
                "\"standby\":false,\"uptime_s\":7200.0,\"connections\":47,\"connections_max\":100,"
                "\"connections_ordinary\":97,\"reserved_free\":3,\"oldest_transaction_s\":null,"
                "\"findings\":0,\"hidden\":2,\"notes\":[\"one\"]}");
}

static void a_finding_as_json(void **state)
{
    Screen *screen = *state;
    Finding *finding = add(screen, rollback, 3);

    finding->session = NULL;
    finding->prepared = &screen->prepared;
    finding->fixes[0].obstacle = "no";
    screen->page.connection = connection;
    screen->page.connection_count = 2;
    assert_json(
        status_json_finding(&screen->page, finding),
        "{\"finding\":\"blocker\",\"severity\":\"critical\",\"what\":\"12 sessions wait behind "
        "app@shop (web, pid 81423)\",\"why\":\"it has been idle in transaction for 4 min 10 s\","
        "\"command\":\"pgquell rollback-prepared -h '/tmp/a b' -- -x\","
        "\"fixes\":[{\"command\":\"pgquell rollback-prepared -h '/tmp/a b' -- -x\",\"sql\":null,"
        "\"effect\":\"frees all\",\"obstacle\":\"no\"}],\"count\":1,\"since_s\":250.0,"
        "\"waiters\":12,\"waiting_s\":90.0,\"lock\":\"relation public.account\",\"xids_back\":17,"
        "\"holds_horizon\":true,\"session\":null,\"prepared\":{\"gid\":\"a\\u001B[2J\\u202E\\\\xff"
        "\\u007f\\nb\",\"xid\":700,\"role\":\"app\",\"database\":\"shop\",\"prepared\":"
        "\"2024-11-20T11:34:56.123456Z\",\"prepared_s\":3600.0,\"locks\":null}}");
}

static void a_session_is_the_contracts_object(void **state)
{
    Screen *screen = *state;
    Finding *finding = add(screen, NULL, 0);
    json_t *object;
    json_t *session = json_session(&screen->session, NOW_US);

    finding->why = "";
    object = status_json_finding(&screen->page, finding);
    assert_true(json_is_null(json_object_get(object, "command")));
    assert_true(json_is_null(json_object_get(object, "why")));
    assert_true(json_is_null(json_object_get(object, "prepared")));
    assert_true(json_equal(json_object_get(object, "session"), session));
    json_decref(object);
    json_decref(session);
    finding->fix_count = 0;
    object = status_json_finding(&screen->page, finding);
    assert_true(json_is_null(json_object_get(object, "command")));
    json_decref(object);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_wrong_is_one_line),
        TEST(the_head_says_what_is_known),
        TEST(a_finding_with_its_command),
        TEST(two_ways_and_what_is_in_the_way),
        TEST(options_stand_before_what_ends_them),
        TEST(notes_come_before_what_was_found),
        TEST(no_line_is_wider_than_the_device),
        TEST(a_command_goes_on_behind_a_backslash),
        TEST(what_does_not_fit_is_counted),
        TEST(colours_for_those_who_have_them),
        TEST(the_head_as_json),
        TEST(a_finding_as_json),
        TEST(a_session_is_the_contracts_object),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
