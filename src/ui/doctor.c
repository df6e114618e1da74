/* SPDX-License-Identifier: PostgreSQL */
/* Doctor: what it found, as a page. */
#include "ui/doctor.h"

#include <string.h>

#include "ui/describe.h"
#include "ui/flow.h"

#define INDENT 4
#define INDENT_MORE 8
#define ROLES_SHOWN 12
#define EVIDENCE_SHOWN 5
#define STATEMENTS_SHOWN 5

typedef struct Page {
    const DoctorFacts *facts;
    const DoctorChecks *checks;
    const Look *look;
    Arena arena;
    StrBuf buf;
} Page;

static const char *shown(Page *page, const char *text)
{
    return look_text(page->look, &page->arena, text);
}

static size_t count_of(const DoctorChecks *checks, DoctorStatus status)
{
    size_t count = 0;

    for (size_t i = 0; i < checks->count; i++)
        if (checks->items[i].status == status)
            count++;
    return count;
}

static void add_line(Page *page, const char *text, Style style)
{
    Flow flow = flow_begin(page->look, &page->buf, INDENT, INDENT);

    flow_words(&flow, shown(page, text), style);
    flow_end(&flow);
}

/* What is to be run; where it goes on is indented, so that each begins visibly. */
static void add_command(Page *page, const char *text)
{
    Flow flow = flow_begin(page->look, &page->buf, INDENT, INDENT_MORE);

    flow_words(&flow, shown(page, text), STYLE_GOOD);
    flow_end(&flow);
}

/* A value whose blanks matter stands in quotes. */
static void add_value(Page *page, Flow *flow, const char *label, const char *value)
{
    size_t length = value ? strlen(value) : 0;
    const char *quote =
        value && (length == 0 || value[0] == ' ' || value[length - 1] == ' ') ? "\"" : "";

    if (value)
        flow_piece(flow,
                   shown(page, arena_printf(&page->arena, "%s %s%s%s", label, quote, value, quote)),
                   STYLE_PLAIN);
}

/* `advice  log_lock_waits  is off  proposed on` */
static void add_head(Page *page, const DoctorCheck *check)
{
    Style style = check->status == DOCTOR_WARNING ? STYLE_ERROR : STYLE_WARNING;
    Flow flow = flow_begin(page->look, &page->buf, 0, INDENT);

    flow_piece(&flow, doctor_status_name(check->status), style);
    flow_piece(&flow, check->check, STYLE_HEADING);
    add_value(page, &flow, "is", check->value);
    add_value(page, &flow, "proposed", check->proposed);
    flow_end(&flow);
}

static const char *and_more(Page *page, size_t count, size_t most)
{
    return count > most ? arena_printf(&page->arena, " and %zu more", count - most) : "";
}

static void add_roles(Page *page, const DoctorCheck *check)
{
    StrBuf names;

    if (check->role_count == 0)
        return;
    strbuf_init(&names);
    for (size_t i = 0; i < check->role_count && i < ROLES_SHOWN; i++)
        strbuf_printf(&names, "%s%s", i ? ", " : "", check->roles[i]);
    strbuf_add(&names, and_more(page, check->role_count, ROLES_SHOWN));
    add_line(page,
             arena_printf(&page->arena, "%s %s",
                          check->role_count == 1 ? "role:" : "roles:", names.text),
             STYLE_PLAIN);
    strbuf_done(&names);
}

/* `seen: pid 4711 of role etl for 2h05m` */
static void add_evidence(Page *page, const DoctorCheck *check)
{
    for (size_t i = 0; i < check->evidence_count && i < EVIDENCE_SHOWN; i++) {
        const DoctorEvidence *evidence = &check->evidence[i];
        const char *age = evidence->age_us == TIME_UNKNOWN
                              ? ""
                              : arena_printf(&page->arena, " for %s",
                                             describe_duration(evidence->age_us, &page->arena));
        const char *more =
            i + 1 == EVIDENCE_SHOWN ? and_more(page, check->evidence_count, EVIDENCE_SHOWN) : "";

        add_line(page,
                 arena_printf(&page->arena, "seen: pid %d of role %s%s%s", evidence->session->pid,
                              evidence->session->role ? evidence->session->role : "unknown", age,
                              more),
                 STYLE_PLAIN);
    }
}

static void add_statements(Page *page, const DoctorCheck *check)
{
    for (size_t i = 0; i < check->statement_count && i < STATEMENTS_SHOWN; i++) {
        const DoctorStatement *statement = &check->statements[i];
        bool here = doctor_runs_here(page->facts, statement);

        if (!here && i == 0)
            add_line(page, statement->reach == REACH_SERVER ? "As a superuser:" : "On the primary:",
                     STYLE_PLAIN);
        add_command(page, statement->sql);
    }
    if (check->statement_count > STATEMENTS_SHOWN)
        add_line(page,
                 arena_printf(&page->arena, "... and %zu more: pgquell doctor --sql",
                              check->statement_count - STATEMENTS_SHOWN),
                 STYLE_DIM);
    if (check->restart && check->statement_count > 0)
        add_line(page, "It takes effect when the server is restarted.", STYLE_PLAIN);
}

static void add_check(Page *page, const DoctorCheck *check)
{
    add_head(page, check);
    add_line(page, check->why, STYLE_PLAIN);
    add_roles(page, check);
    add_evidence(page, check);
    if (check->remedy)
        add_line(page, check->remedy, STYLE_PLAIN);
    add_statements(page, check);
    if (check->shell)
        add_command(page, check->shell);
}

static void add_all(Page *page, DoctorStatus status)
{
    for (size_t i = 0; i < page->checks->count; i++)
        if (page->checks->items[i].status == status)
            add_check(page, &page->checks->items[i]);
}

/* `note  superusers: ...`, with what it is about. */
static void add_note(Page *page, const DoctorCheck *check)
{
    Flow flow = flow_begin(page->look, &page->buf, 0, INDENT);

    flow_piece(&flow, "note", STYLE_DIM);
    flow_piece(&flow, check->check, STYLE_HEADING);
    flow_end(&flow);
    add_line(page, check->why, STYLE_PLAIN);
    add_roles(page, check);
    add_evidence(page, check);
    if (check->remedy)
        add_line(page, check->remedy, STYLE_PLAIN);
}

/* The ones that are fine, each once, in one flow. */
static void add_fine(Page *page)
{
    Flow flow = flow_begin(page->look, &page->buf, 0, INDENT);
    const char *before = "";

    flow_piece(&flow, "fine", STYLE_GOOD);
    for (size_t i = 0; i < page->checks->count; i++) {
        const DoctorCheck *check = &page->checks->items[i];

        if (check->status != DOCTOR_OK || check->noted)
            continue;
        if (before[0])
            flow_words(&flow, arena_printf(&page->arena, "%s,", before), STYLE_PLAIN);
        before = check->check;
    }
    flow_words(&flow, before, STYLE_PLAIN);
    flow_end(&flow);
}

static void add_summary(Page *page)
{
    size_t warnings = count_of(page->checks, DOCTOR_WARNING);
    size_t advice = count_of(page->checks, DOCTOR_ADVICE);
    Flow flow = flow_begin(page->look, &page->buf, 0, 0);

    if (warnings + advice == 0)
        flow_words(&flow, "nothing is missing", STYLE_GOOD);
    else
        flow_words(&flow,
                   arena_printf(&page->arena,
                                "%zu warning%s, %zu %s of advice; \"pgquell doctor --sql\" prints "
                                "the SQL as a script for psql",
                                warnings, warnings == 1 ? "" : "s", advice,
                                advice == 1 ? "piece" : "pieces"),
                   STYLE_PLAIN);
    flow_end(&flow);
}

void doctor_print(FILE *out, const DoctorFacts *facts, const DoctorChecks *checks, bool brief,
                  const Look *look)
{
    Page page = {.facts = facts, .checks = checks, .look = look};

    arena_init(&page.arena);
    strbuf_init(&page.buf);
    add_all(&page, DOCTOR_WARNING);
    add_all(&page, DOCTOR_ADVICE);
    if (!brief) {
        for (size_t i = 0; i < checks->count; i++)
            if (checks->items[i].noted && checks->items[i].status == DOCTOR_OK)
                add_note(&page, &checks->items[i]);
        add_fine(&page);
        add_summary(&page);
    }
    look_write(out, &page.buf);
    strbuf_done(&page.buf);
    arena_done(&page.arena);
}
