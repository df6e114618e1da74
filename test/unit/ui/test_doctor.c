/* SPDX-License-Identifier: PostgreSQL */
/* Doctor: its page at many widths, its script and its JSON, with names that want to break them. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "core/patient.h"
#include "ui/doctor.h"
#include "ui/json.h"
#include "ui/sample.h"

static Patient patient;

static int setup(void **state)
{
    patient_init(&patient);
    return 0;
}

static int teardown(void **state)
{
    patient_done(&patient);
    return 0;
}

static char *page_at(int columns, bool brief)
{
    Look look = {.columns = columns, .terminal = columns > 0};
    Printed printed;
    char *text;

    patient.checks = doctor_examine(&patient.facts, &patient.arena);
    printed_begin(&printed);
    doctor_print(printed.out, &patient.facts, &patient.checks, brief, &look);
    text = printed_end(&printed);
    assert_lines_fit(text, columns);
    return text;
}

static void assert_page(int columns, bool brief, const char *expected)
{
    char *text = page_at(columns, brief);

    assert_string_equal(text, expected);
    free(text);
}

static void assert_script(const char *expected)
{
    StrBuf buf;

    patient.checks = doctor_examine(&patient.facts, &patient.arena);
    strbuf_init(&buf);
    doctor_script(&buf, &patient.facts, &patient.checks);
    assert_string_equal(buf.text, expected);
    strbuf_done(&buf);
}

#define SCRIPT_HEAD "-- pgquell doctor: for psql -v ON_ERROR_STOP=1 -f, without -1\n"

static void a_healthy_server_gets_two_lines(void **state)
{
    assert_page(0, true, "");
    patient.world.server_version = 100000;
    assert_page(72, false,
                "fine statement_timeout, statement_timeout_everywhere,\n"
                "    idle_in_transaction_session_timeout, lock_timeout, tcp_keepalives,\n"
                "    log_min_error_statement, log_min_messages, log_lock_waits,\n"
                "    log_line_prefix, superuser_reserved_connections, free_slots,\n"
                "    connection_limit, track_activities, track_activity_query_size,\n"
                "    pg_read_all_stats, pg_signal_backend, superusers, audit_store\n"
                "nothing is missing\n");
    assert_script(SCRIPT_HEAD "-- nothing is missing\n");
}

static void warnings_come_first(void **state)
{
    patient_set(&patient, "log_lock_waits", "off");
    patient_set(&patient, "track_activities", "off");
    assert_page(60, true,
                "warning  track_activities  is off  proposed on\n"
                "    The server does not show what a session does, so nothing\n"
                "    can be found, and pgquell refuses to signal it.\n"
                "    ALTER SYSTEM SET track_activities = 'on';\n"
                "advice  log_lock_waits  is off  proposed on\n"
                "    With it the log says who waited for whom, after\n"
                "    deadlock_timeout; without it a past pile-up cannot be\n"
                "    explained.\n"
                "    ALTER SYSTEM SET log_lock_waits = 'on';\n");
}

static void many_roles_are_one_paragraph(void **state)
{
    char *text;

    patient.facts.override_count = 0;
    for (uint32_t oid = 30; oid < 60; oid++)
        (void) patient_role(&patient, oid, arena_printf(&patient.arena, "r%u", (unsigned int) oid));
    text = page_at(0, true);
    assert_non_null(strstr(text, "    roles: app, r30, r31, r32, r33, r34, r35, r36, r37, r38, "
                                 "r39, r40 and 19 more\n"));
    assert_non_null(strstr(text, "    ... and 26 more: pgquell doctor --sql\n"));
    free(text);
}

static void what_is_seen_is_shown(void **state)
{
    char *text;

    patient.facts.override_count = 0;
    for (int i = 0; i < 7; i++) {
        Session *session = patient_session(&patient, APP_OID);

        session->state = STATE_ACTIVE;
        session->query_start = patient.facts.server_us - 2 * HOUR_US;
        session->role = i ? "app" : NULL;
    }
    text = page_at(0, true);
    assert_non_null(strstr(text, "    role: app\n    seen: pid 100 of role unknown for 2h00m\n"
                                 "    seen: pid 101 of role app for 2h00m\n"));
    assert_non_null(strstr(text, "    seen: pid 104 of role app for 2h00m and 2 more\n"
                                 "    ALTER ROLE app SET statement_timeout = '4h';\n"));
    free(text);
}

static void notes_are_shown_unless_brief(void **state)
{
    patient.facts.override_count = 0;
    patient_session(&patient, APP_OID)->role_superuser = true;
    patient.sessions[0].role_signalable = false;
    patient.sessions[0].query_start = patient.facts.server_us - 20 * HOUR_US;
    patient.sessions[0].state = STATE_ACTIVE;
    assert_page(0, true, "");
    patient.facts.database_count = 0;
    {
        char *text = page_at(0, false);

        assert_non_null(strstr(text, "note  superusers\n    Sessions of superusers can be "
                                     "signalled by superusers only; no grant helps.\n"
                                     "    seen: pid 100 of role app\n"));
        assert_non_null(strstr(text, "note  statement_timeout\n    No limit is proposed"));
        assert_non_null(strstr(text, "    Where that is meant, "));
        assert_non_null(strstr(text, "\nnothing is missing\n"));
        free(text);
    }
}

static void values_whose_blanks_matter_are_quoted(void **state)
{
    char *text;

    patient_set(&patient, "log_line_prefix", "%m ");
    text = page_at(0, true);
    assert_non_null(strstr(text, "advice  log_line_prefix  is \"%m \"  proposed \"%m %c \"\n"));
    free(text);
    patient_set(&patient, "log_line_prefix", "");
    text = page_at(0, true);
    assert_non_null(strstr(text, "  is \"\"  proposed \"%c \"\n"));
    free(text);
    patient_set(&patient, "log_line_prefix", " x");
    text = page_at(0, true);
    assert_non_null(strstr(text, "  is \" x\"  proposed \" x %c \"\n"));
    free(text);
}

/* A server with every kind of finding, and hostile names. */
static void make_very_ill(void)
{
    patient_demote(&patient);
    patient.facts.override_count = 0;
    patient.roles[1].name = HOSTILE;
    patient.roles[1].bare = false;
    patient_role(&patient, 30, "a\nb")->bare = false;
    patient_role(&patient, 31, "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e")->bare = false;
    patient_set(&patient, "statement_timeout", "1000");
    patient_set(&patient, "track_activity_query_size", "100");
    patient_set(&patient, "log_line_prefix", HOSTILE);
    patient_override(&patient, 0, 30, "track_activities", "off");
    (void) patient_grant(&patient, "pg_signal_backend");
    patient_session(&patient, 31)->role = HOSTILE;
    patient.sessions[0].state = STATE_ACTIVE;
    patient.sessions[0].query_start = patient.facts.server_us - HOUR_US;
    patient.facts.store.state = STORE_STATE_FAULTY;
    patient.facts.store.fault = HOSTILE;
    patient.facts.store.shell = "ls -ld '" HOSTILE "'";
    patient.world.sees_all = false;
}

static void every_width_fits(void **state)
{
    make_very_ill();
    for (int columns = 12; columns <= 200; columns += 7)
        free(page_at(columns, false));
    free(page_at(0, false));
}

static void what_cannot_be_run_here_says_where(void **state)
{
    char *text;

    patient_demote(&patient);
    patient_set(&patient, "track_activity_query_size", "100");
    patient_set(&patient, "reserved_connections", "1");
    patient_override(&patient, 0, APP_OID, "track_activities", "off");
    patient.world.standby = true;
    patient.world.server_version = 150000;
    assert_script(SCRIPT_HEAD
                  "-- warning: track_activities: The server does not show what a session does, so "
                  "nothing can be found, and pgquell refuses to signal it.\n"
                  "-- note: It is so for roles or databases that override it; the SQL takes that "
                  "back.\n"
                  "-- on the primary: ALTER ROLE app RESET track_activities;\n"
                  "-- advice: track_activity_query_size: Statements that are longer are cut, and "
                  "what is behind the cut cannot be seen or matched.\n"
                  "-- as a superuser: ALTER SYSTEM SET track_activity_query_size = '4096';\n"
                  "-- this takes effect when the server is restarted\n");
    text = page_at(0, true);
    assert_non_null(
        strstr(text, "    On the primary:\n    ALTER ROLE app RESET track_activities;\n"));
    assert_non_null(strstr(text, "    As a superuser:\n"
                                 "    ALTER SYSTEM SET track_activity_query_size = '4096';\n"
                                 "    It takes effect when the server is restarted.\n"));
    free(text);
}

static void a_script_is_ascii_a_line_a_statement(void **state)
{
    StrBuf buf;
    const char *line;

    make_very_ill();
    patient.world.superuser = true;
    patient.checks = doctor_examine(&patient.facts, &patient.arena);
    strbuf_init(&buf);
    doctor_script(&buf, &patient.facts, &patient.checks);
    for (line = buf.text; *line; line = strchr(line, '\n') + 1) {
        size_t length = strcspn(line, "\n");

        for (size_t i = 0; i < length; i++)
            assert_true(line[i] >= ' ' && line[i] <= '~');
        assert_true(strncmp(line, "-- ", 3) == 0 || line[length - 1] == ';');
    }
    assert_non_null(strstr(buf.text, "\nSET standard_conforming_strings = on;\n"));
    assert_non_null(strstr(buf.text, "\nALTER ROLE U&\"a\\000Ab\" RESET track_activities;\n"));
    assert_non_null(strstr(buf.text, "\n-- in a shell: ls -ld 'a\\x1b[2J\\u202e\\xff\\x7f\\nb'\n"));
    assert_non_null(strstr(buf.text, "\n-- note: "));
    assert_non_null(strstr(buf.text, "= '4096';\n-- this takes effect when the server is "
                                     "restarted\n"));
    assert_string_equal(buf.text + buf.length - strlen("\nSELECT pg_reload_conf();\n"),
                        "\nSELECT pg_reload_conf();\n");
    strbuf_done(&buf);
}

static void assert_json(const char *name, const char *expected)
{
    const DoctorCheck *check = patient_examined(&patient, name, 0);

    assert_string_equal(json_text(&patient.arena, doctor_json(&patient.facts, check)), expected);
}

static void a_check_is_one_object(void **state)
{
    assert_json("log_lock_waits",
                "{\"check\":\"log_lock_waits\",\"topic\":\"logging\",\"status\":\"ok\","
                "\"setting\":\"log_lock_waits\",\"value\":\"on\",\"proposed\":null,\"why\":null,"
                "\"remedy\":null,\"sql\":[],\"shell\":null,\"needs\":[],\"roles\":[],"
                "\"evidence\":[]}");
    patient_set(&patient, "track_activity_query_size", "100");
    patient_demote(&patient);
    assert_json("track_activity_query_size",
                "{\"check\":\"track_activity_query_size\",\"topic\":\"statistics\","
                "\"status\":\"advice\",\"setting\":\"track_activity_query_size\",\"value\":\"100\","
                "\"proposed\":\"4096\",\"why\":\"Statements that are longer are cut, and what is "
                "behind the cut cannot be seen or matched.\",\"remedy\":null,\"sql\":[\"ALTER "
                "SYSTEM SET track_activity_query_size = '4096';\"],\"shell\":null,\"needs\":["
                "\"superuser\",\"restart\"],\"roles\":[],\"evidence\":[]}");
}

static void json_has_the_roles_and_the_evidence(void **state)
{
    const DoctorCheck *check;
    json_t *object;
    json_t *evidence;

    patient.facts.override_count = 0;
    patient.world.standby = true;
    patient.roles[1].name = "a\nb";
    patient_session(&patient, APP_OID)->state = STATE_ACTIVE;
    patient.sessions[0].query_start = patient.facts.server_us - HOUR_US;
    check = patient_examined(&patient, "statement_timeout", 0);
    object = doctor_json(&patient.facts, check);
    evidence = json_array_get(json_object_get(object, "evidence"), 0);
    assert_string_equal(json_string_value(json_array_get(json_object_get(object, "roles"), 0)),
                        "a\nb");
    assert_string_equal(json_string_value(json_array_get(json_object_get(object, "needs"), 0)),
                        "primary");
    assert_int_equal(json_integer_value(json_object_get(evidence, "pid")), 100);
    assert_true(json_real_value(json_object_get(evidence, "age_s")) == 3600.0);
    json_decref(object);
    patient_session(&patient, OWN_OID)->role_superuser = true;
    patient.sessions[1].role_signalable = false;
    object = doctor_json(&patient.facts, patient_examined(&patient, "superusers", 0));
    evidence = json_array_get(json_object_get(object, "evidence"), 0);
    assert_true(json_is_null(json_object_get(evidence, "age_s")));
    json_decref(object);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_healthy_server_gets_two_lines),
        TEST(warnings_come_first),
        TEST(many_roles_are_one_paragraph),
        TEST(what_is_seen_is_shown),
        TEST(notes_are_shown_unless_brief),
        TEST(values_whose_blanks_matter_are_quoted),
        TEST(every_width_fits),
        TEST(what_cannot_be_run_here_says_where),
        TEST(a_script_is_ascii_a_line_a_statement),
        TEST(a_check_is_one_object),
        TEST(json_has_the_roles_and_the_evidence),
    };

    (void) setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
