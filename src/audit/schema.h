/* SPDX-License-Identifier: PostgreSQL */
/* Schema: the store's tables, their version and its migrations. */
#ifndef PGQUELL_AUDIT_SCHEMA_H
#define PGQUELL_AUDIT_SCHEMA_H

#include "audit/store_internal.h"

/* SQL that leads from one version to the next: step 0 makes version 1 from an empty file. */
extern const char *const schema_steps[];
extern const int schema_version; /* the number of steps */

/* To append: refuses other programs' databases and newer schemas, turns write-ahead logging on, and
 * takes the steps that are missing. The steps are a parameter for the sake of the tests. */
FALLIBLE bool schema_prepare(Store *store, const char *const steps[], int count, Err *err);

/* To read: the schema must be one that this program can read. */
FALLIBLE bool schema_check(Store *store, Err *err);

#endif
