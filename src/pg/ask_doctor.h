/* SPDX-License-Identifier: PostgreSQL */
/* Ask, for the doctor: settings, what overrides them, roles, databases and our privileges. */
#ifndef PGQUELL_PG_ASK_DOCTOR_H
#define PGQUELL_PG_ASK_DOCTOR_H

#include "core/doctor.h"
#include "core/doctor_settle.h"
#include "pg/answer.h"
#include "pg/link.h"

/* The settings are as our own session resets them: doctor_settle() makes the instance's of them. */
typedef struct DoctorAnswer {
    Answer answer;
    DoctorSetting *settings;
    size_t setting_count;
    DoctorOverride *overrides;
    size_t override_count;
    DoctorRole *roles;
    size_t role_count;
    DoctorDatabase *databases;
    size_t database_count;
    uint32_t own_database;
    DoctorGrant *grants;
    size_t grant_count;
} DoctorAnswer;

void ask_doctor(Link *link, DoctorAnswer *answer);

/* What the configuration files say of those settings; only superusers may ask. */
typedef struct DoctorFilesAnswer {
    Answer answer;
    DoctorFiles files;
} DoctorFilesAnswer;

void ask_doctor_files(Link *link, DoctorFilesAnswer *answer);

#endif
