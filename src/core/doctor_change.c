/* SPDX-License-Identifier: PostgreSQL */
/* Doctor: the changes that it proposes, as SQL or, where a provider runs the server, in words. */
#include <assert.h>
#include <string.h>

#include "core/doctor_internal.h"

static const DoctorProvider providers[] = {
    {"rds_superuser", "Amazon RDS or Aurora", "the DB parameter group"},
    {"alloydbsuperuser", "AlloyDB", "the database flags"},
    {"cloudsqlsuperuser", "Cloud SQL", "the database flags"},
    {"azure_pg_admin", "Azure Database for PostgreSQL", "the server parameters"},
    {"neon_superuser", "Neon", "the project's settings"},
    {"doadmin", "DigitalOcean", "the cluster's configuration"},
    {"avnadmin", "Aiven", "the service's advanced configuration"},
    {"supabase_admin", "Supabase", "the project's database configuration"},
};

#define PROVIDER_COUNT (sizeof(providers) / sizeof(providers[0]))

const char *doctor_manager(size_t index)
{
    return index < PROVIDER_COUNT ? providers[index].role : NULL;
}

const DoctorProvider *doctor_provider(const DoctorFacts *facts)
{
    if (facts->world->superuser)
        return NULL;
    for (size_t i = 0; i < PROVIDER_COUNT; i++)
        if (doctor_grant(facts, providers[i].role))
            return &providers[i];
    return NULL;
}

/* What ALTER SYSTEM writes is overruled by the command line and the environment. */
static bool is_in_files(const DoctorSetting *setting)
{
    return strcmp(setting->source, "command line") != 0 &&
           strcmp(setting->source, "environment variable") != 0;
}

void doctor_change_server(Doctor *doctor, DoctorCheck *check, const DoctorSetting *setting,
                          const char *value)
{
    const DoctorProvider *provider = doctor_provider(doctor->facts);
    Arena *arena = doctor->arena;
    const char *literal = doctor_literal(arena, value);

    assert(literal);
    if (setting->pending_restart)
        doctor_add_remedy(doctor, check,
                          arena_printf(arena,
                                       "%s is changed in the files already and waits for a "
                                       "restart.",
                                       setting->name));
    else if (provider)
        doctor_add_remedy(doctor, check,
                          arena_printf(arena, "On %s set %s = %s in %s.", provider->name,
                                       setting->name, literal, provider->place));
    else if (!is_in_files(setting))
        doctor_add_remedy(doctor, check,
                          arena_printf(arena,
                                       "%s comes from the server's %s, which ALTER SYSTEM "
                                       "does not change: set it to %s there.",
                                       setting->name, setting->source, literal));
    else
        doctor_add_statement(
            doctor, check, REACH_SERVER,
            arena_printf(arena, "ALTER SYSTEM SET %s = %s;", setting->name, literal));
}

static const char *role_ident(Doctor *doctor, uint32_t oid)
{
    const DoctorRole *role = doctor_role(doctor->facts, oid);

    return role ? doctor_ident(doctor->arena, role->name, role->bare, doctor->facts->utf8) : NULL;
}

static const char *database_ident(Doctor *doctor, uint32_t oid)
{
    const DoctorDatabase *database = doctor_database(doctor->facts, oid);

    return database
               ? doctor_ident(doctor->arena, database->name, database->bare, doctor->facts->utf8)
               : NULL;
}

bool doctor_change_override(Doctor *doctor, DoctorCheck *check, uint32_t database, uint32_t role,
                            const char *change)
{
    const char *role_name = role ? role_ident(doctor, role) : "ALL";
    const char *database_name = database ? database_ident(doctor, database) : "";
    const char *sql;

    if (!role_name || !database_name)
        return false;
    if (!role && database)
        sql = arena_printf(doctor->arena, "ALTER DATABASE %s %s;", database_name, change);
    else
        sql = arena_printf(doctor->arena, "ALTER ROLE %s%s%s %s;", role_name,
                           database ? " IN DATABASE " : "", database_name, change);
    doctor_add_statement(doctor, check, REACH_CLUSTER, sql);
    return true;
}
