/* SPDX-License-Identifier: PostgreSQL */
/* Doctor: slots, permissions and the audit store. */
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

static void slots_are_reserved_for_who_is_no_superuser(void **state)
{
    assert_fine("reserved_connections");
    patient_demote(&patient);
    assert_found("reserved_connections", DOCTOR_ADVICE,
                 "ALTER SYSTEM SET reserved_connections = '2';");
    patient_set(&patient, "reserved_connections", "2");
    assert_fine("reserved_connections");
    patient_set(&patient, "reserved_connections", NULL);
    assert_true(examined("reserved_connections")->noted);
}

static void slots_are_not_taken_from_a_server_that_has_few(void **state)
{
    patient_set(&patient, "superuser_reserved_connections", "0");
    patient_set(&patient, "max_connections", "12");
    assert_found("superuser_reserved_connections", DOCTOR_WARNING, "");
    assert_non_null(
        strstr(examined("superuser_reserved_connections")->remedy, "max_connections is too small"));
    patient_set(&patient, "max_connections", "13");
    assert_found("superuser_reserved_connections", DOCTOR_WARNING,
                 "ALTER SYSTEM SET superuser_reserved_connections = '3';");
}

static void a_full_server_is_a_warning(void **state)
{
    const DoctorCheck *check;

    patient_set(&patient, "max_connections", "6");
    (void) patient_session(&patient, APP_OID);
    (void) patient_session(&patient, APP_OID);
    patient_session(&patient, 0)->backend_type = "checkpointer";
    patient_session(&patient, 0)->backend_type = NULL;
    patient_session(&patient, APP_OID)->backend_type = "walsender";
    assert_fine("free_slots");
    patient_session(&patient, APP_OID)->backend_type = NULL; /* hidden */
    check = examined("free_slots");
    assert_int_equal(check->status, DOCTOR_WARNING);
    assert_string_equal(check->value, "3 of 6 taken");
    assert_string_equal(check->remedy, "3 slots are left, for roles that may use reserved ones. "
                                       "See who could leave.");
    assert_non_null(check->shell);
    patient_remove(&patient, "max_connections");
    assert_fine("free_slots");
}

static void walsenders_took_ordinary_slots_before_12(void **state)
{
    patient_set(&patient, "max_connections", "4");
    patient_session(&patient, APP_OID)->backend_type = "walsender";
    assert_fine("free_slots");
    patient.world.server_version = 110000;
    assert_int_equal(examined("free_slots")->status, DOCTOR_WARNING);
    patient.sessions[0].backend_type = "checkpointer";
    assert_fine("free_slots");
}

static void our_role_s_own_connection_limit(void **state)
{
    patient.roles[0].connection_limit = 1;
    (void) patient_session(&patient, OWN_OID);
    (void) patient_session(&patient, APP_OID);
    assert_fine("connection_limit"); /* it does not hold for a superuser */
    patient_demote(&patient);
    assert_found("connection_limit", DOCTOR_WARNING, "ALTER ROLE ops CONNECTION LIMIT -1;");
    assert_string_equal(examined("connection_limit")->value, "1 of 1 sessions");
    patient.roles[0].connection_limit = 2;
    assert_fine("connection_limit");
    patient.world.session_role_oid = 4711;
    assert_fine("connection_limit");
}

static void the_grants_that_our_role_lacks(void **state)
{
    static const char *const names[] = {"pg_read_all_stats", "pg_signal_backend",
                                        "pg_signal_autovacuum_worker",
                                        "pg_use_reserved_connections"};

    patient_demote(&patient);
    for (size_t i = 0; i < 4; i++) {
        assert_true(examined(names[i])->noted); /* there is no such role */
        (void) patient_grant(&patient, names[i]);
        assert_found(names[i], DOCTOR_ADVICE,
                     arena_printf(&patient.arena, "GRANT %s TO ops;", names[i]));
        assert_null(examined(names[i])->setting);
        patient.grants[i].usage = true;
        assert_fine(names[i]);
    }
    patient.world.current_role = "nobody";
    patient.grants[0].usage = false;
    assert_fine(names[0]);
    patient.world.current_role = "ops";
    patient.world.superuser = true;
    assert_fine(names[0]);
}

static void a_member_that_does_not_inherit(void **state)
{
    patient_demote(&patient);
    patient_grant(&patient, "pg_signal_backend")->member = true;
    patient.roles[0].inherits = false;
    assert_found("pg_signal_backend", DOCTOR_ADVICE,
                 "GRANT pg_signal_backend TO ops WITH INHERIT TRUE;");
    patient.grants[0].member = false;
    assert_found("pg_signal_backend", DOCTOR_ADVICE,
                 "GRANT pg_signal_backend TO ops WITH INHERIT TRUE;");
    patient.roles[0].inherits = true;
    assert_found("pg_signal_backend", DOCTOR_ADVICE, "GRANT pg_signal_backend TO ops;");
    patient.grants[0].member = true; /* granted WITH INHERIT FALSE */
    assert_found("pg_signal_backend", DOCTOR_ADVICE,
                 "GRANT pg_signal_backend TO ops WITH INHERIT TRUE;");
    patient.roles[0].inherits = false;
    patient.world.server_version = 150000;
    assert_found("pg_signal_backend", DOCTOR_ADVICE,
                 "GRANT pg_signal_backend TO ops;\nALTER ROLE ops INHERIT;");
    patient.roles[0].inherits = true;
    assert_found("pg_signal_backend", DOCTOR_ADVICE, "GRANT pg_signal_backend TO ops;");
    patient.roles[0].name = patient.world.current_role = "caf\xe9";
    patient.roles[0].bare = false;
    assert_found("pg_signal_backend", DOCTOR_ADVICE, "");
}

static void assert_granters(const char *expected)
{
    assert_string_equal(examined("pg_signal_backend")->remedy, expected);
}

static void who_can_grant_is_named(void **state)
{
    patient_demote(&patient);
    (void) patient_grant(&patient, "pg_signal_backend");
    assert_granters("A superuser can grant it.");
    patient_role(&patient, 31, "postgres")->superuser = true;
    assert_granters("A superuser (postgres) can grant it.");
    patient_role(&patient, 32, "root")->superuser = true;
    patient.roles[3].login = false;
    assert_granters("A superuser (postgres) can grant it.");
    for (uint32_t oid = 33; oid < 38; oid++)
        patient_role(&patient, oid, "b")->superuser = true;
    assert_granters("A superuser (postgres, b, b, ...) can grant it.");
    (void) patient_grant(&patient, "rds_superuser");
    patient_role(&patient, 40, "master")->administers = true;
    assert_granters("A member of rds_superuser (master) can grant it.");
}

static void sessions_that_only_a_superuser_may_signal(void **state)
{
    Session *session = patient_session(&patient, OWN_OID);

    session->role_superuser = true;
    assert_fine("superusers");
    session->role_signalable = false;
    assert_true(examined("superusers")->noted);
    assert_int_equal(examined("superusers")->evidence_count, 1);
    assert_int_equal(examined("superusers")->evidence[0].age_us, TIME_UNKNOWN);
}

static void the_audit_store(void **state)
{
    DoctorStore *store = &patient.facts.store;

    assert_string_equal(examined("audit_store")->value, "/var/lib/pgquell/audit.db");
    store->shared = false;
    store->state = STORE_STATE_MISSING;
    assert_true(examined("audit_store")->noted);
    assert_non_null(strstr(examined("audit_store")->why, "share one"));
    store->unread = true;
    assert_non_null(strstr(examined("audit_store")->why, "not verified"));
    store->state = STORE_STATE_FAULTY;
    store->fault = "everybody may write to it";
    store->shell = "chmod o-w it";
    assert_found("audit_store", DOCTOR_WARNING, "");
    assert_string_equal(examined("audit_store")->remedy,
                        "The audit store is at fault: everybody may write to it.");
    assert_string_equal(examined("audit_store")->shell, "chmod o-w it");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(slots_are_reserved_for_who_is_no_superuser),
        TEST(slots_are_not_taken_from_a_server_that_has_few),
        TEST(a_full_server_is_a_warning),
        TEST(walsenders_took_ordinary_slots_before_12),
        TEST(our_role_s_own_connection_limit),
        TEST(the_grants_that_our_role_lacks),
        TEST(a_member_that_does_not_inherit),
        TEST(who_can_grant_is_named),
        TEST(sessions_that_only_a_superuser_may_signal),
        TEST(the_audit_store),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
