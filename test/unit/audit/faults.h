/* SPDX-License-Identifier: PostgreSQL */
/* Faults: SQLite's writes, of which the nth fails for want of room, or ends the process. */
#ifndef PGQUELL_TEST_AUDIT_FAULTS_H
#define PGQUELL_TEST_AUDIT_FAULTS_H

#include <stdbool.h>

#define FAULTS_CRASHED 9 /* the exit status of a process that a write ended */

/* From now on. That write is torn; once one has failed, so does every later one. */
void faults_arm(int nth, bool crash);

/* There is room again. */
void faults_disarm(void);

#endif
