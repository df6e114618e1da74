/* SPDX-License-Identifier: PostgreSQL */
/* Doctor: settings of the instance, and what overrides them to their harm. */
#include <string.h>

#include "core/doctor_internal.h"

/* A limit of every role's statements that leaves this much time harms nobody. */
#define EVERYWHERE_LEAST_MS (INT64_C(60) * 60 * 1000)

/* How long it may take to notice that an idle client is gone. */
#define KEEPALIVE_S_MAX 900
/* Linux's own values, which hold where PostgreSQL's settings are 0. Source: tcp(7). */
#define SYSTEM_IDLE_S 7200
#define SYSTEM_INTERVAL_S 75
#define SYSTEM_COUNT 9

#define PREFIX_DEFAULT "%m [%p] %c " /* the server's own, with %c */

static const char untold[] =
    "Its value for the whole instance cannot be seen from here, since our own role, database or "
    "connection has another.";

static bool is_told(const DoctorSetting *setting)
{
    return setting && setting->value;
}

/* Whatever was noted of the instance's value, there is something to find. */
static void find(DoctorCheck *check, const DoctorRule *rule)
{
    check->status = rule->status;
    check->why = rule->why;
    check->noted = false;
}

/* Overrides that are wrong in themselves are taken back. */
static void reset_overrides(Doctor *doctor, DoctorCheck *check, const DoctorRule *rule)
{
    const DoctorFacts *facts = doctor->facts;
    const char *change = arena_printf(doctor->arena, "RESET %s", rule->setting);

    size_t before = check->statement_count;

    for (size_t i = 0; i < facts->override_count; i++) {
        const DoctorOverride *override = &facts->overrides[i];

        if (strcmp(override->name, rule->setting) == 0 && rule->lacks(override->value))
            (void) doctor_change_override(doctor, check, override->database, override->role,
                                          change);
    }
    if (check->statement_count == before)
        return;
    find(check, rule);
    doctor_add_remedy(doctor, check,
                      "It is so for roles or databases that override it; the SQL takes that back.");
}

/* Finds the instance's value wanting, and proposes another. */
static void propose(Doctor *doctor, DoctorCheck *check, const DoctorRule *rule,
                    const char *proposed)
{
    find(check, rule);
    check->proposed = proposed;
    check->restart = rule->restart;
    doctor_change_server(doctor, check, doctor_setting(doctor->facts, rule->setting), proposed);
}

/* A check with the instance's value in it, or the note that it is not told. */
static DoctorCheck *begin(Doctor *doctor, const DoctorRule *rule)
{
    const DoctorSetting *setting = doctor_setting(doctor->facts, rule->setting);
    DoctorCheck *check = doctor_add(doctor, rule, DOCTOR_OK);

    if (is_told(setting))
        check->value = doctor_value_text(doctor->arena, setting->value, setting->unit);
    else
        doctor_note(check, untold);
    return check;
}

void examine_server(Doctor *doctor, const DoctorRule *rule)
{
    const DoctorSetting *setting = doctor_setting(doctor->facts, rule->setting);
    DoctorCheck *check = begin(doctor, rule);

    if (is_told(setting) && rule->lacks(setting->value))
        propose(doctor, check, rule, rule->proposed);
    reset_overrides(doctor, check, rule);
}

bool doctor_is_short(const char *value)
{
    int64_t time_ms = doctor_time_ms(value, "ms");

    return time_ms > 0 && time_ms < EVERYWHERE_LEAST_MS;
}

void examine_everywhere(Doctor *doctor, const DoctorRule *rule)
{
    const DoctorSetting *setting = doctor_setting(doctor->facts, rule->setting);
    const char *global = doctor_override(doctor->facts, rule->setting, 0, 0);
    DoctorCheck *check = begin(doctor, rule);

    if (is_told(setting) && rule->lacks(setting->value))
        propose(doctor, check, rule, "0");
    if (!global || !rule->lacks(global))
        return;
    find(check, rule);
    check->value = global;
    (void) doctor_change_override(doctor, check, 0, 0, "RESET statement_timeout");
}

/* Logs in CSV or JSON have the session's id in a field of its own. */
static bool has_session_ids(const DoctorFacts *facts, const char *prefix)
{
    const DoctorSetting *destination = doctor_setting(facts, "log_destination");

    if (strstr(prefix, "%c"))
        return true;
    return is_told(destination) && !strstr(destination->value, "stderr") &&
           (strstr(destination->value, "csvlog") || strstr(destination->value, "jsonlog"));
}

void examine_prefix(Doctor *doctor, const DoctorRule *rule)
{
    const DoctorSetting *setting = doctor_setting(doctor->facts, rule->setting);
    DoctorCheck *check = begin(doctor, rule);
    const char *proposed;
    size_t length;

    if (!is_told(setting) || has_session_ids(doctor->facts, setting->value))
        return;
    length = strlen(setting->value);
    proposed = arena_printf(doctor->arena, "%s%s%%c ", setting->value,
                            length > 0 && setting->value[length - 1] != ' ' ? " " : "");
    propose(doctor, check, rule,
            doctor_literal(doctor->arena, proposed) ? proposed : PREFIX_DEFAULT);
}

typedef struct Keepalive {
    const char *name;
    int64_t system; /* what holds where it is 0 */
    const char *proposed;
} Keepalive;

static const Keepalive keepalives[] = {
    {"tcp_keepalives_idle", SYSTEM_IDLE_S, "60"},
    {"tcp_keepalives_interval", SYSTEM_INTERVAL_S, "10"},
    {"tcp_keepalives_count", SYSTEM_COUNT, "6"},
};

#define KEEPALIVE_COUNT (sizeof(keepalives) / sizeof(keepalives[0]))

/* What is in force: as it is set; else as our own connection over TCP shows the system's; else
 * Linux's. */
static int64_t keepalive(const DoctorFacts *facts, const Keepalive *row)
{
    const DoctorSetting *setting = doctor_setting(facts, row->name);
    int64_t value;

    if (!is_told(setting))
        return row->system;
    value = doctor_count(setting->value);
    if (value <= 0)
        value = doctor_count(setting->observed);
    return value <= 0 ? row->system : value;
}

void examine_keepalives(Doctor *doctor, const DoctorRule *rule)
{
    const DoctorFacts *facts = doctor->facts;
    const DoctorSetting *listening = doctor_setting(facts, "listen_addresses");
    DoctorCheck *check = doctor_add(doctor, rule, DOCTOR_OK);
    int64_t idle_s = keepalive(facts, &keepalives[0]);
    int64_t interval_s = keepalive(facts, &keepalives[1]);
    int64_t count = keepalive(facts, &keepalives[2]);

    check->value = arena_printf(doctor->arena, "%lld s, then %lld times %lld s", (long long) idle_s,
                                (long long) count, (long long) interval_s);
    if (is_told(listening) && listening->value[0] == '\0')
        return; /* nobody connects over TCP */
    if (idle_s + interval_s * count <= KEEPALIVE_S_MAX)
        return;
    check->status = rule->status;
    check->proposed = "60 s, then 6 times 10 s";
    for (size_t i = 0; i < KEEPALIVE_COUNT; i++) {
        const DoctorSetting *setting = doctor_setting(facts, keepalives[i].name);

        if (setting)
            doctor_change_server(doctor, check, setting, keepalives[i].proposed);
    }
}
