/* SPDX-License-Identifier: PostgreSQL */
/* Doctor: the table of rules, and how a check is written. */
#include "core/doctor.h"

#include <assert.h>
#include <string.h>

#include "core/doctor_internal.h"

#define MS_PER_S INT64_C(1000)
#define MS_PER_MIN (60 * MS_PER_S)
#define MS_PER_H (60 * MS_PER_MIN)
#define QUERY_SIZE_LEAST 4096

static bool is_zero(const char *value)
{
    return doctor_count(value) == 0;
}

static bool is_small_query_size(const char *value)
{
    return doctor_count(value) < QUERY_SIZE_LEAST;
}

static int64_t statement_since_us(const Session *session)
{
    return session_is_active(session) ? session->query_start : TIME_UNKNOWN;
}

static int64_t wait_since_us(const Session *session)
{
    return session_waits(session, "Lock", NULL) ? session->query_start : TIME_UNKNOWN;
}

static int64_t transaction_since_us(const Session *session)
{
    return session->xact_start;
}

static int64_t open_since_us(const Session *session)
{
    return session_in_transaction(session) ? session->state_change : TIME_UNKNOWN;
}

static int64_t idle_since_us(const Session *session)
{
    return session->state == STATE_IDLE ? session->state_change : TIME_UNKNOWN;
}

static bool owns_tables(const Doctor *doctor, const DoctorRole *role)
{
    (void) doctor;
    return role->owns_tables;
}

const DoctorRule doctor_rules[] = {
    {.check = "statement_timeout",
     .topic = "timeouts",
     .setting = "statement_timeout",
     .status = DOCTOR_ADVICE,
     .why = "A statement that nobody waits for any more runs until somebody stops it. The limit is "
            "set by role: one for the whole instance would also end what is meant to be long, such "
            "as an index build, a VACUUM by hand or a migration.",
     .examine = examine_limit,
     .limit_ms = 30 * MS_PER_MIN,
     .since_us = statement_since_us,
     .base_ms = doctor_statement_base_ms},
    {.check = "statement_timeout_everywhere",
     .topic = "timeouts",
     .setting = "statement_timeout",
     .status = DOCTOR_WARNING,
     .why = "It is short and holds for every role, so it also ends what is meant to be long: an "
            "index build, a VACUUM by hand, a migration, a tool that backs up. Limit roles in its "
            "place.",
     .examine = examine_everywhere,
     .lacks = doctor_is_short},
    {.check = "idle_in_transaction_session_timeout",
     .topic = "timeouts",
     .setting = "idle_in_transaction_session_timeout",
     .status = DOCTOR_ADVICE,
     .why = "A forgotten transaction keeps its locks, and keeps VACUUM from removing dead rows, "
            "until its session ends.",
     .examine = examine_limit,
     .limit_ms = 5 * MS_PER_MIN,
     .since_us = open_since_us},
    {.check = "transaction_timeout",
     .topic = "timeouts",
     .setting = "transaction_timeout",
     .since = 170000,
     .status = DOCTOR_ADVICE,
     .why =
         "It bounds what the other two let pass, a transaction of many short statements. It ends "
         "the session, so it is at least twice the limit of a statement.",
     .examine = examine_limit,
     .limit_ms = MS_PER_H,
     .since_us = transaction_since_us,
     .base_ms = doctor_transaction_base_ms},
    {.check = "lock_timeout",
     .topic = "timeouts",
     .setting = "lock_timeout",
     .status = DOCTOR_ADVICE,
     .why =
         "These roles own tables, so migrations run as them. An ALTER TABLE that waits for its "
         "lock makes everybody queue behind it; with a limit it gives up and can be tried again.",
     .examine = examine_limit,
     .limit_ms = 10 * MS_PER_S,
     .since_us = wait_since_us,
     .applies = owns_tables},
    {.check = "idle_session_timeout",
     .topic = "timeouts",
     .setting = "idle_session_timeout",
     .since = 140000,
     .status = DOCTOR_ADVICE,
     .why = "All sessions of these roles are of people's tools. One that is left open over night "
            "takes a slot and memory.",
     .examine = examine_limit,
     .limit_ms = 12 * MS_PER_H,
     .since_us = idle_since_us,
     .applies = doctor_is_interactive},
    {.check = "idle_session_timeout_pooled",
     .topic = "timeouts",
     .setting = "idle_session_timeout",
     .since = 140000,
     .status = DOCTOR_WARNING,
     .why = "The sessions of these roles look like a pool's, which goes on handing out connections "
            "that the server has ended.",
     .examine = examine_pooled},
    {.check = "tcp_keepalives",
     .topic = "connections",
     .status = DOCTOR_ADVICE,
     .why = "The server takes more than a quarter of an hour to notice that an idle client's "
            "machine or network is gone; until then its session keeps its locks and its slot.",
     .examine = examine_keepalives},
    {.check = "client_connection_check_interval",
     .topic = "connections",
     .setting = "client_connection_check_interval",
     .since = 140000,
     .status = DOCTOR_ADVICE,
     .why = "A statement whose client has gone runs on to its end, since the server does not look.",
     .examine = examine_server,
     .lacks = is_zero,
     .proposed = "10s"},
    {.check = "log_min_error_statement",
     .topic = "logging",
     .setting = "log_min_error_statement",
     .status = DOCTOR_WARNING,
     .why = "The log does not say which statement was cancelled or failed.",
     .examine = examine_server,
     .lacks = doctor_above_error,
     .proposed = "error"},
    {.check = "log_min_messages",
     .topic = "logging",
     .setting = "log_min_messages",
     .status = DOCTOR_WARNING,
     .why = "The log has no errors, so also no statement that was cancelled or that a limit ended.",
     .examine = examine_server,
     .lacks = doctor_above_error,
     .proposed = "warning"},
    {.check = "log_lock_waits",
     .topic = "logging",
     .setting = "log_lock_waits",
     .status = DOCTOR_ADVICE,
     .why = "With it the log says who waited for whom, after deadlock_timeout; without it a past "
            "pile-up cannot be explained.",
     .examine = examine_server,
     .lacks = doctor_is_off,
     .proposed = "on"},
    {.check = "log_line_prefix",
     .topic = "logging",
     .setting = "log_line_prefix",
     .status = DOCTOR_ADVICE,
     .why = "Without %c the log's lines cannot be told by the session ids that pgquell prints and "
            "records; a pid alone is used again.",
     .examine = examine_prefix},
    {.check = "superuser_reserved_connections",
     .topic = "slots",
     .setting = "superuser_reserved_connections",
     .status = DOCTOR_WARNING,
     .why = "When every slot is taken, not even a superuser gets in to end a session.",
     .examine = examine_reserved,
     .proposed = "3"},
    {.check = "reserved_connections",
     .topic = "slots",
     .setting = "reserved_connections",
     .since = 160000,
     .status = DOCTOR_ADVICE,
     .why = "When ordinary slots are all taken, our role does not get in: it is no superuser, and "
            "no slots are reserved for members of pg_use_reserved_connections.",
     .examine = examine_reserved,
     .proposed = "2"},
    {.check = "free_slots",
     .topic = "slots",
     .status = DOCTOR_WARNING,
     .why = "Every slot for ordinary roles is taken, so none of them can connect any more.",
     .examine = examine_slots},
    {.check = "connection_limit",
     .topic = "slots",
     .status = DOCTOR_WARNING,
     .why = "Our role has a CONNECTION LIMIT, and its sessions have reached it: nobody can connect "
            "as it to end a session.",
     .examine = examine_connection_limit},
    {.check = "track_activities",
     .topic = "statistics",
     .setting = "track_activities",
     .status = DOCTOR_WARNING,
     .why = "The server does not show what a session does, so nothing can be found, and pgquell "
            "refuses to signal it.",
     .examine = examine_server,
     .lacks = doctor_is_off,
     .proposed = "on"},
    {.check = "track_activity_query_size",
     .topic = "statistics",
     .setting = "track_activity_query_size",
     .status = DOCTOR_ADVICE,
     .why = "Statements that are longer are cut, and what is behind the cut cannot be seen or "
            "matched.",
     .examine = examine_server,
     .lacks = is_small_query_size,
     .proposed = "4096",
     .restart = true},
    {.check = "pg_read_all_stats",
     .topic = "permissions",
     .setting = "pg_read_all_stats",
     .status = DOCTOR_ADVICE,
     .why = "Our role does not see what other roles' sessions do, and pgquell signals no session "
            "that it cannot tell from another.",
     .examine = examine_grant},
    {.check = "pg_signal_backend",
     .topic = "permissions",
     .setting = "pg_signal_backend",
     .status = DOCTOR_ADVICE,
     .why = "PostgreSQL lets our role signal its own sessions only, and those of roles that it is "
            "a member of.",
     .examine = examine_grant},
    {.check = "pg_signal_autovacuum_worker",
     .topic = "permissions",
     .setting = "pg_signal_autovacuum_worker",
     .since = 180000,
     .status = DOCTOR_ADVICE,
     .why = "PostgreSQL does not let our role signal autovacuum workers.",
     .examine = examine_grant},
    {.check = "pg_use_reserved_connections",
     .topic = "permissions",
     .setting = "pg_use_reserved_connections",
     .since = 160000,
     .status = DOCTOR_ADVICE,
     .why = "When ordinary slots are all taken, our role may not use those that "
            "reserved_connections keeps free.",
     .examine = examine_grant},
    {.check = "superusers",
     .topic = "permissions",
     .status = DOCTOR_OK,
     .why = "Sessions of superusers can be signalled by superusers only; no grant helps.",
     .examine = examine_superusers},
    {.check = "audit_store",
     .topic = "audit",
     .status = DOCTOR_WARNING,
     .why = "Nothing is signalled unless it can be recorded first.",
     .examine = examine_store},
};

const size_t doctor_rule_count = sizeof(doctor_rules) / sizeof(doctor_rules[0]);
const DoctorRule *const doctor_statement_rule = &doctor_rules[0];

const char *const doctor_settings[] = {
    "statement_timeout",
    "idle_in_transaction_session_timeout",
    "transaction_timeout",
    "lock_timeout",
    "idle_session_timeout",
    "tcp_keepalives_idle",
    "tcp_keepalives_interval",
    "tcp_keepalives_count",
    "listen_addresses",
    "client_connection_check_interval",
    "log_min_error_statement",
    "log_min_messages",
    "log_lock_waits",
    "log_line_prefix",
    "log_destination",
    "max_connections",
    "superuser_reserved_connections",
    "reserved_connections",
    "track_activities",
    "track_activity_query_size",
};
const size_t doctor_setting_count = sizeof(doctor_settings) / sizeof(doctor_settings[0]);

const char *doctor_status_name(DoctorStatus status)
{
    static const char *const names[] = {
        [DOCTOR_OK] = "ok", [DOCTOR_ADVICE] = "advice", [DOCTOR_WARNING] = "warning"};

    assert(status <= DOCTOR_WARNING);
    return names[status];
}

bool doctor_runs_here(const DoctorFacts *facts, const DoctorStatement *statement)
{
    return statement->reach == REACH_SERVER ? facts->world->superuser : !facts->world->standby;
}

DoctorChecks doctor_examine(const DoctorFacts *facts, Arena *arena)
{
    Doctor doctor = {.facts = facts, .arena = arena};

    for (size_t i = 0; i < doctor_rule_count; i++)
        if (facts->world->server_version >= doctor_rules[i].since)
            doctor_rules[i].examine(&doctor, &doctor_rules[i]);
    for (size_t i = 0; i < doctor.count; i++)
        if (doctor.checks[i].status == DOCTOR_OK && !doctor.checks[i].noted)
            doctor.checks[i].why = NULL; /* that of the rule is about what it did not find */
    return (DoctorChecks){doctor.checks, doctor.count};
}

DoctorCheck *doctor_add(Doctor *doctor, const DoctorRule *rule, DoctorStatus status)
{
    DoctorCheck *check;

    doctor->checks =
        arena_grow(doctor->arena, doctor->checks, doctor->count, sizeof(doctor->checks[0]));
    check = &doctor->checks[doctor->count++];
    *check = (DoctorCheck){
        .check = rule->check,
        .topic = rule->topic,
        .status = status,
        .setting = rule->setting,
        .why = rule->why,
    };
    return check;
}

void doctor_note(DoctorCheck *check, const char *why)
{
    check->noted = true;
    check->why = why;
}

void doctor_add_statement(Doctor *doctor, DoctorCheck *check, DoctorReach reach, const char *sql)
{
    check->statements = arena_grow(doctor->arena, check->statements, check->statement_count,
                                   sizeof(check->statements[0]));
    check->statements[check->statement_count++] = (DoctorStatement){sql, reach};
}

void doctor_add_role(Doctor *doctor, DoctorCheck *check, const char *name)
{
    check->roles =
        arena_grow(doctor->arena, check->roles, check->role_count, sizeof(check->roles[0]));
    check->roles[check->role_count++] = name;
}

void doctor_add_evidence(Doctor *doctor, DoctorCheck *check, const Session *session, int64_t age_us)
{
    check->evidence = arena_grow(doctor->arena, check->evidence, check->evidence_count,
                                 sizeof(check->evidence[0]));
    check->evidence[check->evidence_count++] = (DoctorEvidence){session, age_us};
}

void doctor_add_remedy(Doctor *doctor, DoctorCheck *check, const char *sentence)
{
    check->remedy =
        check->remedy ? arena_printf(doctor->arena, "%s %s", check->remedy, sentence) : sentence;
}
