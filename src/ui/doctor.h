/* SPDX-License-Identifier: PostgreSQL */
/* Doctor: what it found, as a page, a psql script and JSON. */
#ifndef PGQUELL_UI_DOCTOR_H
#define PGQUELL_UI_DOCTOR_H

#include <jansson.h>
#include <stdio.h>

#include "core/doctor.h"
#include "ui/look.h"

/* Warnings first, then advice, each with what is seen and the SQL; `brief` leaves out what is fine
 * and what is only to be known. */
void doctor_print(FILE *out, const DoctorFacts *facts, const DoctorChecks *checks, bool brief,
                  const Look *look);

/* Appends a script for psql in printable ASCII, one statement or comment a line. What cannot be run
 * where we are connected, or by our role, is in comments that say where it can. */
void doctor_script(StrBuf *buf, const DoctorFacts *facts, const DoctorChecks *checks);

/* A check: check, topic, status, setting, value, proposed, why, remedy, sql, shell, needs, roles,
 * evidence. `needs` is what the SQL takes beside the right to run it: "superuser", "primary",
 * "restart". */
json_t *doctor_json(const DoctorFacts *facts, const DoctorCheck *check);

#endif
