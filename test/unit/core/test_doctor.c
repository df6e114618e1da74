/* SPDX-License-Identifier: PostgreSQL */
/* Doctor: settings of the instance, and what changes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/patient.h"

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

static const DoctorCheck *examined(const char *check)
{
    return patient_examined(&patient, check, 0);
}

/* Without a remedy the statements have to do it all. */
static void assert_found(const char *name, DoctorStatus status, const char *statements)
{
    const DoctorCheck *check = examined(name);

    assert_int_equal(check->status, status);
    assert_statements(check, statements);
}

static void assert_fine(const char *name)
{
    const DoctorCheck *check = examined(name);

    assert_int_equal(check->status, DOCTOR_OK);
    assert_false(check->noted);
    assert_null(check->why);
    assert_statements(check, "");
}

static void nothing_is_said_of_a_healthy_server(void **state)
{
    patient.checks = doctor_examine(&patient.facts, &patient.arena);
    assert_int_equal(patient.checks.count, 25);
    for (size_t i = 0; i < patient.checks.count; i++)
        assert_fine(patient.checks.items[i].check);
}

static void an_older_server_is_not_asked_for_what_it_does_not_know(void **state)
{
    patient.world.server_version = 100000;
    assert_checks(&patient, "idle_session_timeout", 0);
    assert_checks(&patient, "idle_session_timeout_pooled", 0);
    assert_checks(&patient, "transaction_timeout", 0);
    assert_checks(&patient, "client_connection_check_interval", 0);
    assert_checks(&patient, "reserved_connections", 0);
    assert_checks(&patient, "pg_signal_autovacuum_worker", 0);
    assert_checks(&patient, "log_lock_waits", 1);
}

static void statuses_have_names(void **state)
{
    assert_string_equal(doctor_status_name(DOCTOR_OK), "ok");
    assert_string_equal(doctor_status_name(DOCTOR_ADVICE), "advice");
    assert_string_equal(doctor_status_name(DOCTOR_WARNING), "warning");
}

static void settings_that_are_missing_get_their_alter_system(void **state)
{
    static const struct {
        const char *name;
        const char *bad;
        DoctorStatus status;
        const char *sql;
    } rows[] = {
        {"client_connection_check_interval", "0", DOCTOR_ADVICE,
         "ALTER SYSTEM SET client_connection_check_interval = '10s';"},
        {"log_min_error_statement", "panic", DOCTOR_WARNING,
         "ALTER SYSTEM SET log_min_error_statement = 'error';"},
        {"log_min_messages", "fatal", DOCTOR_WARNING,
         "ALTER SYSTEM SET log_min_messages = 'warning';"},
        {"log_lock_waits", "off", DOCTOR_ADVICE, "ALTER SYSTEM SET log_lock_waits = 'on';"},
        {"track_activities", "off", DOCTOR_WARNING, "ALTER SYSTEM SET track_activities = 'on';"},
        {"track_activity_query_size", "1024", DOCTOR_ADVICE,
         "ALTER SYSTEM SET track_activity_query_size = '4096';"},
        {"superuser_reserved_connections", "0", DOCTOR_WARNING,
         "ALTER SYSTEM SET superuser_reserved_connections = '3';"},
        {"log_line_prefix", "%m [%p] ", DOCTOR_ADVICE,
         "ALTER SYSTEM SET log_line_prefix = '%m [%p] %c ';"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_fine(rows[i].name);
        patient_set(&patient, rows[i].name, rows[i].bad);
        assert_found(rows[i].name, rows[i].status, rows[i].sql);
        assert_string_equal(examined(rows[i].name)->value, rows[i].bad);
        assert_non_null(examined(rows[i].name)->proposed);
        assert_non_null(examined(rows[i].name)->why);
        patient_remove(&patient, rows[i].name);
        assert_true(examined(rows[i].name)->noted);
    }
}

static void only_some_need_a_restart(void **state)
{
    patient_set(&patient, "log_lock_waits", "off");
    patient_set(&patient, "track_activity_query_size", "1024");
    patient_set(&patient, "superuser_reserved_connections", "0");
    assert_false(examined("log_lock_waits")->restart);
    assert_true(examined("track_activity_query_size")->restart);
    assert_true(examined("superuser_reserved_connections")->restart);
}

static void what_waits_for_a_restart_is_not_set_again(void **state)
{
    patient_set(&patient, "track_activity_query_size", "1024");
    patient_setting(&patient, "track_activity_query_size")->pending_restart = true;
    assert_found("track_activity_query_size", DOCTOR_ADVICE, "");
    assert_non_null(strstr(examined("track_activity_query_size")->remedy, "waits for a restart"));
}

static void what_the_command_line_says_is_changed_there(void **state)
{
    patient_set(&patient, "log_lock_waits", "off");
    patient_setting(&patient, "log_lock_waits")->source = "command line";
    assert_found("log_lock_waits", DOCTOR_ADVICE, "");
    assert_string_equal(examined("log_lock_waits")->remedy,
                        "log_lock_waits comes from the server's command line, which ALTER SYSTEM "
                        "does not change: set it to 'on' there.");
    patient_setting(&patient, "log_lock_waits")->source = "environment variable";
    assert_found("log_lock_waits", DOCTOR_ADVICE, "");
}

static void a_value_that_is_hidden_is_said_to_be(void **state)
{
    patient_set(&patient, "log_lock_waits", NULL);
    assert_found("log_lock_waits", DOCTOR_OK, "");
    assert_true(examined("log_lock_waits")->noted);
    assert_null(examined("log_lock_waits")->value);
    assert_non_null(strstr(examined("log_lock_waits")->why, "cannot be seen"));
}

static void overrides_to_the_worse_are_taken_back(void **state)
{
    (void) patient_role(&patient, ETL_OID, "etl");
    patient_override(&patient, 0, APP_OID, "track_activities", "false");
    patient_override(&patient, SHOP_OID, 0, "track_activities", "off");
    patient_override(&patient, SHOP_OID, ETL_OID, "track_activities", "0");
    patient_override(&patient, 0, 0, "track_activities", "no");
    patient_override(&patient, 0, ETL_OID, "track_activities", "on");
    patient_override(&patient, 0, 4711, "track_activities", "off"); /* a role that cannot log in */
    patient_override(&patient, 4711, 0, "track_activities", "off"); /* a database that is gone */
    assert_found("track_activities", DOCTOR_WARNING,
                 "ALTER ROLE app RESET track_activities;\n"
                 "ALTER DATABASE shop RESET track_activities;\n"
                 "ALTER ROLE etl IN DATABASE shop RESET track_activities;\n"
                 "ALTER ROLE ALL RESET track_activities;");
    assert_non_null(strstr(examined("track_activities")->remedy, "that override it"));
    patient_set(&patient, "track_activities", NULL); /* hidden by one of them */
    assert_false(examined("track_activities")->noted);
    assert_non_null(strstr(examined("track_activities")->why, "does not show"));
}

static void a_name_that_is_no_text_gets_no_sql(void **state)
{
    patient_role(&patient, ETL_OID, "caf\xe9")->bare = false;
    patient_override(&patient, 0, ETL_OID, "track_activities", "off");
    assert_fine("track_activities");
}

static void a_provider_s_server_is_changed_the_provider_s_way(void **state)
{
    patient_demote(&patient);
    (void) patient_grant(&patient, "rds_superuser");
    patient_set(&patient, "log_lock_waits", "off");
    assert_found("log_lock_waits", DOCTOR_ADVICE, "");
    assert_string_equal(
        examined("log_lock_waits")->remedy,
        "On Amazon RDS or Aurora set log_lock_waits = 'on' in the DB parameter group.");
    patient.world.superuser = true; /* that role was restored from elsewhere */
    assert_found("log_lock_waits", DOCTOR_ADVICE, "ALTER SYSTEM SET log_lock_waits = 'on';");
}

static void every_provider_is_known_by_its_role(void **state)
{
    const char *name;

    patient_demote(&patient);
    patient_set(&patient, "log_lock_waits", "off");
    for (size_t i = 0; (name = doctor_manager(i)); i++) {
        patient.facts.grant_count = 0;
        (void) patient_grant(&patient, name);
        assert_found("log_lock_waits", DOCTOR_ADVICE, "");
    }
}

static void statements_run_where_they_can(void **state)
{
    const DoctorStatement of_server = {"", REACH_SERVER};
    const DoctorStatement of_cluster = {"", REACH_CLUSTER};

    assert_true(doctor_runs_here(&patient.facts, &of_server));
    assert_true(doctor_runs_here(&patient.facts, &of_cluster));
    patient.world.standby = true;
    assert_true(doctor_runs_here(&patient.facts, &of_server));
    assert_false(doctor_runs_here(&patient.facts, &of_cluster));
    patient.world.superuser = false;
    assert_false(doctor_runs_here(&patient.facts, &of_server));
}

static void a_short_limit_for_everybody_is_a_warning(void **state)
{
    patient_set(&patient, "statement_timeout", "30000");
    assert_found("statement_timeout_everywhere", DOCTOR_WARNING,
                 "ALTER SYSTEM SET statement_timeout = '0';");
    assert_string_equal(examined("statement_timeout_everywhere")->value, "30s");
    patient_set(&patient, "statement_timeout", "3600000");
    assert_fine("statement_timeout_everywhere");
    patient_override(&patient, 0, 0, "statement_timeout", "10s");
    assert_found("statement_timeout_everywhere", DOCTOR_WARNING,
                 "ALTER ROLE ALL RESET statement_timeout;");
    assert_string_equal(examined("statement_timeout_everywhere")->value, "10s");
    patient.overrides[patient.facts.override_count - 1].value = "2h";
    assert_fine("statement_timeout_everywhere");
    patient_set(&patient, "statement_timeout", NULL);
    assert_true(examined("statement_timeout_everywhere")->noted);
    patient.overrides[patient.facts.override_count - 1].value = "10s";
    assert_found("statement_timeout_everywhere", DOCTOR_WARNING,
                 "ALTER ROLE ALL RESET statement_timeout;");
    assert_false(examined("statement_timeout_everywhere")->noted);
}

static void a_prefix_keeps_what_it_has(void **state)
{
    patient_set(&patient, "log_line_prefix", "it's %p:");
    assert_found("log_line_prefix", DOCTOR_ADVICE,
                 "ALTER SYSTEM SET log_line_prefix = 'it''s %p: %c ';");
    patient_set(&patient, "log_line_prefix", "");
    assert_found("log_line_prefix", DOCTOR_ADVICE, "ALTER SYSTEM SET log_line_prefix = '%c ';");
    patient_set(&patient, "log_line_prefix", "Zo\xc3\xab %p ");
    assert_found("log_line_prefix", DOCTOR_ADVICE,
                 "ALTER SYSTEM SET log_line_prefix = '%m [%p] %c ';");
}

static void logs_with_fields_need_no_prefix(void **state)
{
    patient_set(&patient, "log_line_prefix", "");
    patient_set(&patient, "log_destination", "csvlog");
    assert_fine("log_line_prefix");
    patient_set(&patient, "log_destination", "jsonlog");
    assert_fine("log_line_prefix");
    patient_set(&patient, "log_destination", "stderr,csvlog");
    assert_int_equal(examined("log_line_prefix")->status, DOCTOR_ADVICE);
    patient_set(&patient, "log_destination", "syslog");
    assert_int_equal(examined("log_line_prefix")->status, DOCTOR_ADVICE);
    patient_remove(&patient, "log_destination");
    assert_int_equal(examined("log_line_prefix")->status, DOCTOR_ADVICE);
}

static void keepalives_are_judged_together(void **state)
{
    patient_set(&patient, "tcp_keepalives_idle", "0");
    assert_found("tcp_keepalives", DOCTOR_ADVICE,
                 "ALTER SYSTEM SET tcp_keepalives_idle = '60';\n"
                 "ALTER SYSTEM SET tcp_keepalives_interval = '10';\n"
                 "ALTER SYSTEM SET tcp_keepalives_count = '6';");
    assert_string_equal(examined("tcp_keepalives")->value, "7200 s, then 6 times 10 s");
    patient_setting(&patient, "tcp_keepalives_idle")->observed = "300"; /* the system's own */
    assert_fine("tcp_keepalives");
    patient_set(&patient, "tcp_keepalives_idle", "60");
    patient_set(&patient, "tcp_keepalives_interval", "0");
    patient_set(&patient, "tcp_keepalives_count", "0");
    assert_fine("tcp_keepalives"); /* 60 + 9 * 75 */
    patient_remove(&patient, "tcp_keepalives_idle");
    assert_found("tcp_keepalives", DOCTOR_ADVICE,
                 "ALTER SYSTEM SET tcp_keepalives_interval = '10';\n"
                 "ALTER SYSTEM SET tcp_keepalives_count = '6';");
    patient_set(&patient, "listen_addresses", "");
    assert_fine("tcp_keepalives");
    patient_remove(&patient, "listen_addresses");
    assert_int_equal(examined("tcp_keepalives")->status, DOCTOR_ADVICE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_said_of_a_healthy_server),
        TEST(an_older_server_is_not_asked_for_what_it_does_not_know),
        TEST(statuses_have_names),
        TEST(settings_that_are_missing_get_their_alter_system),
        TEST(only_some_need_a_restart),
        TEST(what_waits_for_a_restart_is_not_set_again),
        TEST(what_the_command_line_says_is_changed_there),
        TEST(a_value_that_is_hidden_is_said_to_be),
        TEST(overrides_to_the_worse_are_taken_back),
        TEST(a_name_that_is_no_text_gets_no_sql),
        TEST(a_provider_s_server_is_changed_the_provider_s_way),
        TEST(every_provider_is_known_by_its_role),
        TEST(statements_run_where_they_can),
        TEST(a_short_limit_for_everybody_is_a_warning),
        TEST(a_prefix_keeps_what_it_has),
        TEST(logs_with_fields_need_no_prefix),
        TEST(keepalives_are_judged_together),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
