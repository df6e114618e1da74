/* SPDX-License-Identifier: PostgreSQL */
/* Ask, for the doctor: settings, what overrides them, roles, databases and our privileges. */
#include "pg/ask_doctor.h"

#include <string.h>

#include "pg/link_internal.h"
#include "pg/rows.h"

/* Names of our own, which need no quotes, as the elements of an array. */
static void add_names(StrBuf *buf, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        strbuf_printf(buf, "%s%s", buf->length > 1 ? "," : "", names[i]);
}

static void add_managers(StrBuf *buf)
{
    const char *name;

    for (size_t i = 0; (name = doctor_manager(i)); i++)
        add_names(buf, &name, 1);
}

static const char *param_names(Arena *arena, const char *const *names, size_t count, bool managers)
{
    StrBuf buf;
    const char *text;

    strbuf_init(&buf);
    strbuf_add_char(&buf, '{');
    add_names(&buf, names, count);
    if (managers)
        add_managers(&buf);
    strbuf_add_char(&buf, '}');
    text = arena_strdup(arena, buf.text);
    strbuf_done(&buf);
    return text;
}

static void read_settings(DoctorAnswer *answer, const PGresult *result)
{
    Arena *arena = answer->answer.arena;
    int rows = PQntuples(result);

    answer->settings = ARENA_ARRAY(arena, DoctorSetting, (size_t) rows);
    answer->setting_count = (size_t) rows;
    for (int row = 0; row < rows; row++)
        answer->settings[row] = (DoctorSetting){
            .name = row_text(result, row, 0, arena),
            .value = row_text(result, row, 1, arena),
            .observed = row_text(result, row, 2, arena),
            .unit = row_text(result, row, 3, arena),
            .source = row_text(result, row, 4, arena),
            .fallback = row_text(result, row, 5, arena),
            .pending_restart = row_bool(result, row, 6),
        };
}

/* An entry is "name=value". */
static void read_overrides(DoctorAnswer *answer, const PGresult *result)
{
    Arena *arena = answer->answer.arena;
    int rows = PQntuples(result);

    answer->overrides = ARENA_ARRAY(arena, DoctorOverride, (size_t) rows);
    for (int row = 0; row < rows; row++) {
        char *name = arena_strdup(arena, PQgetvalue(result, row, 2));
        char *value = strchr(name, '=');

        if (!value)
            continue;
        *value++ = '\0';
        answer->overrides[answer->override_count++] = (DoctorOverride){
            .database = row_oid(result, row, 0),
            .role = row_oid(result, row, 1),
            .name = name,
            .value = value,
        };
    }
}

static void read_roles(DoctorAnswer *answer, const PGresult *result)
{
    int rows = PQntuples(result);

    answer->roles = ARENA_ARRAY(answer->answer.arena, DoctorRole, (size_t) rows);
    answer->role_count = (size_t) rows;
    for (int row = 0; row < rows; row++)
        answer->roles[row] = (DoctorRole){
            .oid = row_oid(result, row, 0),
            .name = row_text(result, row, 1, answer->answer.arena),
            .bare = row_bool(result, row, 2),
            .login = row_bool(result, row, 3),
            .superuser = row_bool(result, row, 4),
            .replication = row_bool(result, row, 5),
            .inherits = row_bool(result, row, 6),
            .administers = row_bool(result, row, 7),
            .owns_tables = row_bool(result, row, 8),
            .connection_limit = row_int(result, row, 9),
        };
}

static void read_databases(DoctorAnswer *answer, const PGresult *result)
{
    int rows = PQntuples(result);

    answer->databases = ARENA_ARRAY(answer->answer.arena, DoctorDatabase, (size_t) rows);
    answer->database_count = (size_t) rows;
    for (int row = 0; row < rows; row++) {
        answer->databases[row] = (DoctorDatabase){
            .oid = row_oid(result, row, 0),
            .name = row_text(result, row, 1, answer->answer.arena),
            .bare = row_bool(result, row, 2),
            .usable = row_bool(result, row, 3),
        };
        if (row_bool(result, row, 4))
            answer->own_database = answer->databases[row].oid;
    }
}

static void read_grants(DoctorAnswer *answer, const PGresult *result)
{
    int rows = PQntuples(result);

    answer->grants = ARENA_ARRAY(answer->answer.arena, DoctorGrant, (size_t) rows);
    answer->grant_count = (size_t) rows;
    for (int row = 0; row < rows; row++)
        answer->grants[row] = (DoctorGrant){
            .name = row_text(result, row, 0, answer->answer.arena),
            .usage = row_bool(result, row, 1),
            .member = row_bool(result, row, 2),
        };
}

static bool read_doctor(Answer *base, const PGresult *result, size_t index)
{
    static void (*const readers[])(DoctorAnswer *, const PGresult *) = {
        read_settings, read_overrides, read_roles, read_databases, read_grants,
    };

    readers[index]((DoctorAnswer *) base, result);
    return true;
}

void ask_doctor(Link *link, DoctorAnswer *answer)
{
    Arena *arena = answer->answer.arena;
    const char *settings[] = {param_names(arena, doctor_settings, doctor_setting_count, false)};
    const char *grants[] = {param_names(arena, doctor_grants, doctor_grant_count, true)};
    const char *managers[] = {param_names(arena, NULL, 0, true)};
    Statement statements[] = {
        {.sql = SQL_DOCTOR_SETTINGS, .param_count = 1, .params = settings},
        {.sql = SQL_DOCTOR_OVERRIDES},
        {.sql = SQL_DOCTOR_ROLES, .param_count = 1, .params = managers},
        {.sql = SQL_DOCTOR_DATABASES},
        {.sql = SQL_DOCTOR_GRANTS, .param_count = 1, .params = grants},
    };

    link_ask(link, &answer->answer, read_doctor, statements,
             sizeof(statements) / sizeof(statements[0]));
}

static bool read_files(Answer *base, const PGresult *result, size_t index)
{
    DoctorFilesAnswer *answer = (DoctorFilesAnswer *) base;
    int rows = PQntuples(result);
    DoctorFileLine *lines = ARENA_ARRAY(base->arena, DoctorFileLine, (size_t) rows);

    (void) index;
    for (int row = 0; row < rows; row++) {
        lines[row].name = row_text(result, row, 0, base->arena);
        lines[row].value = row_text(result, row, 1, base->arena);
    }
    answer->files = (DoctorFiles){lines, (size_t) rows};
    return true;
}

void ask_doctor_files(Link *link, DoctorFilesAnswer *answer)
{
    static const Statement statement = {.sql = SQL_DOCTOR_FILES};

    link_ask(link, &answer->answer, read_files, &statement, 1);
}
