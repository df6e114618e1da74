/* SPDX-License-Identifier: PostgreSQL */
/* Doctor: its SQL as a psql script. */
#include <string.h>

#include "base/text.h"
#include "ui/doctor.h"

/* Whatever is in the text, one line of ASCII comes out of it. */
static void add_comment(StrBuf *buf, Arena *arena, const char *label, const char *text)
{
    strbuf_printf(buf, "-- %s%s\n", label, text_as_ascii(arena, text));
}

static bool needs_standard_strings(const DoctorChecks *checks)
{
    for (size_t i = 0; i < checks->count; i++)
        for (size_t j = 0; j < checks->items[i].statement_count; j++)
            if (strstr(checks->items[i].statements[j].sql, " U&\""))
                return true;
    return false;
}

/* Answers whether the server has to be told to read its files. */
static bool add_statements(StrBuf *buf, const DoctorFacts *facts, const DoctorCheck *check)
{
    bool reload = false;

    for (size_t i = 0; i < check->statement_count; i++) {
        const DoctorStatement *statement = &check->statements[i];

        if (doctor_runs_here(facts, statement)) {
            strbuf_printf(buf, "%s\n", statement->sql);
            reload = reload || statement->reach == REACH_SERVER;
        } else if (statement->reach == REACH_SERVER) {
            strbuf_printf(buf, "-- as a superuser: %s\n", statement->sql);
        } else {
            strbuf_printf(buf, "-- on the primary: %s\n", statement->sql);
        }
    }
    return reload;
}

static bool add_check(StrBuf *buf, Arena *arena, const DoctorFacts *facts, const DoctorCheck *check)
{
    const char *label =
        arena_printf(arena, "%s: %s: ", doctor_status_name(check->status), check->check);
    bool reload;

    add_comment(buf, arena, label, check->why);
    if (check->remedy)
        add_comment(buf, arena, "note: ", check->remedy);
    if (check->shell)
        add_comment(buf, arena, "in a shell: ", check->shell);
    reload = add_statements(buf, facts, check);
    if (check->restart && check->statement_count > 0)
        add_comment(buf, arena, "", "this takes effect when the server is restarted");
    return reload;
}

void doctor_script(StrBuf *buf, const DoctorFacts *facts, const DoctorChecks *checks)
{
    bool reload = false;
    bool any = false;
    Arena arena;

    arena_init(&arena);
    strbuf_add(buf, "-- pgquell doctor: for psql -v ON_ERROR_STOP=1 -f, without -1\n");
    if (needs_standard_strings(checks))
        strbuf_add(buf, "SET standard_conforming_strings = on;\n");
    for (size_t i = 0; i < checks->count; i++) {
        if (checks->items[i].status == DOCTOR_OK)
            continue;
        any = true;
        if (add_check(buf, &arena, facts, &checks->items[i]))
            reload = true;
    }
    if (!any)
        strbuf_add(buf, "-- nothing is missing\n");
    if (reload)
        strbuf_add(buf, "SELECT pg_reload_conf();\n");
    arena_done(&arena);
}
