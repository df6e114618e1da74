/* SPDX-License-Identifier: PostgreSQL */
/* SQL: locks, who waits for whom, and what lies under a lock. */
#include "pg/sql_internal.h"

/* A transaction's lock on its own virtual id says nothing to anybody. */
void sql_locks(StrBuf *buf, int version)
{
    (void) version;
    strbuf_add(buf, "SELECT l.pid, pg_catalog.count(*) FROM pg_catalog.pg_lock_status() l "
                    "WHERE l.granted AND l.locktype <> 'virtualxid' AND "
                    "l.pid = ANY ($1::pg_catalog.int4[]) GROUP BY l.pid");
}

/* pg_blocking_pids() takes the lock manager exclusively, so only for those who wait on a lock, who
 * are found by the getters that read one field of a backend and copy no query text. */
void sql_blocking(StrBuf *buf, int version)
{
    (void) version;
    strbuf_add(buf,
               "SELECT w.pid, b.pid FROM (SELECT pg_catalog.pg_stat_get_backend_pid(i.id) AS pid "
               "FROM pg_catalog.pg_stat_get_backend_idset() i(id) "
               "WHERE pg_catalog.pg_stat_get_backend_wait_event_type(i.id) = 'Lock' OFFSET 0) w, "
               "LATERAL pg_catalog.unnest(pg_catalog.pg_blocking_pids(w.pid)) WITH ORDINALITY "
               "b(pid, place) ORDER BY w.pid, b.place");
}

/* What a lock is on, so that two of them can be compared, as one row. */
#define TAG                                                                                \
    "l.locktype, coalesce(l.database, 0), coalesce(l.relation, 0), coalesce(l.page, -1), " \
    "coalesce(l.tuple, -1), coalesce(l.virtualxid, ''), "                                  \
    "coalesce(l.transactionid::pg_catalog.text, ''), coalesce(l.classid, 0), "             \
    "coalesce(l.objid, 0), coalesce(l.objsubid, 0)"

/* Which prepared transaction holds lock `l`, which has no pid: both have the virtual transaction in
 * common (that of the session that prepared it, or -1/xid after a restart), and every one of them
 * holds the lock on its own xid. */
#define PREPARED_XID                                                     \
    "(SELECT x.transactionid FROM l x, pg_catalog.pg_prepared_xact() p " \
    "WHERE x.pid IS NULL AND x.locktype = 'transactionid' AND "          \
    "x.virtualtransaction = l.virtualtransaction AND x.transactionid = p.transaction LIMIT 1)"

/* Awaited locks, those held on the same objects, and the rows that waiters hold for themselves. */
void sql_wait_locks(StrBuf *buf, int version)
{
    strbuf_add(buf,
               "WITH l AS (SELECT * FROM pg_catalog.pg_lock_status()) "
               "SELECT l.pid, CASE WHEN l.pid IS NULL THEN " PREPARED_XID " END, l.locktype, "
               "l.database, l.relation, coalesce(l.page, -1), coalesce(l.tuple, -1), l.virtualxid, "
               "l.transactionid, l.classid, l.objid, l.objsubid, l.mode, l.granted, ");
    strbuf_add(buf, version >= 140000 ? "l.waitstart" : "NULL");
    strbuf_add(buf, " FROM l WHERE NOT l.granted OR (" TAG ") IN (SELECT " TAG
                    " FROM l WHERE NOT l.granted) OR (l.locktype = 'tuple' AND l.pid IN "
                    "(SELECT l.pid FROM l WHERE NOT l.granted))");
}

void sql_prepared(StrBuf *buf, int version)
{
    (void) version;
    strbuf_add(buf, "WITH l AS (SELECT * FROM pg_catalog.pg_lock_status() WHERE pid IS NULL) "
                    "SELECT p.gid, p.transaction, p.prepared, p.ownerid, p.dbid, "
                    "pg_catalog.pg_get_userbyid(p.ownerid), "
                    "(SELECT d.datname FROM pg_catalog.pg_database d WHERE d.oid = p.dbid), "
                    "(SELECT pg_catalog.count(*) FROM l WHERE l.locktype <> 'virtualxid' AND "
                    "l.virtualtransaction IN (SELECT x.virtualtransaction FROM l x "
                    "WHERE x.locktype = 'transactionid' AND x.transactionid = p.transaction)) "
                    "FROM pg_catalog.pg_prepared_xact() p ORDER BY p.prepared, p.gid");
}

void sql_relations(StrBuf *buf, int version)
{
    (void) version;
    strbuf_add(buf, "SELECT c.oid, pg_catalog.quote_ident(n.nspname) || '.' || "
                    "pg_catalog.quote_ident(c.relname) FROM pg_catalog.pg_class c "
                    "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
                    "WHERE c.oid = ANY ($1::pg_catalog.oid[])");
}

/* CREATE INDEX and REINDEX CONCURRENTLY hold SHARE UPDATE EXCLUSIVE on the table they work on. */
void sql_building(StrBuf *buf, int version)
{
    (void) version;
    strbuf_add(buf,
               "SELECT DISTINCT l.relation FROM pg_catalog.pg_lock_status() l "
               "WHERE l.pid = $1::pg_catalog.int4 AND l.locktype = 'relation' AND l.granted AND "
               "l.mode = 'ShareUpdateExclusiveLock'");
}

void sql_invalid_indexes(StrBuf *buf, int version)
{
    (void) version;
    strbuf_add(
        buf,
        "SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) "
        "FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid "
        "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE NOT i.indisvalid AND "
        "(i.indrelid = ANY ($1::pg_catalog.oid[]) OR i.indexrelid = ANY ($1::pg_catalog.oid[])) "
        "ORDER BY 1 LIMIT 20");
}
