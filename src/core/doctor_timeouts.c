/* SPDX-License-Identifier: PostgreSQL */
/* Doctor: limits by role, larger than what its sessions are seen to need. */
#include <string.h>

#include "core/doctor_internal.h"

#define LEFT_OUT 0          /* no limit is proposed */
#define COVERED (-1)        /* a limit, or that there is none, was decided already */
#define SEEN_TIMES 2        /* a proposal is at least so many times what was seen */
#define TRANSACTION_TIMES 2 /* and a transaction's so many times a statement's */

#define MIN_MS INT64_C(60000)
#define HOUR_MS (60 * MIN_MS)

/* What a proposal is raised to; who needs more is left out. */
static const int64_t steps_ms[] = {
    MIN_MS,      5 * MIN_MS,  15 * MIN_MS, 30 * MIN_MS,  HOUR_MS,
    2 * HOUR_MS, 4 * HOUR_MS, 8 * HOUR_MS, 12 * HOUR_MS, 24 * HOUR_MS,
};

#define STEP_COUNT (sizeof(steps_ms) / sizeof(steps_ms[0]))

static int64_t seen_ms(const Doctor *doctor, const DoctorRule *rule, const Session *session)
{
    int64_t since_us = rule->since_us(session);

    return since_us == TIME_UNKNOWN ? 0 : (doctor->facts->server_us - since_us) / US_PER_MS;
}

/* How long its sessions are seen to do it, at most. */
static int64_t most_seen_ms(const Doctor *doctor, const DoctorRule *rule, uint32_t role)
{
    const DoctorFacts *facts = doctor->facts;
    int64_t most = 0;

    for (size_t i = 0; i < facts->session_count; i++) {
        int64_t ms = 0;

        if (doctor_is_client_of(facts, &facts->sessions[i], role))
            ms = seen_ms(doctor, rule, &facts->sessions[i]);
        if (ms > most)
            most = ms;
    }
    return most;
}

static int64_t base_ms(const Doctor *doctor, const DoctorRule *rule, const DoctorRole *role)
{
    return rule->base_ms ? rule->base_ms(doctor, role) : rule->limit_ms;
}

/* The limit to propose for the role, which has none; LEFT_OUT where what is seen is too long. */
static int64_t limit_for(const Doctor *doctor, const DoctorRule *rule, const DoctorRole *role)
{
    int64_t base = base_ms(doctor, rule, role);
    int64_t seen = most_seen_ms(doctor, rule, role->oid);

    if (base <= 0 || seen < base)
        return base;
    for (size_t i = 0; i < STEP_COUNT; i++)
        if (steps_ms[i] >= SEEN_TIMES * seen)
            return steps_ms[i];
    return LEFT_OUT;
}

/* A short limit of everybody's is taken away by a check of its own, and kept for the roles. */
int64_t doctor_statement_base_ms(const Doctor *doctor, const DoctorRole *role)
{
    const char *value = doctor_in_force(doctor->facts, "statement_timeout", 0, 0);

    (void) role;
    return doctor_is_short(value) ? doctor_time_ms(value, "ms") : doctor_statement_rule->limit_ms;
}

/* More than the role's statements may take; COVERED where it was decided that they may take any
 * time, and where they are seen to take too long for a limit. */
int64_t doctor_transaction_base_ms(const Doctor *doctor, const DoctorRole *role)
{
    const DoctorFacts *facts = doctor->facts;
    const char *own = doctor_override(facts, "statement_timeout", 0, role->oid);
    int64_t longest =
        own ? doctor_time_ms(own, "ms") : limit_for(doctor, doctor_statement_rule, role);
    int64_t least = HOUR_MS;

    if (longest <= 0)
        return COVERED;
    for (size_t i = 0; i < facts->database_count; i++) {
        int64_t ms = doctor_time_ms(
            doctor_in_force(facts, "statement_timeout", facts->databases[i].oid, role->oid), "ms");

        if (ms > longest)
            longest = ms;
    }
    return TRANSACTION_TIMES * longest > least ? TRANSACTION_TIMES * longest : least;
}

static bool is_overridden(const DoctorFacts *facts, const char *setting, uint32_t database,
                          uint32_t role)
{
    return doctor_override(facts, setting, database, role) ||
           doctor_override(facts, setting, database, 0);
}

/* Whether it was decided for every database that matters for the role: those in which it has
 * sessions; where it has none at all, every one but "postgres". */
static bool is_covered_by_databases(const DoctorFacts *facts, const char *setting,
                                    const DoctorRole *role)
{
    bool connected = doctor_has_session(facts, role->oid, 0);
    bool any = false;

    for (size_t i = 0; i < facts->database_count; i++) {
        const DoctorDatabase *database = &facts->databases[i];
        bool matters = connected ? doctor_has_session(facts, role->oid, database->oid)
                                 : strcmp(database->name, "postgres") != 0;

        if (!database->usable || !matters)
            continue;
        if (!is_overridden(facts, setting, database->oid, role->oid))
            return false;
        any = true;
    }
    return any;
}

/* Whether a limit is in force, or somebody has decided that there is none. */
static bool is_covered(const Doctor *doctor, const DoctorRule *rule, const DoctorRole *role)
{
    const DoctorFacts *facts = doctor->facts;
    const char *common = doctor_in_force(facts, rule->setting, 0, 0);
    bool is_statement = rule == doctor_statement_rule;

    if (doctor_override(facts, rule->setting, 0, role->oid))
        return true;
    if (doctor_time_ms(common, "ms") > 0 && !(is_statement && doctor_is_short(common)))
        return true;
    return is_covered_by_databases(facts, rule->setting, role);
}

/* The limit to propose, or COVERED. */
static int64_t proposal(const Doctor *doctor, const DoctorRule *rule, const DoctorRole *role)
{
    if (!doctor_is_limited(doctor->facts, role) ||
        (rule->applies && !rule->applies(doctor, role)) || is_covered(doctor, rule, role))
        return COVERED;
    return limit_for(doctor, rule, role);
}

/* The role's sessions that the rule's usual limit would have ended. */
static void show_evidence(Doctor *doctor, DoctorCheck *check, const DoctorRule *rule,
                          const DoctorRole *role)
{
    const DoctorFacts *facts = doctor->facts;
    int64_t base = base_ms(doctor, rule, role);

    for (size_t i = 0; i < facts->session_count; i++) {
        const Session *session = &facts->sessions[i];

        if (doctor_is_client_of(facts, session, role->oid) &&
            seen_ms(doctor, rule, session) >= base)
            doctor_add_evidence(doctor, check, session, facts->server_us - rule->since_us(session));
    }
}

/* One check for all roles that are to have the same limit. */
static void add_group(Doctor *doctor, const DoctorRule *rule, const int64_t *limits, int64_t limit)
{
    const DoctorFacts *facts = doctor->facts;
    Arena *arena = doctor->arena;
    DoctorCheck *check = doctor_add(doctor, rule, limit == LEFT_OUT ? DOCTOR_OK : rule->status);
    const char *proposed = doctor_time_text(arena, limit);
    const char *change = arena_printf(arena, "SET %s = '%s'", rule->setting, proposed);
    size_t unwritten = 0;

    for (size_t i = 0; i < facts->role_count; i++) {
        if (limits[i] != limit)
            continue;
        doctor_add_role(doctor, check, facts->roles[i].name);
        show_evidence(doctor, check, rule, &facts->roles[i]);
        if (limit != LEFT_OUT &&
            !doctor_change_override(doctor, check, 0, facts->roles[i].oid, change))
            unwritten++;
    }
    if (limit == LEFT_OUT) {
        doctor_note(check, "No limit is proposed for these roles: what their sessions are seen to "
                           "do takes longer than any limit that would be worth having.");
        doctor_add_remedy(doctor, check,
                          arena_printf(arena,
                                       "Where that is meant, setting %s to 0 for the role "
                                       "says so; else see to these sessions first.",
                                       rule->setting));
        return;
    }
    check->proposed = proposed;
    if (unwritten > 0)
        doctor_add_remedy(doctor, check,
                          arena_printf(arena,
                                       "For %zu of these roles no SQL is written, since "
                                       "their names are no text in UTF-8.",
                                       unwritten));
    if (!facts->world->sees_all)
        doctor_add_remedy(doctor, check,
                          "What their sessions do is hidden from our role: look with "
                          "pg_read_all_stats before you set this.");
}

void examine_limit(Doctor *doctor, const DoctorRule *rule)
{
    const DoctorFacts *facts = doctor->facts;
    int64_t *limits = ARENA_ARRAY(doctor->arena, int64_t, facts->role_count);
    size_t groups = 0;
    int64_t last = COVERED;

    for (size_t i = 0; i < facts->role_count; i++)
        limits[i] = proposal(doctor, rule, &facts->roles[i]);
    for (;;) {
        int64_t next = last;

        for (size_t i = 0; i < facts->role_count; i++)
            if (limits[i] > last && (next == last || limits[i] < next))
                next = limits[i];
        if (next == last)
            break;
        add_group(doctor, rule, limits, next);
        groups++;
        last = next;
    }
    if (groups == 0)
        (void) doctor_add(doctor, rule, DOCTOR_OK);
}
