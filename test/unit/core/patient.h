/* SPDX-License-Identifier: PostgreSQL */
/* Patient: a server in the best of health for the tests of the doctor, to be made ill. */
#ifndef PGQUELL_TEST_CORE_PATIENT_H
#define PGQUELL_TEST_CORE_PATIENT_H

#include "core/doctor.h"

#define PATIENT_MAX 64

#define OWN_OID 10 /* of ops, our role, a superuser */
#define APP_OID 20
#define ETL_OID 21
#define SHOP_OID 5
#define POSTGRES_OID 6
#define TEMPLATE_OID 7

#define MIN_US (60 * US_PER_S)
#define HOUR_US (60 * MIN_US)

typedef struct Patient {
    World world;
    DoctorSetting settings[PATIENT_MAX];
    DoctorOverride overrides[PATIENT_MAX];
    DoctorRole roles[PATIENT_MAX];
    DoctorDatabase databases[PATIENT_MAX];
    DoctorGrant grants[PATIENT_MAX];
    Session sessions[PATIENT_MAX];
    DoctorFacts facts; /* of the arrays above */
    Arena arena;
    DoctorChecks checks;
} Patient;

/* PostgreSQL 18 with the databases shop, postgres and template1, the roles ops and app, no session,
 * and nothing to be said of it. */
void patient_init(Patient *patient);
void patient_done(Patient *patient);

DoctorSetting *patient_setting(Patient *patient, const char *name);
void patient_set(Patient *patient, const char *name, const char *value);
void patient_remove(Patient *patient, const char *name); /* the setting */
void patient_override(Patient *patient, uint32_t database, uint32_t role, const char *name,
                      const char *value);
DoctorRole *patient_role(Patient *patient, uint32_t oid, const char *name);
DoctorGrant *patient_grant(Patient *patient, const char *name);

/* An idle session of that role in the database shop, its start and state a second ago. */
Session *patient_session(Patient *patient, uint32_t role);

/* Our role is no superuser any more. */
void patient_demote(Patient *patient);

/* Examines, and answers the check of that name, the index-th of it; there must be one. */
const DoctorCheck *patient_examined(Patient *patient, const char *check, size_t index);

/* Fails unless the check is there as often. */
void assert_checks(Patient *patient, const char *check, size_t count);

/* Fails unless the check has exactly these statements, parted by newlines; "" for none. */
void assert_statements(const DoctorCheck *check, const char *expected);

#endif
