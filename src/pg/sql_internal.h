/* SPDX-License-Identifier: PostgreSQL */
/* What the files of SQL texts share: sql.c has the table of them all, each sql_SUBJECT.c the texts
 * of its subject.
 *
 * All names in them are qualified: search_path is untrusted until we have set it, and a database's
 * owner may have put anything into it. A function appends the text for a server of that version, as
 * PQserverVersion(). */
#ifndef PGQUELL_PG_SQL_INTERNAL_H
#define PGQUELL_PG_SQL_INTERNAL_H

#include "pg/sql.h"

typedef void SqlText(StrBuf *buf, int version);

/* sql_locks.c */
SqlText sql_locks;
SqlText sql_blocking;
SqlText sql_wait_locks;
SqlText sql_prepared;
SqlText sql_relations;
SqlText sql_building;
SqlText sql_invalid_indexes;

/* sql_doctor.c */
SqlText sql_doctor_settings;
SqlText sql_doctor_files;
SqlText sql_doctor_overrides;
SqlText sql_doctor_roles;
SqlText sql_doctor_databases;
SqlText sql_doctor_grants;
/* sql_server.c */
SqlText sql_server;
SqlText sql_walsenders;
SqlText sql_slots;
/* sql_stakes.c */
SqlText sql_held_locks;
SqlText sql_prepared_ages;
SqlText sql_prepared_locks;
SqlText sql_progress;
SqlText sql_temp_slots;
SqlText sql_temp_tables;
SqlText sql_rollback_prepared;

#endif
