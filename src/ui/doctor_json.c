/* SPDX-License-Identifier: PostgreSQL */
/* Doctor: its checks as JSON. */
#include <stdlib.h>

#include "ui/doctor.h"
#include "ui/json_parts.h"

/* Adds an element, whose reference it steals. */
static void append(json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) == 0)
        return;
    (void) fputs("pgquell: out of memory\n", stderr);
    abort();
}

static json_t *of_statements(const DoctorCheck *check)
{
    json_t *sql = json_array();

    for (size_t i = 0; i < check->statement_count; i++)
        append(sql, json_string(check->statements[i].sql));
    return sql;
}

static json_t *of_needs(const DoctorFacts *facts, const DoctorCheck *check)
{
    json_t *needs = json_array();
    bool superuser = false;
    bool primary = false;

    for (size_t i = 0; i < check->statement_count; i++) {
        if (doctor_runs_here(facts, &check->statements[i]))
            continue;
        superuser = superuser || check->statements[i].reach == REACH_SERVER;
        primary = primary || check->statements[i].reach == REACH_CLUSTER;
    }
    if (superuser)
        append(needs, json_string("superuser"));
    if (primary)
        append(needs, json_string("primary"));
    if (check->restart)
        append(needs, json_string("restart"));
    return needs;
}

static json_t *of_evidence(const DoctorCheck *check)
{
    json_t *evidence = json_array();

    for (size_t i = 0; i < check->evidence_count; i++) {
        const Session *session = check->evidence[i].session;
        int64_t age_us = check->evidence[i].age_us;
        json_t *object = json_object();
        char id[SESSION_ID_MAX];

        json_put(object, "session", json_string(session_id(session, id)));
        json_put(object, "pid", json_integer(session->pid));
        json_put(object, "role", json_of_text(session->role));
        json_put(object, "database", json_of_text(session->database));
        json_put(object, "application", json_of_text(session->application));
        json_put(object, "query", json_of_text(session->query));
        json_put(object, "age_s",
                 age_us == TIME_UNKNOWN ? json_null()
                                        : json_real((double) age_us / (double) US_PER_S));
        append(evidence, object);
    }
    return evidence;
}

json_t *doctor_json(const DoctorFacts *facts, const DoctorCheck *check)
{
    json_t *object = json_object();
    json_t *roles = json_array();

    for (size_t i = 0; i < check->role_count; i++)
        append(roles, json_of_text(check->roles[i]));
    json_put(object, "check", json_string(check->check));
    json_put(object, "topic", json_string(check->topic));
    json_put(object, "status", json_string(doctor_status_name(check->status)));
    json_put(object, "setting", json_of_text(check->setting));
    json_put(object, "value", json_of_text(check->value));
    json_put(object, "proposed", json_of_text(check->proposed));
    json_put(object, "why", json_of_text(check->why));
    json_put(object, "remedy", json_of_text(check->remedy));
    json_put(object, "sql", of_statements(check));
    json_put(object, "shell", json_of_text(check->shell));
    json_put(object, "needs", of_needs(facts, check));
    json_put(object, "roles", roles);
    json_put(object, "evidence", of_evidence(check));
    return object;
}
