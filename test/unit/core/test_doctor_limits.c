/* SPDX-License-Identifier: PostgreSQL */
/* Doctor: limits by role: for whom, how long, and what was decided already. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/ordinary.h"
#include "core/patient.h"

static Patient patient;

/* The role app has no statement_timeout now. */
static int setup(void **state)
{
    patient_init(&patient);
    patient.facts.override_count = 0;
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

static void assert_proposed(const char *name, const char *statements)
{
    const DoctorCheck *check = examined(name);

    assert_int_equal(check->status, DOCTOR_ADVICE);
    assert_statements(check, statements);
}

static void assert_fine(const char *name)
{
    assert_int_equal(examined(name)->status, DOCTOR_OK);
    assert_false(examined(name)->noted);
    assert_checks(&patient, name, 1);
}

/* What each limit looks at, so long ago. */
static Session *seen(uint32_t role, int64_t age_us)
{
    Session *session = patient_session(&patient, role);

    session->backend_start = session->xact_start = session->query_start = session->state_change =
        NOW_US - age_us;
    session->state = STATE_ACTIVE;
    return session;
}

static void roles_without_a_limit_get_one(void **state)
{
    patient_set(&patient, "idle_in_transaction_session_timeout", "0");
    patient_set(&patient, "transaction_timeout", "0");
    patient_set(&patient, "lock_timeout", "0");
    assert_proposed("statement_timeout", "ALTER ROLE app SET statement_timeout = '30min';");
    assert_proposed("idle_in_transaction_session_timeout",
                    "ALTER ROLE app SET idle_in_transaction_session_timeout = '5min';");
    assert_proposed("transaction_timeout", "ALTER ROLE app SET transaction_timeout = '1h';");
    assert_fine("lock_timeout"); /* it owns nothing */
    patient.roles[1].owns_tables = true;
    assert_proposed("lock_timeout", "ALTER ROLE app SET lock_timeout = '10s';");
    assert_string_equal(examined("lock_timeout")->proposed, "10s");
    assert_string_equal(examined("lock_timeout")->roles[0], "app");
}

static void those_who_keep_the_server_get_none(void **state)
{
    DoctorRole *role = &patient.roles[1];

    role->superuser = true;
    assert_fine("statement_timeout");
    role->superuser = false;
    role->replication = true;
    assert_fine("statement_timeout");
    role->replication = false;
    role->administers = true;
    assert_fine("statement_timeout");
    role->administers = false;
    role->spared = true;
    assert_fine("statement_timeout");
    role->spared = false;
    role->login = false;
    assert_fine("statement_timeout");
    role->login = true;
    assert_int_equal(examined("statement_timeout")->status, DOCTOR_ADVICE);
    patient_demote(&patient); /* our own role is a plain one then, and still left alone */
    assert_int_equal(examined("statement_timeout")->role_count, 1);
    patient.world.session_role_oid = 4711; /* known by its name, after SET ROLE */
    assert_int_equal(examined("statement_timeout")->role_count, 1);
}

static void nor_do_those_who_back_it_up(void **state)
{
    Session *session = patient_session(&patient, APP_OID);

    assert_int_equal(examined("statement_timeout")->status, DOCTOR_ADVICE);
    session->application = NULL;
    assert_int_equal(examined("statement_timeout")->status, DOCTOR_ADVICE);
    session->application = "pgBackRest [backup]";
    assert_fine("statement_timeout");
    session->application = "web";
    patient.roles[1].name = "nightly_backup";
    assert_fine("statement_timeout");
}

static void a_limit_is_in_force_already(void **state)
{
    patient_set(&patient, "statement_timeout", "7200000");
    assert_fine("statement_timeout");
    patient_set(&patient, "statement_timeout", "0");
    patient_override(&patient, 0, 0, "statement_timeout", "2h");
    assert_fine("statement_timeout");
    patient.facts.override_count = 0;
    patient_override(&patient, 0, APP_OID, "statement_timeout", "0"); /* somebody has decided */
    assert_fine("statement_timeout");
}

static void a_limit_of_every_database_that_matters_will_do(void **state)
{
    patient_override(&patient, SHOP_OID, 0, "statement_timeout", "5min");
    assert_fine("statement_timeout");
    patient_session(&patient, APP_OID)->database_oid = POSTGRES_OID;
    assert_int_equal(examined("statement_timeout")->status, DOCTOR_ADVICE);
    patient_override(&patient, POSTGRES_OID, APP_OID, "statement_timeout", "5min");
    assert_fine("statement_timeout");
    patient.facts.database_count = 0;
    assert_int_equal(examined("statement_timeout")->status, DOCTOR_ADVICE);
}

static void a_short_limit_of_everybody_s_is_kept_for_the_roles(void **state)
{
    patient_set(&patient, "statement_timeout", "45000");
    assert_proposed("statement_timeout", "ALTER ROLE app SET statement_timeout = '45s';");
}

static void what_is_seen_raises_the_proposal(void **state)
{
    const DoctorCheck *check;

    (void) seen(APP_OID, 20 * MIN_US);
    (void) seen(ETL_OID, 5 * HOUR_US); /* another's */
    assert_proposed("statement_timeout", "ALTER ROLE app SET statement_timeout = '30min';");
    assert_int_equal(examined("statement_timeout")->evidence_count, 0);
    (void) seen(APP_OID, 50 * MIN_US);
    assert_proposed("statement_timeout", "ALTER ROLE app SET statement_timeout = '2h';");
    check = examined("statement_timeout");
    assert_int_equal(check->evidence_count, 1);
    assert_int_equal(check->evidence[0].session->pid, 102);
    assert_int_equal(check->evidence[0].age_us, 50 * MIN_US);
}

static void what_is_seen_too_long_is_left_out(void **state)
{
    const DoctorCheck *check;

    (void) seen(APP_OID, 13 * HOUR_US);
    check = examined("statement_timeout");
    assert_int_equal(check->status, DOCTOR_OK);
    assert_true(check->noted);
    assert_null(check->proposed);
    assert_statements(check, "");
    assert_string_equal(check->roles[0], "app");
    assert_int_equal(check->evidence_count, 1);
    assert_non_null(strstr(check->remedy, "setting statement_timeout to 0 for the role says so"));
}

static void each_limit_looks_at_its_own(void **state)
{
    Session *session = seen(APP_OID, 10 * HOUR_US);

    patient.roles[1].owns_tables = true;
    patient_set(&patient, "idle_in_transaction_session_timeout", "0");
    patient_set(&patient, "lock_timeout", "0");
    session->state = STATE_IN_TRANSACTION;
    assert_string_equal(examined("statement_timeout")->proposed, "30min");
    assert_string_equal(examined("idle_in_transaction_session_timeout")->proposed, "1d");
    assert_string_equal(examined("lock_timeout")->proposed, "10s");
    session->state = STATE_ACTIVE;
    session->wait_event_type = "Lock";
    session->query_start = NOW_US - 20 * US_PER_S;
    assert_string_equal(examined("lock_timeout")->proposed, "1min");
    assert_string_equal(examined("idle_in_transaction_session_timeout")->proposed, "5min");
}

static void our_own_session_and_other_processes_are_no_evidence(void **state)
{
    seen(APP_OID, HOUR_US)->pid = patient.world.own_pid;
    seen(APP_OID, HOUR_US)->backend_type = "walsender";
    assert_string_equal(examined("statement_timeout")->proposed, "30min");
}

static void roles_are_grouped_by_what_they_are_to_have(void **state)
{
    for (uint32_t oid = 21; oid < 51; oid++)
        (void) patient_role(&patient, oid, "r");
    (void) seen(25, 3 * HOUR_US);
    (void) seen(26, 20 * HOUR_US);
    (void) seen(30, 3 * HOUR_US);
    assert_checks(&patient, "statement_timeout", 3);
    assert_int_equal(patient_examined(&patient, "statement_timeout", 0)->role_count, 1);
    assert_true(patient_examined(&patient, "statement_timeout", 0)->noted);
    assert_int_equal(patient_examined(&patient, "statement_timeout", 1)->role_count, 28);
    assert_int_equal(patient_examined(&patient, "statement_timeout", 1)->statement_count, 28);
    assert_string_equal(patient_examined(&patient, "statement_timeout", 2)->proposed, "8h");
    assert_int_equal(patient_examined(&patient, "statement_timeout", 2)->role_count, 2);
}

static void names_that_no_sql_can_hold_are_counted(void **state)
{
    patient.roles[1].name = "caf\xe9";
    patient.roles[1].bare = false;
    assert_proposed("statement_timeout", "");
    assert_non_null(strstr(examined("statement_timeout")->remedy, "For 1 of these roles"));
}

static void a_role_that_sees_little_is_told_so(void **state)
{
    patient.world.sees_all = false;
    assert_non_null(strstr(examined("statement_timeout")->remedy, "hidden from our role"));
    patient.roles[1].name = "caf\xe9";
    assert_non_null(strstr(examined("statement_timeout")->remedy, "UTF-8. What"));
}

static const char *transaction_proposed(void)
{
    return examined("transaction_timeout")->proposed;
}

static void a_transaction_may_take_longer_than_its_statements(void **state)
{
    patient_set(&patient, "transaction_timeout", "0");
    patient_override(&patient, 0, APP_OID, "statement_timeout", "3h");
    assert_string_equal(transaction_proposed(), "6h");
    patient.overrides[0].value = "10min";
    assert_string_equal(transaction_proposed(), "1h");
    patient_override(&patient, SHOP_OID, APP_OID, "statement_timeout", "2h");
    assert_string_equal(transaction_proposed(), "4h");
    patient.overrides[0].value = "0"; /* its statements may take any time */
    assert_fine("transaction_timeout");
    patient.facts.override_count = 0;
    (void) seen(APP_OID, 13 * HOUR_US); /* for its statements no limit was found */
    assert_fine("transaction_timeout");
}

static void people_s_idle_sessions_end_over_night(void **state)
{
    patient_session(&patient, APP_OID)->application = "psql";
    assert_proposed("idle_session_timeout", "ALTER ROLE app SET idle_session_timeout = '12h';");
    assert_fine("idle_session_timeout_pooled");
    patient_session(&patient, APP_OID)->application = "web";
    assert_fine("idle_session_timeout");
    assert_true(examined("idle_session_timeout_pooled")->noted);
    patient.sessions[1].application = NULL;
    assert_fine("idle_session_timeout");
    patient.sessions[1].application = "pgAdmin 4 - DB:shop";
    assert_int_equal(examined("idle_session_timeout")->status, DOCTOR_ADVICE);
    patient.sessions[1].backend_type = NULL;
    assert_fine("idle_session_timeout");
    patient.facts.session_count = 1;
    patient.sessions[0].state_change = NOW_US - 11 * HOUR_US;
    assert_string_equal(examined("idle_session_timeout")->proposed, "12h");
    patient.sessions[0].state_change = NOW_US - 12 * HOUR_US;
    assert_string_equal(examined("idle_session_timeout")->proposed, "1d");
}

static void a_pool_is_known_by_its_idle_crowd(void **state)
{
    for (int i = 0; i < 3; i++)
        patient_session(&patient, APP_OID)->application = "psql";
    assert_fine("idle_session_timeout");
    patient.sessions[1].client = NULL;
    assert_int_equal(examined("idle_session_timeout")->status, DOCTOR_ADVICE);
    patient.sessions[0].client = patient.sessions[2].client = NULL;
    assert_fine("idle_session_timeout");
    patient.sessions[2].state = STATE_ACTIVE;
    assert_int_equal(examined("idle_session_timeout")->status, DOCTOR_ADVICE);
    patient.sessions[2].state = STATE_IDLE;
    patient.sessions[2].application = "pgcli";
    assert_int_equal(examined("idle_session_timeout")->status, DOCTOR_ADVICE);
    patient.sessions[2].role_oid = ETL_OID;
    assert_int_equal(examined("idle_session_timeout")->status, DOCTOR_ADVICE);
    patient.facts.pooler = true;
    assert_fine("idle_session_timeout");
    assert_true(examined("idle_session_timeout_pooled")->noted);
}

static void a_pool_s_connections_are_not_to_be_ended(void **state)
{
    const DoctorCheck *check;

    patient_set(&patient, "idle_session_timeout", "600000");
    patient_session(&patient, APP_OID)->application = "pgbouncer";
    patient_session(&patient, APP_OID)->database_oid = POSTGRES_OID;
    check = examined("idle_session_timeout_pooled");
    assert_int_equal(check->status, DOCTOR_WARNING);
    assert_string_equal(check->roles[0], "app");
    assert_statements(check, "ALTER ROLE app SET idle_session_timeout = 0;");
    patient_override(&patient, SHOP_OID, APP_OID, "idle_session_timeout", "5min");
    assert_statements(examined("idle_session_timeout_pooled"),
                      "ALTER ROLE app IN DATABASE shop SET idle_session_timeout = 0;\n"
                      "ALTER ROLE app SET idle_session_timeout = 0;");
    patient.overrides[0].database = POSTGRES_OID; /* the second of the two */
    assert_statements(examined("idle_session_timeout_pooled"),
                      "ALTER ROLE app SET idle_session_timeout = 0;\n"
                      "ALTER ROLE app IN DATABASE postgres SET idle_session_timeout = 0;");
    patient.overrides[0].value = "0";
    patient_override(&patient, 0, APP_OID, "idle_session_timeout", "0");
    assert_fine("idle_session_timeout_pooled");
}

static void nothing_is_to_be_said_of_pools_where_there_are_none(void **state)
{
    (void) patient_session(&patient, OWN_OID); /* not an application's */
    assert_fine("idle_session_timeout_pooled");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(roles_without_a_limit_get_one),
        TEST(those_who_keep_the_server_get_none),
        TEST(nor_do_those_who_back_it_up),
        TEST(a_limit_is_in_force_already),
        TEST(a_limit_of_every_database_that_matters_will_do),
        TEST(a_short_limit_of_everybody_s_is_kept_for_the_roles),
        TEST(what_is_seen_raises_the_proposal),
        TEST(what_is_seen_too_long_is_left_out),
        TEST(each_limit_looks_at_its_own),
        TEST(our_own_session_and_other_processes_are_no_evidence),
        TEST(roles_are_grouped_by_what_they_are_to_have),
        TEST(names_that_no_sql_can_hold_are_counted),
        TEST(a_role_that_sees_little_is_told_so),
        TEST(a_transaction_may_take_longer_than_its_statements),
        TEST(people_s_idle_sessions_end_over_night),
        TEST(a_pool_is_known_by_its_idle_crowd),
        TEST(a_pool_s_connections_are_not_to_be_ended),
        TEST(nothing_is_to_be_said_of_pools_where_there_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
