/* SPDX-License-Identifier: PostgreSQL */
/* Doctor's facts: looked up. */
#include "core/doctor_facts.h"

#include <string.h>
#include <strings.h>

const DoctorSetting *doctor_setting(const DoctorFacts *facts, const char *name)
{
    for (size_t i = 0; i < facts->setting_count; i++)
        if (strcmp(facts->settings[i].name, name) == 0)
            return &facts->settings[i];
    return NULL;
}

const DoctorRole *doctor_role(const DoctorFacts *facts, uint32_t oid)
{
    for (size_t i = 0; i < facts->role_count; i++)
        if (facts->roles[i].oid == oid)
            return &facts->roles[i];
    return NULL;
}

const DoctorRole *doctor_own_role(const DoctorFacts *facts)
{
    for (size_t i = 0; i < facts->role_count; i++)
        if (strcmp(facts->roles[i].name, facts->world->current_role) == 0)
            return &facts->roles[i];
    return NULL;
}

const DoctorDatabase *doctor_database(const DoctorFacts *facts, uint32_t oid)
{
    for (size_t i = 0; i < facts->database_count; i++)
        if (facts->databases[i].oid == oid)
            return &facts->databases[i];
    return NULL;
}

const DoctorGrant *doctor_grant(const DoctorFacts *facts, const char *name)
{
    for (size_t i = 0; i < facts->grant_count; i++)
        if (strcmp(facts->grants[i].name, name) == 0)
            return &facts->grants[i];
    return NULL;
}

const char *doctor_override(const DoctorFacts *facts, const char *name, uint32_t database,
                            uint32_t role)
{
    for (size_t i = 0; i < facts->override_count; i++) {
        const DoctorOverride *override = &facts->overrides[i];

        if (override->database == database && override->role == role &&
            strcmp(override->name, name) == 0)
            return override->value;
    }
    return NULL;
}

const char *doctor_in_force(const DoctorFacts *facts, const char *name, uint32_t database,
                            uint32_t role)
{
    const struct {
        uint32_t database;
        uint32_t role;
    } order[] = {{database, role}, {0, role}, {database, 0}, {0, 0}};
    const DoctorSetting *setting = doctor_setting(facts, name);

    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        const char *value = doctor_override(facts, name, order[i].database, order[i].role);

        if (value)
            return value;
    }
    return setting ? setting->value : NULL;
}

/* Whether something that holds for our session, and not for all, stands before the instance's
 * value. "session" is what we have set ourselves, and tells nothing. */
static bool is_hidden(const DoctorFacts *facts, const DoctorSetting *setting)
{
    static const char *const open[] = {"default", "environment variable", "configuration file",
                                       "command line", NULL};
    const uint32_t role = facts->world->session_role_oid;

    for (size_t i = 0; open[i]; i++)
        if (strcmp(setting->source, open[i]) == 0)
            return false;
    if (strcmp(setting->source, "session") != 0)
        return true;
    if (facts->own_options && strstr(facts->own_options, setting->name))
        return true;
    return doctor_override(facts, setting->name, facts->own_database, role) ||
           doctor_override(facts, setting->name, 0, role) ||
           doctor_override(facts, setting->name, facts->own_database, 0) ||
           doctor_override(facts, setting->name, 0, 0);
}

/* The last line counts. */
static const char *in_files(const DoctorFiles *files, const char *name)
{
    const char *value = NULL;

    for (size_t i = 0; i < files->count; i++)
        if (strcasecmp(files->lines[i].name, name) == 0)
            value = files->lines[i].value;
    return value;
}

void doctor_settle(const DoctorFacts *facts, const DoctorFiles *files, DoctorSetting *setting)
{
    const char *line = in_files(files, setting->name);

    if (is_hidden(facts, setting)) {
        setting->value = line ? line : setting->fallback;
        if (!files->lines)
            setting->value = NULL;
        setting->source = "configuration file";
    } else if (strcmp(setting->source, "session") == 0) {
        bool elsewhere = files->lines && !line && strcmp(setting->value, setting->fallback) != 0;

        setting->source = elsewhere ? "command line" : "configuration file";
    }
}
