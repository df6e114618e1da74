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
/* sql_door.c */
SqlText sql_door_database;
SqlText sql_door_role;
SqlText sql_door_words;
SqlText sql_door_connections;
SqlText sql_door_limit;
SqlText sql_door_role_limit;
SqlText sql_drop_obstacles;
SqlText sql_drop_subscriptions;

/* sql_bouncer.c */
SqlText sql_bouncer_servers;
SqlText sql_bouncer_clients;
SqlText sql_bouncer_databases;
SqlText sql_bouncer_pause;
SqlText sql_bouncer_resume;
SqlText sql_bouncer_disable;
SqlText sql_bouncer_enable;
/* sql_stakes.c */
SqlText sql_held_locks;
SqlText sql_prepared_ages;
SqlText sql_prepared_locks;
SqlText sql_progress;
SqlText sql_temp_slots;
SqlText sql_temp_tables;
SqlText sql_rollback_prepared;

#endif
