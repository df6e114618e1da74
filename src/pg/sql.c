/* SPDX-License-Identifier: PostgreSQL */
/* SQL: the server and its sessions, signals, and the table of all texts; see sql_internal.h. */
#include "pg/sql.h"

#include <assert.h>

#include "pg/sql_internal.h"

/* Our session, and only ours: behind a pooler the pid is not the one that the connection was told
 * ($1), and another's session must not get our settings. statement_timeout bounds what a hung
 * server can do to us, lock_timeout what a lock on pg_authid can; the rest keeps our session from
 * being ended, or our results from depending on taste. */
static void settings(StrBuf *buf, int version)
{
    static const struct {
        const char *name;
        const char *value;
        int since;
    } rows[] = {
        {"search_path", "", 0},
        {"statement_timeout", "30s", 0},
        {"lock_timeout", "2s", 0},
        {"idle_in_transaction_session_timeout", "0", 0},
        {"idle_session_timeout", "0", 140000},
        {"transaction_timeout", "0", 170000},
        {"jit", "off", 110000},
        {"plan_cache_mode", "force_generic_plan", 120000}, /* what is prepared is planned once */
        {"datestyle", "ISO", 0},
        {"timezone", "UTC", 0},
        {"client_min_messages", "warning", 0},
    };

    strbuf_add(buf, "SELECT ");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (version >= rows[i].since)
            strbuf_printf(buf, "%spg_catalog.set_config('%s', '%s', false)", i ? ", " : "",
                          rows[i].name, rows[i].value);
    strbuf_add(buf,
               " WHERE pg_catalog.pg_backend_pid() OPERATOR(pg_catalog.=) $1::pg_catalog.int4");
}

/* The role that counts for signals is the current one, for what is "ours" the login role. */
static void world(StrBuf *buf, int version)
{
    strbuf_add(buf,
               "SELECT pg_catalog.pg_backend_pid(), current_user, session_user, "
               "(SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = session_user), "
               "(SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user), "
               "pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE'), "
               "pg_catalog.pg_is_in_recovery(), pg_catalog.pg_postmaster_start_time(), ");
    strbuf_add(buf, version >= 180000
                        ? "pg_catalog.pg_has_role('pg_signal_autovacuum_worker', 'USAGE')"
                        : "false");
    strbuf_add(buf, ", pg_catalog.current_setting('server_encoding')");
}

/* The columns of a session, in the order in which rows.c reads them; `a` is pg_stat_get_activity().
 */
static void session_columns(StrBuf *buf, int version, bool query)
{
    strbuf_add(
        buf,
        "a.pid, a.backend_start, a.xact_start, a.query_start, a.state_change, a.state, "
        "a.usesysid, a.datid, a.backend_xid, a.backend_xmin, a.application_name, a.client_addr, "
        "a.client_port, a.backend_type, a.wait_event_type, a.wait_event, ");
    strbuf_add(buf, version >= 130000 ? "a.leader_pid, " : "NULL, ");
    strbuf_add(buf, version >= 140000 ? "a.query_id, " : "NULL, ");
    strbuf_add(buf, query ? "a.query, " : "NULL, ");
    strbuf_add(buf, "pg_catalog.clock_timestamp()");
}

static void sessions(StrBuf *buf, int version)
{
    strbuf_add(buf, "SELECT ");
    session_columns(buf, version, true);
    strbuf_add(buf, " FROM pg_catalog.pg_stat_get_activity(NULL) a");
}

static void look_one(StrBuf *buf, int version)
{
    strbuf_add(buf, "SELECT ");
    session_columns(buf, version, false);
    strbuf_add(buf, " FROM pg_catalog.pg_stat_get_activity($1::pg_catalog.int4) a");
}

static void look_few(StrBuf *buf, int version)
{
    strbuf_add(buf, "SELECT ");
    session_columns(buf, version, false);
    strbuf_add(buf, " FROM pg_catalog.unnest($1::pg_catalog.int4[]) p(pid), "
                    "LATERAL pg_catalog.pg_stat_get_activity(p.pid) a");
}

static void look_many(StrBuf *buf, int version)
{
    strbuf_add(buf, "SELECT ");
    session_columns(buf, version, false);
    strbuf_add(buf, " FROM pg_catalog.pg_stat_get_activity(NULL) a "
                    "WHERE a.pid = ANY ($1::pg_catalog.int4[])");
}

/* The rule of pg_signal_backend() in the server's signalfuncs.c: a superuser's process only by a
 * superuser; else with the privileges of its role or of pg_signal_backend. Asking warms the caches
 * that signalling uses: pg_get_userbyid() the one of the target's role. */
static void roles(StrBuf *buf, int version)
{
    (void) version;
    strbuf_add(buf,
               "SELECT r.oid, pg_catalog.pg_get_userbyid(r.oid), r.rolsuper, "
               "(SELECT o.rolsuper FROM pg_catalog.pg_roles o WHERE o.rolname = current_user) OR "
               "(NOT r.rolsuper AND (pg_catalog.pg_has_role(r.oid, 'USAGE') OR "
               "pg_catalog.pg_has_role('pg_signal_backend', 'USAGE'))) "
               "FROM pg_catalog.pg_roles r WHERE r.oid = ANY ($1::pg_catalog.oid[])");
}

/* The test stands in a subquery that OFFSET 0 keeps apart, the signal in the select list above it,
 * so that it is sent for the row that passed and at once. Only that one pid is read: filtering the
 * whole view would put milliseconds between test and signal. $3 says which of the further columns
 * are tested (CHOSEN_ bits of core/target.h). */
static void guarded(StrBuf *buf, const char *function)
{
    strbuf_printf(buf,
                  "SELECT pg_catalog.%s(s.pid) FROM ("
                  "SELECT a.pid FROM pg_catalog.pg_stat_get_activity($1::pg_catalog.int4) a "
                  "WHERE a.backend_start IS NOT DISTINCT FROM $2::pg_catalog.timestamptz ",
                  function);
    strbuf_add(
        buf,
        "AND ($3::pg_catalog.int4 & 1 = 0 OR a.state IS NOT DISTINCT FROM $4::pg_catalog.text) "
        "AND ($3::pg_catalog.int4 & 2 = 0 OR a.state_change IS NOT DISTINCT FROM "
        "$5::pg_catalog.timestamptz) "
        "AND ($3::pg_catalog.int4 & 4 = 0 OR a.xact_start IS NOT DISTINCT FROM "
        "$6::pg_catalog.timestamptz) "
        "AND ($3::pg_catalog.int4 & 8 = 0 OR a.query_start IS NOT DISTINCT FROM "
        "$7::pg_catalog.timestamptz) "
        "AND ($3::pg_catalog.int4 & 16 = 0 OR a.application_name IS NOT DISTINCT FROM "
        "$8::pg_catalog.text) "
        "AND ($3::pg_catalog.int4 & 32 = 0 OR a.wait_event IS DISTINCT FROM 'SyncRep') "
        "OFFSET 0) s");
}

static void cancel(StrBuf *buf, int version)
{
    (void) version;
    guarded(buf, "pg_cancel_backend");
}

/* With one argument, which every major takes: its own waiting is not used (facts.md F2). */
static void terminate(StrBuf *buf, int version)
{
    (void) version;
    guarded(buf, "pg_terminate_backend");
}

/* Constant text, so that no reason is ever part of SQL; it reads its words from a setting that
 * lasts as long as the pipeline's transaction. */
static void log_raise(StrBuf *buf, int version)
{
    (void) version;
    strbuf_add(buf, "DO $$DECLARE line pg_catalog.text; BEGIN FOREACH line IN ARRAY "
                    "pg_catalog.string_to_array(pg_catalog.current_setting('pgquell.log'), E'\\n') "
                    "LOOP RAISE LOG '%', line; END LOOP; END$$");
}

static void system_identifier(StrBuf *buf, int version)
{
    (void) version;
    strbuf_add(buf, "SELECT s.system_identifier FROM pg_catalog.pg_control_system() s");
}

static void databases(StrBuf *buf, int version)
{
    (void) version;
    strbuf_add(buf, "SELECT d.oid, d.datname FROM pg_catalog.pg_database d "
                    "WHERE d.oid = ANY ($1::pg_catalog.oid[])");
}

static void log_lines(StrBuf *buf, int version)
{
    (void) version;
    strbuf_add(buf, "SELECT pg_catalog.set_config('pgquell.log', $1::pg_catalog.text, true)");
}

typedef struct SqlRow {
    const char *name;
    bool prepared;
    SqlText *text;
} SqlRow;

static const SqlRow rows[SQL_IDS] = {
    [SQL_SETTINGS] = {"settings", false, settings},
    [SQL_WORLD] = {"world", false, world},
    [SQL_SYSTEM] = {"system", false, system_identifier},
    [SQL_SESSIONS] = {"sessions", false, sessions},
    [SQL_LOOK_ONE] = {"look_one", true, look_one},
    [SQL_LOOK_FEW] = {"look_few", true, look_few},
    [SQL_LOOK_MANY] = {"look_many", true, look_many},
    [SQL_ROLES] = {"roles", false, roles},
    [SQL_DATABASES] = {"databases", false, databases},
    [SQL_LOCKS] = {"locks", true, sql_locks},
    [SQL_BLOCKING] = {"blocking", true, sql_blocking},
    [SQL_WAIT_LOCKS] = {"wait_locks", false, sql_wait_locks},
    [SQL_PREPARED] = {"prepared", false, sql_prepared},
    [SQL_RELATIONS] = {"relations", false, sql_relations},
    [SQL_CANCEL] = {"cancel", true, cancel},
    [SQL_TERMINATE] = {"terminate", true, terminate},
    [SQL_LOG_LINES] = {"log_lines", true, log_lines},
    [SQL_LOG] = {"log", false, log_raise},
    [SQL_BUILDING] = {"building", false, sql_building},
    [SQL_INVALID_INDEXES] = {"invalid_indexes", false, sql_invalid_indexes},
    [SQL_DOCTOR_SETTINGS] = {"doctor_settings", false, sql_doctor_settings},
    [SQL_DOCTOR_FILES] = {"doctor_files", false, sql_doctor_files},
    [SQL_DOCTOR_OVERRIDES] = {"doctor_overrides", false, sql_doctor_overrides},
    [SQL_DOCTOR_ROLES] = {"doctor_roles", false, sql_doctor_roles},
    [SQL_DOCTOR_DATABASES] = {"doctor_databases", false, sql_doctor_databases},
    [SQL_DOCTOR_GRANTS] = {"doctor_grants", false, sql_doctor_grants},
    [SQL_SERVER] = {"server", true, sql_server},
    [SQL_WALSENDERS] = {"walsenders", true, sql_walsenders},
    [SQL_SLOTS] = {"slots", true, sql_slots},
    [SQL_DOOR_DATABASE] = {"door_database", false, sql_door_database},
    [SQL_DOOR_ROLE] = {"door_role", false, sql_door_role},
    [SQL_DOOR_WORDS] = {"door_words", false, sql_door_words},
    [SQL_DOOR_CONNECTIONS] = {"door_connections", false, sql_door_connections},
    [SQL_DOOR_LIMIT] = {"door_limit", false, sql_door_limit},
    [SQL_DOOR_ROLE_LIMIT] = {"door_role_limit", false, sql_door_role_limit},
    [SQL_DROP_OBSTACLES] = {"drop_obstacles", false, sql_drop_obstacles},
    [SQL_DROP_SUBSCRIPTIONS] = {"drop_subscriptions", false, sql_drop_subscriptions},
    [SQL_BOUNCER_SERVERS] = {"bouncer_servers", false, sql_bouncer_servers},
    [SQL_BOUNCER_CLIENTS] = {"bouncer_clients", false, sql_bouncer_clients},
    [SQL_BOUNCER_DATABASES] = {"bouncer_databases", false, sql_bouncer_databases},
    [SQL_BOUNCER_PAUSE] = {"bouncer_pause", false, sql_bouncer_pause},
    [SQL_BOUNCER_RESUME] = {"bouncer_resume", false, sql_bouncer_resume},
    [SQL_BOUNCER_DISABLE] = {"bouncer_disable", false, sql_bouncer_disable},
    [SQL_BOUNCER_ENABLE] = {"bouncer_enable", false, sql_bouncer_enable},
    [SQL_HELD_LOCKS] = {"held_locks", false, sql_held_locks},
    [SQL_PREPARED_AGES] = {"prepared_ages", false, sql_prepared_ages},
    [SQL_PREPARED_LOCKS] = {"prepared_locks", false, sql_prepared_locks},
    [SQL_PROGRESS] = {"progress", false, sql_progress},
    [SQL_TEMP_SLOTS] = {"temp_slots", false, sql_temp_slots},
    [SQL_TEMP_TABLES] = {"temp_tables", false, sql_temp_tables},
    [SQL_ROLLBACK_PREPARED] = {"rollback_prepared", false, sql_rollback_prepared},
};

const char *sql_name(SqlId id)
{
    assert(id < SQL_IDS);
    return rows[id].name;
}

bool sql_is_prepared(SqlId id)
{
    assert(id < SQL_IDS);
    return rows[id].prepared;
}

void sql_text(StrBuf *buf, SqlId id, int server_version)
{
    assert(id < SQL_IDS);
    rows[id].text(buf, server_version);
}
