/* SPDX-License-Identifier: PostgreSQL */
/* SQL: what ends together with a session: its locks, temporary tables, and how far it is. */
#include "core/progress.h"
#include "pg/sql_internal.h"

/* A transaction's locks on itself say no more than that it is there. */
#define HELD "l.granted AND l.locktype NOT IN ('virtualxid', 'transactionid')"

void sql_held_locks(StrBuf *buf, int version)
{
    (void) version;
    strbuf_add(buf, "SELECT l.pid, NULL, l.locktype = 'advisory', l.mode, pg_catalog.count(*) "
                    "FROM pg_catalog.pg_lock_status() l WHERE " HELD
                    " AND l.pid = ANY ($1::pg_catalog.int4[]) GROUP BY 1, 3, 4");
}

/* Whose they are follows from the lock that each holds on its own xid: see sql_locks.c. */
void sql_prepared_locks(StrBuf *buf, int version)
{
    (void) version;
    strbuf_add(buf, "WITH l AS (SELECT * FROM pg_catalog.pg_lock_status() WHERE pid IS NULL) "
                    "SELECT NULL, p.transaction, l.locktype = 'advisory', l.mode, "
                    "pg_catalog.count(*) FROM pg_catalog.pg_prepared_xact() p "
                    "JOIN l x ON x.locktype = 'transactionid' AND x.transactionid = p.transaction "
                    "JOIN l ON l.virtualtransaction = x.virtualtransaction "
                    "WHERE " HELD " GROUP BY 2, 3, 4");
}

void sql_prepared_ages(StrBuf *buf, int version)
{
    (void) version;
    strbuf_add(buf, "SELECT p.transaction, pg_catalog.age(p.transaction) "
                    "FROM pg_catalog.pg_prepared_xact() p");
}

/* Since when there are reports of that kind. */
static const int progress_since[PROGRESS_KINDS] = {
    [PROGRESS_VACUUM] = 90600,   [PROGRESS_CREATE_INDEX] = 120000, [PROGRESS_CLUSTER] = 120000,
    [PROGRESS_ANALYZE] = 130000, [PROGRESS_BASE_BACKUP] = 130000,  [PROGRESS_COPY] = 140000,
};

/* Before 12 a report had ten parameters. */
static void add_params(StrBuf *buf, int version)
{
    int there = version >= 120000 ? PROGRESS_PARAMS : 10;

    for (int i = 1; i <= PROGRESS_PARAMS; i++) {
        if (i <= there)
            strbuf_printf(buf, ", p.param%d", i);
        else
            strbuf_add(buf, ", NULL::pg_catalog.int8");
    }
}

/* An access method says itself what it calls its phases while it builds an index. */
static const char *subphase(ProgressKind kind)
{
    if (kind != PROGRESS_CREATE_INDEX)
        return "NULL";
    return "CASE WHEN p.param10 = 2 THEN pg_catalog.pg_indexam_progress_phasename("
           "p.param9::pg_catalog.oid, p.param11) END";
}

void sql_progress(StrBuf *buf, int version)
{
    bool first = true;

    for (int kind = PROGRESS_NONE + 1; kind < PROGRESS_KINDS; kind++) {
        const char *name = progress_kind_name((ProgressKind) kind);

        if (version < progress_since[kind])
            continue;
        strbuf_printf(buf,
                      "%sSELECT '%s'::pg_catalog.text, p.pid, %s::pg_catalog.text, "
                      "pg_catalog.clock_timestamp()",
                      first ? "" : " UNION ALL ", name, subphase((ProgressKind) kind));
        add_params(buf, version);
        strbuf_printf(buf,
                      " FROM pg_catalog.pg_stat_get_progress_info('%s') p "
                      "WHERE p.pid = ANY ($1::pg_catalog.int4[])",
                      name);
        first = false;
    }
}

/* See core/temp_slots.h. */
void sql_temp_slots(StrBuf *buf, int version)
{
    if (version >= 160000)
        strbuf_add(buf, "SELECT pg_catalog.pg_stat_get_backend_pid(i.id), i.id "
                        "FROM pg_catalog.pg_stat_get_backend_idset() i(id) ORDER BY i.id");
    else
        strbuf_add(buf,
                   "SELECT s.pid, l.slot FROM (SELECT i.id, "
                   "pg_catalog.pg_stat_get_backend_pid(i.id) AS pid "
                   "FROM pg_catalog.pg_stat_get_backend_idset() i(id) OFFSET 0) s LEFT JOIN "
                   "(SELECT DISTINCT k.pid, pg_catalog.split_part(k.virtualtransaction, '/', 1) "
                   "AS slot FROM pg_catalog.pg_lock_status() k WHERE k.pid IS NOT NULL) l "
                   "ON l.pid = s.pid ORDER BY s.id");
}

void sql_temp_tables(StrBuf *buf, int version)
{
    (void) version;
    strbuf_add(buf, "SELECT pg_catalog.substr(n.nspname, 9), pg_catalog.count(*) "
                    "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n "
                    "ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') AND n.nspname = ANY "
                    "(SELECT 'pg_temp_' || i.slot::pg_catalog.text FROM "
                    "pg_catalog.unnest($1::pg_catalog.int4[]) i(slot)) GROUP BY 1");
}

/* It takes no parameter: the GID is added as a literal, see Statement. */
void sql_rollback_prepared(StrBuf *buf, int version)
{
    (void) version;
    strbuf_add(buf, "ROLLBACK PREPARED ");
}
