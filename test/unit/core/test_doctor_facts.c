/* SPDX-License-Identifier: PostgreSQL */
/* Doctor's facts: which override counts, and what our own session hides of the instance. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/doctor_settle.h"
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

static void the_most_particular_override_counts(void **state)
{
    const char *name = "lock_timeout";
    const DoctorFacts *facts = &patient.facts;

    assert_string_equal(doctor_in_force(facts, name, SHOP_OID, APP_OID), "10000");
    patient_override(&patient, 0, 0, name, "1s");
    assert_string_equal(doctor_in_force(facts, name, SHOP_OID, APP_OID), "1s");
    patient_override(&patient, SHOP_OID, 0, name, "2s");
    assert_string_equal(doctor_in_force(facts, name, SHOP_OID, APP_OID), "2s");
    assert_string_equal(doctor_in_force(facts, name, POSTGRES_OID, APP_OID), "1s");
    patient_override(&patient, 0, APP_OID, name, "3s");
    assert_string_equal(doctor_in_force(facts, name, SHOP_OID, APP_OID), "3s");
    patient_override(&patient, SHOP_OID, APP_OID, name, "4s");
    assert_string_equal(doctor_in_force(facts, name, SHOP_OID, APP_OID), "4s");
    assert_string_equal(doctor_in_force(facts, name, SHOP_OID, ETL_OID), "2s");
    assert_null(doctor_in_force(facts, "no_such_setting", SHOP_OID, APP_OID));
}

static void what_is_not_there_is_not_found(void **state)
{
    assert_null(doctor_setting(&patient.facts, "no_such_setting"));
    assert_null(doctor_role(&patient.facts, 4711));
    assert_null(doctor_database(&patient.facts, 4711));
    assert_null(doctor_grant(&patient.facts, "pg_monitor"));
    patient.world.current_role = "nobody";
    assert_null(doctor_own_role(&patient.facts));
}

/* As it is after doctor_settle() with these files; NULL where nothing is known. */
static void assert_settled(const char *source, const DoctorFiles *files, const char *value,
                           const char *settled_source)
{
    DoctorSetting setting = {.name = "statement_timeout",
                             .value = "45000",
                             .unit = "ms",
                             .source = source,
                             .fallback = "0"};

    doctor_settle(&patient.facts, files, &setting);
    if (value)
        assert_string_equal(setting.value, value);
    else
        assert_null(setting.value);
    assert_string_equal(setting.source, settled_source);
}

static const DoctorFileLine lines[] = {
    {"Statement_Timeout", "10s"}, {"shared_buffers", "8MB"}, {"statement_timeout", "20s"}};
static const DoctorFiles unread = {NULL, 0};
static const DoctorFiles read_files = {lines, 3};
static const DoctorFiles empty_files = {lines, 0};

static void what_holds_for_all_is_taken_as_it_is(void **state)
{
    assert_settled("default", &unread, "45000", "default");
    assert_settled("environment variable", &read_files, "45000", "environment variable");
    assert_settled("configuration file", &unread, "45000", "configuration file");
    assert_settled("command line", &read_files, "45000", "command line");
}

static void what_we_have_set_ourselves_hides_nothing(void **state)
{
    assert_settled("session", &unread, "45000", "configuration file");
    assert_settled("session", &read_files, "45000", "configuration file");
    assert_settled("session", &empty_files, "45000", "command line"); /* where else from */
}

static void a_value_that_is_postgresqls_own_comes_from_nowhere(void **state)
{
    DoctorSetting setting = {
        .name = "lock_timeout", .value = "0", .source = "session", .fallback = "0"};

    doctor_settle(&patient.facts, &empty_files, &setting);
    assert_string_equal(setting.source, "configuration file");
}

static void what_holds_for_us_alone_hides_it_unless_the_files_tell(void **state)
{
    assert_settled("user", &unread, NULL, "configuration file");
    assert_settled("database", &read_files, "20s", "configuration file");
    assert_settled("global", &empty_files, "0", "configuration file");
}

static void so_does_an_override_behind_what_we_have_set(void **state)
{
    static const uint32_t ours[][2] = {
        {POSTGRES_OID, OWN_OID}, {0, OWN_OID}, {POSTGRES_OID, 0}, {0, 0}};

    patient_override(&patient, SHOP_OID, 0, "statement_timeout", "1s"); /* not ours */
    assert_settled("session", &unread, "45000", "configuration file");
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        patient.facts.override_count = 0;
        patient_override(&patient, ours[i][0], ours[i][1], "statement_timeout", "1s");
        assert_settled("session", &unread, NULL, "configuration file");
    }
    patient.facts.override_count = 0;
    patient.facts.own_options = "-c work_mem=1MB";
    assert_settled("session", &unread, "45000", "configuration file");
    patient.facts.own_options = "-c statement_timeout=3s";
    assert_settled("session", &unread, NULL, "configuration file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_most_particular_override_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_not_there_is_not_found, setup, teardown),
        cmocka_unit_test_setup_teardown(what_holds_for_all_is_taken_as_it_is, setup, teardown),
        cmocka_unit_test_setup_teardown(what_we_have_set_ourselves_hides_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(a_value_that_is_postgresqls_own_comes_from_nowhere, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_holds_for_us_alone_hides_it_unless_the_files_tell,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(so_does_an_override_behind_what_we_have_set, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
