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

/* pg_blocking_pids() takes the lock manager exclusively, so only for those who wait on a lock. */
void sql_blocking(StrBuf *buf, int version)
{
    (void) version;
    strbuf_add(
        buf, "SELECT w.pid, b.pid FROM (SELECT a.pid FROM pg_catalog.pg_stat_get_activity(NULL) a "
             "WHERE a.wait_event_type = 'Lock' OFFSET 0) w, "
             "LATERAL pg_catalog.unnest(pg_catalog.pg_blocking_pids(w.pid)) WITH ORDINALITY "
             "b(pid, place) ORDER BY w.pid, b.place");
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
