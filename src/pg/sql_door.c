/* SPDX-License-Identifier: PostgreSQL */
/* SQL: doors of databases and roles, and what keeps a database from being dropped. */
#include "pg/sql_internal.h"

#define VERSION_ADMIN_OPTION 160000

/* Both give the same columns. Of a superuser whom no limit holds, six names will do. */
void sql_door_database(StrBuf *buf, int version)
{
    (void) version;
    strbuf_add(buf,
               "SELECT d.oid, d.datname, d.datallowconn, d.datconnlimit, "
               "d.datname = pg_catalog.current_database(), "
               "pg_catalog.pg_has_role(d.datdba, 'USAGE'), pg_catalog.pg_get_userbyid(d.datdba), "
               "false, (SELECT pg_catalog.string_agg(s.rolname, ', ') FROM ("
               "SELECT r.rolname FROM pg_catalog.pg_roles r WHERE r.rolsuper AND r.rolcanlogin "
               "ORDER BY r.rolname LIMIT 6) s) FROM pg_catalog.pg_database d "
               "WHERE d.datname = $1::pg_catalog.text OR d.oid = $2::pg_catalog.oid");
}

/* The rule of AlterRole() in the server's user.c: before 16 CREATEROLE is enough, though not for
 * superusers and roles that replicate; from 16 on it takes the ADMIN OPTION on the role as well. */
void sql_door_role(StrBuf *buf, int version)
{
    strbuf_add(buf, "SELECT r.oid, r.rolname, true, r.rolconnlimit, r.rolname = session_user, "
                    "(SELECT o.rolsuper OR (o.rolcreaterole AND NOT r.rolsuper AND ");
    strbuf_add(buf, version >= VERSION_ADMIN_OPTION
                        ? "pg_catalog.pg_has_role(r.oid, 'MEMBER WITH ADMIN OPTION')"
                        : "NOT r.rolreplication");
    strbuf_add(buf, ") FROM pg_catalog.pg_roles o WHERE o.rolname = current_user), NULL, "
                    "r.rolsuper, NULL FROM pg_catalog.pg_roles r "
                    "WHERE r.rolname = $1::pg_catalog.text OR r.oid = $2::pg_catalog.oid");
}

/* `pgquell.door` is "OID OLD NEW", `pgquell.log` a line for the server's log, or empty. */
void sql_door_words(StrBuf *buf, int version)
{
    (void) version;
    strbuf_add(buf, "SELECT pg_catalog.set_config('pgquell.door', $1::pg_catalog.text, true), "
                    "pg_catalog.set_config('pgquell.log', $2::pg_catalog.text, true)");
}

/* Constant text, which reads its words from settings that last as long as the transaction: the name
 * comes out of the catalog and is quoted by the server, and the old value is tested in the
 * transaction that changes it. PQ001 and PQ002 are ours alone. */
static void turn(StrBuf *buf, const char *catalog, const char *value, const char *alter)
{
    strbuf_printf(
        buf,
        "DO $$DECLARE door pg_catalog.text[] := pg_catalog.string_to_array("
        "pg_catalog.current_setting('pgquell.door'), ' '); "
        "line pg_catalog.text := pg_catalog.current_setting('pgquell.log'); "
        "subject pg_catalog.name; is_now pg_catalog.text; "
        "BEGIN SELECT %s INTO subject, is_now FROM %s WHERE c.oid = door[1]::pg_catalog.oid; "
        "IF subject IS NULL THEN RAISE EXCEPTION 'it is gone' USING ERRCODE = 'PQ002'; END IF; "
        "IF is_now IS DISTINCT FROM door[2] THEN "
        "RAISE EXCEPTION 'it is %% by now', is_now USING ERRCODE = 'PQ001'; END IF; "
        "EXECUTE pg_catalog.format('ALTER %s %%s', subject, door[3]); "
        "IF line <> '' THEN RAISE LOG '%%', line; END IF; END$$",
        value, catalog, alter);
}

void sql_door_connections(StrBuf *buf, int version)
{
    (void) version;
    turn(buf, "pg_catalog.pg_database c", "c.datname, c.datallowconn::pg_catalog.text",
         "DATABASE %I ALLOW_CONNECTIONS");
}

void sql_door_limit(StrBuf *buf, int version)
{
    (void) version;
    turn(buf, "pg_catalog.pg_database c", "c.datname, c.datconnlimit::pg_catalog.text",
         "DATABASE %I CONNECTION LIMIT");
}

void sql_door_role_limit(StrBuf *buf, int version)
{
    (void) version;
    turn(buf, "pg_catalog.pg_roles c", "c.rolname, c.rolconnlimit::pg_catalog.text",
         "ROLE %I CONNECTION LIMIT");
}

/* What DROP DATABASE refuses for, sessions apart: an active slot does, an idle one goes along. */
void sql_drop_obstacles(StrBuf *buf, int version)
{
    (void) version;
    strbuf_add(buf, "SELECT 'prepared transaction', x.gid FROM pg_catalog.pg_prepared_xact() x "
                    "WHERE x.dbid = $1::pg_catalog.oid "
                    "UNION ALL SELECT CASE WHEN s.active THEN 'active logical replication slot' "
                    "ELSE 'logical replication slot' END, s.slot_name::pg_catalog.text "
                    "FROM pg_catalog.pg_get_replication_slots() s "
                    "WHERE s.datoid = $1::pg_catalog.oid ORDER BY 1, 2 LIMIT 20");
}

/* Apart, since in 10 not every role may read them. */
void sql_drop_subscriptions(StrBuf *buf, int version)
{
    (void) version;
    strbuf_add(buf, "SELECT 'subscription', s.subname::pg_catalog.text "
                    "FROM pg_catalog.pg_subscription s WHERE s.subdbid = $1::pg_catalog.oid "
                    "ORDER BY 2 LIMIT 20");
}
