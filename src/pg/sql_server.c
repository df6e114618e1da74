/* SPDX-License-Identifier: PostgreSQL */
/* SQL: the server as a whole. */
#include "pg/sql_internal.h"

/* The next transaction id, from a snapshot, since that can be asked on a standby, too. */
void sql_server(StrBuf *buf, int version)
{
    strbuf_add(buf, "SELECT pg_catalog.current_setting('max_connections'), "
                    "pg_catalog.current_setting('superuser_reserved_connections'), ");
    strbuf_add(buf, version >= 160000 ? "pg_catalog.current_setting('reserved_connections')" : "0");
    strbuf_add(buf, ", pg_catalog.current_setting('cluster_name'), "
                    "pg_catalog.txid_snapshot_xmax(pg_catalog.txid_current_snapshot())");
}

/* The function under pg_stat_replication; who may not see gets the pids. */
void sql_walsenders(StrBuf *buf, int version)
{
    (void) version;
    strbuf_add(buf, "SELECT w.pid, w.state FROM pg_catalog.pg_stat_get_wal_senders() w");
}

/* The function under pg_replication_slots, which joins pg_database. */
void sql_slots(StrBuf *buf, int version)
{
    (void) version;
    strbuf_add(buf, "SELECT s.slot_name, s.slot_type OPERATOR(pg_catalog.=) 'logical', "
                    "s.active_pid, s.xmin, s.catalog_xmin "
                    "FROM pg_catalog.pg_get_replication_slots() s");
}
