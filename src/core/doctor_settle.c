/* SPDX-License-Identifier: PostgreSQL */
/* Doctor: the instance's settings, found out from what our own session shows. */
#include "core/doctor_settle.h"

#include <string.h>
#include <strings.h>

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
