/* SPDX-License-Identifier: PostgreSQL */
/* Doctor's facts: looked up. */
#include "core/doctor_facts.h"

#include <string.h>

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
