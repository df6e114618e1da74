/* SPDX-License-Identifier: PostgreSQL */
/* Doctor: the instance's settings, found out from what our own session shows. */
#ifndef PGQUELL_CORE_DOCTOR_SETTLE_H
#define PGQUELL_CORE_DOCTOR_SETTLE_H

#include "core/doctor_facts.h"

/* A line of the configuration files that is in force. */
typedef struct DoctorFileLine {
    const char *name;
    const char *value;
} DoctorFileLine;

typedef struct DoctorFiles {
    const DoctorFileLine *lines; /* NULL: our role may not read them */
    size_t count;
} DoctorFiles;

/* Turns a setting as our session's reset value and source show it into the instance's, with the
 * facts' overrides and, where our role may read them, the configuration files. */
void doctor_settle(const DoctorFacts *facts, const DoctorFiles *files, DoctorSetting *setting);

#endif
