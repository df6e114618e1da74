/* SPDX-License-Identifier: PostgreSQL */
/* Patient: a server in the best of health for the tests of the doctor, to be made ill. */
#include "core/patient.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "core/ordinary.h"

static const DoctorSetting healthy[] = {
    {.name = "statement_timeout", .value = "0", .unit = "ms"},
    {.name = "idle_in_transaction_session_timeout", .value = "300000", .unit = "ms"},
    {.name = "transaction_timeout", .value = "3600000", .unit = "ms"},
    {.name = "lock_timeout", .value = "10000", .unit = "ms"},
    {.name = "idle_session_timeout", .value = "0", .unit = "ms"},
    {.name = "tcp_keepalives_idle", .value = "60", .unit = "s"},
    {.name = "tcp_keepalives_interval", .value = "10", .unit = "s"},
    {.name = "tcp_keepalives_count", .value = "6"},
    {.name = "listen_addresses", .value = "*"},
    {.name = "client_connection_check_interval", .value = "10000", .unit = "ms"},
    {.name = "log_min_error_statement", .value = "error"},
    {.name = "log_min_messages", .value = "warning"},
    {.name = "log_lock_waits", .value = "on"},
    {.name = "log_line_prefix", .value = "%m [%p] %c "},
    {.name = "log_destination", .value = "stderr"},
    {.name = "max_connections", .value = "100"},
    {.name = "superuser_reserved_connections", .value = "3"},
    {.name = "reserved_connections", .value = "0"},
    {.name = "track_activities", .value = "on"},
    {.name = "track_activity_query_size", .value = "4096", .unit = "B"},
};

void patient_init(Patient *patient)
{
    memset(patient, 0, sizeof(*patient));
    arena_init(&patient->arena);
    patient->world = ordinary_world();
    patient->world.server_version = 180000;
    patient->world.superuser = true;
    patient->facts = (DoctorFacts){
        .world = &patient->world,
        .utf8 = true,
        .own_database = POSTGRES_OID,
        .settings = patient->settings,
        .overrides = patient->overrides,
        .roles = patient->roles,
        .databases = patient->databases,
        .grants = patient->grants,
        .sessions = patient->sessions,
        .server_us = NOW_US,
        .store = {.path = "/var/lib/pgquell/audit.db", .shared = true},
    };
    for (size_t i = 0; i < sizeof(healthy) / sizeof(healthy[0]); i++) {
        DoctorSetting *setting = &patient->settings[patient->facts.setting_count++];

        *setting = healthy[i];
        setting->observed = "0";
        setting->source = "configuration file";
        setting->fallback = "0";
    }
    patient->databases[0] = (DoctorDatabase){SHOP_OID, "shop", true, true};
    patient->databases[1] = (DoctorDatabase){POSTGRES_OID, "postgres", true, true};
    patient->databases[2] = (DoctorDatabase){TEMPLATE_OID, "template1", true, false};
    patient->facts.database_count = 3;
    patient_role(patient, OWN_OID, "ops")->superuser = true;
    (void) patient_role(patient, APP_OID, "app");
    patient_override(patient, 0, APP_OID, "statement_timeout", "30min");
}

void patient_done(Patient *patient)
{
    arena_done(&patient->arena);
}

DoctorSetting *patient_setting(Patient *patient, const char *name)
{
    for (size_t i = 0; i < patient->facts.setting_count; i++)
        if (strcmp(patient->settings[i].name, name) == 0)
            return &patient->settings[i];
    fail_msg("no setting %s", name);
    return NULL;
}

void patient_set(Patient *patient, const char *name, const char *value)
{
    patient_setting(patient, name)->value = value;
}

void patient_remove(Patient *patient, const char *name)
{
    patient_setting(patient, name)->name = "removed";
}

void patient_override(Patient *patient, uint32_t database, uint32_t role, const char *name,
                      const char *value)
{
    assert_true(patient->facts.override_count < PATIENT_MAX);
    patient->overrides[patient->facts.override_count++] =
        (DoctorOverride){database, role, name, value};
}

DoctorRole *patient_role(Patient *patient, uint32_t oid, const char *name)
{
    DoctorRole *role = &patient->roles[patient->facts.role_count++];

    assert_true(patient->facts.role_count <= PATIENT_MAX);
    *role = (DoctorRole){.oid = oid,
                         .name = name,
                         .bare = true,
                         .login = true,
                         .inherits = true,
                         .connection_limit = -1};
    return role;
}

DoctorGrant *patient_grant(Patient *patient, const char *name)
{
    DoctorGrant *grant = &patient->grants[patient->facts.grant_count++];

    assert_true(patient->facts.grant_count <= PATIENT_MAX);
    *grant = (DoctorGrant){.name = name};
    return grant;
}

Session *patient_session(Patient *patient, uint32_t role)
{
    Session *session = &patient->sessions[patient->facts.session_count];

    assert_true(patient->facts.session_count < PATIENT_MAX);
    *session = ordinary_session();
    session->pid = 100 + (int) patient->facts.session_count++;
    session->role_oid = role;
    session->database_oid = SHOP_OID;
    session->state = STATE_IDLE;
    session->backend_start = session->query_start = session->state_change = NOW_US - US_PER_S;
    session->xact_start = TIME_UNKNOWN;
    return session;
}

void patient_demote(Patient *patient)
{
    patient->world.superuser = false;
    patient->roles[0].superuser = false;
}

const DoctorCheck *patient_examined(Patient *patient, const char *check, size_t index)
{
    patient->checks = doctor_examine(&patient->facts, &patient->arena);
    for (size_t i = 0; i < patient->checks.count; i++)
        if (strcmp(patient->checks.items[i].check, check) == 0 && index-- == 0)
            return &patient->checks.items[i];
    fail_msg("no such check: %s", check);
    return NULL;
}

void assert_checks(Patient *patient, const char *check, size_t count)
{
    patient->checks = doctor_examine(&patient->facts, &patient->arena);
    for (size_t i = 0; i < patient->checks.count; i++)
        if (strcmp(patient->checks.items[i].check, check) == 0)
            count--;
    assert_int_equal(count, 0);
}

void assert_statements(const DoctorCheck *check, const char *expected)
{
    StrBuf buf;

    strbuf_init(&buf);
    for (size_t i = 0; i < check->statement_count; i++)
        strbuf_printf(&buf, "%s%s", i ? "\n" : "", check->statements[i].sql);
    assert_string_equal(buf.text, expected);
    strbuf_done(&buf);
}
