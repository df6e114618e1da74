/* SPDX-License-Identifier: PostgreSQL */
/* Doctor: whether we get in, what our role sees and may signal, and whether that can be recorded.
 */
#include <string.h>

#include "core/doctor_internal.h"

#define GRANTERS_NAMED 3  /* of those who can grant */
#define ORDINARY_LEAST 10 /* slots that a reservation leaves at least */
#define VERSION_WALSENDER_SLOTS 120000
#define VERSION_GRANT_INHERITS 160000

const char *const doctor_grants[] = {
    "pg_read_all_stats",
    "pg_signal_backend",
    "pg_signal_autovacuum_worker",
    "pg_use_reserved_connections",
};
const size_t doctor_grant_count = sizeof(doctor_grants) / sizeof(doctor_grants[0]);

static int64_t setting_count(const DoctorFacts *facts, const char *name)
{
    const DoctorSetting *setting = doctor_setting(facts, name);
    int64_t count = setting ? doctor_count(setting->value) : 0;

    return count > 0 ? count : 0;
}

/* Slots that are not reserved. Source: manual, "Connection Settings". */
static int64_t ordinary_slots(const DoctorFacts *facts)
{
    return setting_count(facts, "max_connections") -
           setting_count(facts, "superuser_reserved_connections") -
           setting_count(facts, "reserved_connections");
}

/* Who may use slots reserved for superusers needs no others. */
static bool is_reserved_for_us(const DoctorFacts *facts, const DoctorSetting *setting)
{
    return strcmp(setting->name, "reserved_connections") != 0 || !facts->world->superuser;
}

void examine_reserved(Doctor *doctor, const DoctorRule *rule)
{
    const DoctorFacts *facts = doctor->facts;
    const DoctorSetting *setting = doctor_setting(facts, rule->setting);
    DoctorCheck *check = doctor_add(doctor, rule, DOCTOR_OK);

    if (!setting || !setting->value) {
        doctor_note(check, "This server does not tell how many slots it reserves.");
        return;
    }
    check->value = setting->value;
    if (doctor_count(setting->value) != 0 || !is_reserved_for_us(facts, setting))
        return;
    check->status = rule->status;
    check->proposed = rule->proposed;
    check->restart = true;
    if (ordinary_slots(facts) < ORDINARY_LEAST + doctor_count(rule->proposed))
        doctor_add_remedy(doctor, check,
                          "max_connections is too small to take slots away: raise it first.");
    else
        doctor_change_server(doctor, check, setting, rule->proposed);
}

/* Walsenders have slots of their own from 12 on. Source: release notes of 12. */
static bool takes_slot(const World *world, const Session *session)
{
    if (!session->backend_type) /* hidden; what has a role is a client's or a walsender */
        return session->role_oid != 0;
    if (world->server_version < VERSION_WALSENDER_SLOTS &&
        strcmp(session->backend_type, "walsender") == 0)
        return true;
    return session_is_client(session);
}

static int64_t slots_taken(const DoctorFacts *facts)
{
    int64_t taken = 0;

    for (size_t i = 0; i < facts->session_count; i++)
        if (takes_slot(facts->world, &facts->sessions[i]))
            taken++;
    return taken;
}

void examine_slots(Doctor *doctor, const DoctorRule *rule)
{
    const DoctorFacts *facts = doctor->facts;
    DoctorCheck *check = doctor_add(doctor, rule, DOCTOR_OK);
    int64_t most = setting_count(facts, "max_connections");
    int64_t taken = slots_taken(facts);

    check->value =
        arena_printf(doctor->arena, "%lld of %lld taken", (long long) taken, (long long) most);
    if (most == 0 || taken < ordinary_slots(facts))
        return;
    check->status = rule->status;
    check->shell = "pgquell ps --state idle --sort state";
    doctor_add_remedy(doctor, check,
                      arena_printf(doctor->arena,
                                   "%lld slots are left, for roles that may use reserved ones. See "
                                   "who could leave.",
                                   (long long) (most - taken)));
}

void examine_connection_limit(Doctor *doctor, const DoctorRule *rule)
{
    const DoctorFacts *facts = doctor->facts;
    const DoctorRole *own = doctor_role(facts, facts->world->session_role_oid);
    DoctorCheck *check = doctor_add(doctor, rule, DOCTOR_OK);
    int count = 0;

    if (!own || own->connection_limit < 0 || own->superuser)
        return;
    for (size_t i = 0; i < facts->session_count; i++)
        if (facts->sessions[i].role_oid == own->oid)
            count++;
    check->value = arena_printf(doctor->arena, "%d of %d sessions", count, own->connection_limit);
    if (count < own->connection_limit)
        return;
    check->status = rule->status;
    doctor_add_role(doctor, check, own->name);
    (void) doctor_change_override(doctor, check, 0, own->oid, "CONNECTION LIMIT -1");
}

/* Whoever may grant it, in words. */
static const char *granters(Doctor *doctor)
{
    const DoctorFacts *facts = doctor->facts;
    const DoctorProvider *provider = doctor_provider(facts);
    const char *names = "";
    int count = 0;

    for (size_t i = 0; i < facts->role_count && count <= GRANTERS_NAMED; i++) {
        const DoctorRole *role = &facts->roles[i];

        if (!role->login || !(provider ? role->administers : role->superuser))
            continue;
        names = count == GRANTERS_NAMED
                    ? arena_printf(doctor->arena, "%s, ...", names)
                    : arena_printf(doctor->arena, "%s%s%s", names, count ? ", " : "", role->name);
        count++;
    }
    return arena_printf(doctor->arena, "%s%s%s%s%s can grant it.",
                        provider ? "A member of " : "A superuser", provider ? provider->role : "",
                        count ? " (" : "", names, count ? ")" : "");
}

/* A member that does not inherit has the role's privileges only after SET ROLE. From 16 on it is
 * the grant that says so, before it is our role. Source: manual, "GRANT", 15 and 16. */
static void add_grant(Doctor *doctor, DoctorCheck *check, const DoctorGrant *grant,
                      const DoctorRole *own)
{
    const DoctorFacts *facts = doctor->facts;
    bool by_grant = facts->world->server_version >= VERSION_GRANT_INHERITS;
    const char *name = doctor_ident(doctor->arena, own->name, own->bare, facts->utf8);

    if (!name)
        return;
    doctor_add_statement(
        doctor, check, REACH_CLUSTER,
        arena_printf(doctor->arena, "GRANT %s TO %s%s;", grant->name, name,
                     by_grant && (grant->member || !own->inherits) ? " WITH INHERIT TRUE" : ""));
    if (!by_grant && !own->inherits)
        (void) doctor_change_override(doctor, check, 0, own->oid, "INHERIT");
}

void examine_grant(Doctor *doctor, const DoctorRule *rule)
{
    const DoctorFacts *facts = doctor->facts;
    const DoctorGrant *grant = doctor_grant(facts, rule->setting);
    const DoctorRole *own = doctor_own_role(facts);
    DoctorCheck *check = doctor_add(doctor, rule, DOCTOR_OK);

    check->setting = NULL;
    if (facts->world->superuser || !own)
        return;
    if (!grant) {
        doctor_note(check, "This server has no such role.");
        return;
    }
    if (grant->usage)
        return;
    check->status = rule->status;
    doctor_add_role(doctor, check, own->name);
    add_grant(doctor, check, grant, own);
    doctor_add_remedy(doctor, check, granters(doctor));
}

void examine_superusers(Doctor *doctor, const DoctorRule *rule)
{
    const DoctorFacts *facts = doctor->facts;
    DoctorCheck *check = doctor_add(doctor, rule, DOCTOR_OK);

    for (size_t i = 0; i < facts->session_count; i++) {
        const Session *session = &facts->sessions[i];

        if (session->role_superuser && !session->role_signalable)
            doctor_add_evidence(doctor, check, session, TIME_UNKNOWN);
    }
    if (check->evidence_count > 0)
        doctor_note(check, rule->why);
}

void examine_store(Doctor *doctor, const DoctorRule *rule)
{
    const DoctorStore *store = &doctor->facts->store;
    DoctorCheck *check = doctor_add(doctor, rule, DOCTOR_OK);

    check->value = store->path;
    check->shell = store->shell;
    if (store->state == STORE_STATE_FAULTY) {
        check->status = rule->status;
        doctor_add_remedy(
            doctor, check,
            arena_printf(doctor->arena, "The audit store is at fault: %s.", store->fault));
    } else if (store->unread) {
        doctor_note(check, "It is large, so that its chain was not verified here.");
    } else if (!store->shared) {
        doctor_note(check, "It is our own; people who work together share one, which "
                           "/var/lib/pgquell/audit.db is where it exists and they may write it.");
    }
}
