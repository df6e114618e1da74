/* SPDX-License-Identifier: PostgreSQL */
/* SQL: what the doctor asks; see sql_internal.h. */
#include "pg/sql_internal.h"

/* reset_val is the configured value also where a session shows something else, such as 0 for the
 * keepalives of a socket. */
void sql_doctor_settings(StrBuf *buf, int version)
{
    (void) version;
    strbuf_add(buf, "SELECT s.name, s.reset_val, s.setting, s.unit, s.source, s.boot_val, "
                    "s.pending_restart FROM pg_catalog.pg_show_all_settings() s "
                    "WHERE s.name = ANY ($1::pg_catalog.text[])");
}

void sql_doctor_files(StrBuf *buf, int version)
{
    (void) version;
    strbuf_add(buf, "SELECT f.name, f.setting FROM pg_catalog.pg_show_all_file_settings() f "
                    "WHERE f.applied AND f.name IS NOT NULL ORDER BY f.seqno");
}

void sql_doctor_overrides(StrBuf *buf, int version)
{
    (void) version;
    strbuf_add(buf, "SELECT s.setdatabase, s.setrole, c.entry "
                    "FROM pg_catalog.pg_db_role_setting s, "
                    "LATERAL pg_catalog.unnest(s.setconfig) c(entry)");
}

/* Owners come from pg_shdepend, which knows those of all databases. A setting of a role counts for
 * who logs in as it, so an owner that cannot is looked for in its members. */
void sql_doctor_roles(StrBuf *buf, int version)
{
    (void) version;
    strbuf_add(
        buf,
        "WITH owners AS (SELECT DISTINCT d.refobjid AS oid FROM pg_catalog.pg_shdepend d "
        "WHERE d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass AND d.deptype = 'o' "
        "AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass), "
        "owning AS (SELECT o.oid FROM owners o UNION SELECT m.member FROM owners o "
        "JOIN pg_catalog.pg_roles g ON g.oid = o.oid AND NOT g.rolcanlogin "
        "JOIN pg_catalog.pg_auth_members m ON m.roleid = g.oid), "
        "administering AS (SELECT m.member AS oid FROM pg_catalog.pg_auth_members m "
        "JOIN pg_catalog.pg_roles g ON g.oid = m.roleid "
        "WHERE g.rolname = ANY ($1::pg_catalog.text[])) "
        "SELECT r.oid, r.rolname, "
        "pg_catalog.quote_ident(r.rolname::pg_catalog.text) = r.rolname::pg_catalog.text, "
        "r.rolcanlogin, r.rolsuper, r.rolreplication, r.rolinherit, "
        "r.rolname = ANY ($1::pg_catalog.text[]) OR r.oid IN (SELECT a.oid FROM administering a), "
        "r.oid IN (SELECT o.oid FROM owning o), r.rolconnlimit "
        "FROM pg_catalog.pg_roles r WHERE r.rolcanlogin OR r.rolname = current_user "
        "ORDER BY r.rolname");
}

void sql_doctor_databases(StrBuf *buf, int version)
{
    (void) version;
    strbuf_add(buf,
               "SELECT d.oid, d.datname, "
               "pg_catalog.quote_ident(d.datname::pg_catalog.text) = d.datname::pg_catalog.text, "
               "d.datallowconn AND NOT d.datistemplate, "
               "d.datname = pg_catalog.current_database() "
               "FROM pg_catalog.pg_database d ORDER BY d.datname");
}

void sql_doctor_grants(StrBuf *buf, int version)
{
    (void) version;
    strbuf_add(buf, "SELECT r.rolname, pg_catalog.pg_has_role(r.oid, 'USAGE'), "
                    "pg_catalog.pg_has_role(r.oid, 'MEMBER') FROM pg_catalog.pg_roles r "
                    "WHERE r.rolname = ANY ($1::pg_catalog.text[])");
}
