/* SPDX-License-Identifier: PostgreSQL */
/* Doctor: what kind of role it is, from its attributes, its name and what its sessions look like.
 */
#include <string.h>

#include "base/text.h"
#include "core/doctor_internal.h"

/* So many idle sessions of one role, program and address are a pool's. */
#define POOL_LEAST 3

bool doctor_is_client_of(const DoctorFacts *facts, const Session *session, uint32_t role)
{
    return session->role_oid == role && session->pid != facts->world->own_pid &&
           session_is_client(session);
}

static bool matches_any(const char *const *patterns, const char *text)
{
    for (; *patterns; patterns++)
        if (text_matches(*patterns, text))
            return true;
    return false;
}

static bool has_program(const DoctorFacts *facts, uint32_t role, const char *const *programs)
{
    for (size_t i = 0; i < facts->session_count; i++) {
        const Session *session = &facts->sessions[i];

        if (session->role_oid == role && session->application &&
            matches_any(programs, session->application))
            return true;
    }
    return false;
}

/* By its name or that of a program that it runs. Such sessions are long by nature, and whoever ends
 * them is found out when the backup is needed. */
static bool backs_up(const DoctorFacts *facts, const DoctorRole *role)
{
    static const char *const names[] = {"*backup*", "*barman*",     "*dump*",
                                        "*wal?g*",  "*pgbackrest*", NULL};
    static const char *const programs[] = {"pg_dump*",    "pg_basebackup*", "barman*",
                                           "pgBackRest*", "wal-g*",         NULL};

    return matches_any(names, role->name) || has_program(facts, role->oid, programs);
}

bool doctor_is_limited(const DoctorFacts *facts, const DoctorRole *role)
{
    if (!role->login || role->superuser || role->replication || role->administers || role->spared)
        return false;
    if (role->oid == facts->world->session_role_oid || role == doctor_own_role(facts))
        return false;
    return !backs_up(facts, role);
}

bool doctor_has_session(const DoctorFacts *facts, uint32_t role, uint32_t database)
{
    for (size_t i = 0; i < facts->session_count; i++)
        if (facts->sessions[i].role_oid == role &&
            (database == 0 || facts->sessions[i].database_oid == database))
            return true;
    return false;
}

static bool same_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool has_idle_crowd(const DoctorFacts *facts, const Session *one)
{
    size_t count = 0;

    for (size_t i = 0; i < facts->session_count; i++) {
        const Session *other = &facts->sessions[i];

        if (doctor_is_client_of(facts, other, one->role_oid) && other->state == STATE_IDLE &&
            same_text(other->application, one->application) &&
            same_text(other->client, one->client))
            count++;
    }
    return count >= POOL_LEAST;
}

bool doctor_is_pooled(const DoctorFacts *facts, const DoctorRole *role)
{
    static const char *const programs[] = {"*pgbouncer*", "*PgBouncer*", "*odyssey*", "*pgcat*",
                                           "*pgpool*",    "*Hikari*",    "*hikari*",  "*pool*",
                                           "*Pool*",      NULL};

    if (facts->pooler || has_program(facts, role->oid, programs))
        return true;
    for (size_t i = 0; i < facts->session_count; i++)
        if (doctor_is_client_of(facts, &facts->sessions[i], role->oid) &&
            facts->sessions[i].state == STATE_IDLE && has_idle_crowd(facts, &facts->sessions[i]))
            return true;
    return false;
}

/* A pooler passes its client's name on, so that a tool's name proves nothing where there is one. */
bool doctor_is_interactive(const Doctor *doctor, const DoctorRole *role)
{
    static const char *const programs[] = {"psql",      "pgcli*",     "pgAdmin*", "DBeaver*",
                                           "DataGrip*", "TablePlus*", NULL};
    const DoctorFacts *facts = doctor->facts;
    bool any = false;

    for (size_t i = 0; i < facts->session_count; i++) {
        const Session *session = &facts->sessions[i];

        if (session->role_oid != role->oid)
            continue;
        if (!session_is_client(session) || !session->application ||
            !matches_any(programs, session->application))
            return false;
        any = true;
    }
    return any && !doctor_is_pooled(facts, role);
}

/* Takes it back where it is in force for the role's sessions: for the role in that database where
 * it was set so, else for the role. */
static void take_back(Doctor *doctor, DoctorCheck *check, const DoctorRole *role)
{
    static const char change[] = "SET idle_session_timeout = 0";
    const DoctorFacts *facts = doctor->facts;
    bool found = false;
    bool whole = false;

    for (size_t i = 0; i < facts->database_count; i++) {
        uint32_t database = facts->databases[i].oid;
        const char *value = doctor_in_force(facts, check->setting, database, role->oid);
        bool particular = doctor_override(facts, check->setting, database, role->oid) != NULL;

        if (!doctor_has_session(facts, role->oid, database) || doctor_time_ms(value, "ms") <= 0)
            continue;
        found = true;
        if (!particular && whole)
            continue;
        whole = whole || !particular;
        (void) doctor_change_override(doctor, check, particular ? database : 0, role->oid, change);
    }
    if (found)
        doctor_add_role(doctor, check, role->name);
}

void examine_pooled(Doctor *doctor, const DoctorRule *rule)
{
    const DoctorFacts *facts = doctor->facts;
    DoctorCheck *check = doctor_add(doctor, rule, DOCTOR_OK);
    bool unsure = false;

    for (size_t i = 0; i < facts->role_count; i++) {
        const DoctorRole *role = &facts->roles[i];

        if (doctor_is_pooled(facts, role))
            take_back(doctor, check, role);
        else if (doctor_has_session(facts, role->oid, 0) && doctor_is_limited(facts, role) &&
                 !doctor_is_interactive(doctor, role))
            unsure = true;
    }
    if (check->role_count > 0) {
        check->status = rule->status;
        check->proposed = "0";
    } else if (unsure || facts->pooler) {
        doctor_note(check, "It is not proposed for roles whose sessions may come through a pooler, "
                           "which would go on handing out connections that the server has ended.");
    }
}
