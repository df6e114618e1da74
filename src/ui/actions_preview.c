/* SPDX-License-Identifier: PostgreSQL */
/* Actions, their preview: what will happen to each target, before anything is sent. */
#include "base/shell.h"
#include "base/text.h"
#include "core/advice.h"
#include "core/pooled.h"
#include "ui/actions.h"
#include "ui/describe.h"
#include "ui/flow.h"
#include "ui/labelled.h"
#include "ui/table.h"

#define TIME_AT 11 /* where the time begins in an instant's text */
#define INDENT LABELLED_INDENT

enum {
    AT_PID,
    AT_ROLE,
    AT_DATABASE,
    AT_APPLICATION,
    AT_CLIENT,
    AT_STATE,
    AT_FOR,
    AT_WILL,
    AT_LOCKS,
    AT_WAITERS,
    AT_WHAT,
    AT_COUNT,
};

static const Column columns[AT_COUNT] = {
    [AT_PID] = {.name = "PID", .rank = 0, .right = true},
    [AT_ROLE] = {.name = "ROLE", .rank = 3, .width_min = 6, .width_max = 24},
    [AT_DATABASE] = {.name = "DATABASE", .rank = 8, .width_min = 8, .width_max = 20},
    [AT_APPLICATION] = {.name = "APPLICATION", .rank = 9, .width_min = 11, .width_max = 24},
    [AT_CLIENT] = {.name = "CLIENT", .rank = 10, .width_min = 9, .width_max = 39},
    [AT_STATE] = {.name = "STATE", .rank = 2},
    [AT_FOR] = {.name = "FOR", .rank = 4, .right = true},
    [AT_WILL] = {.name = "WILL", .rank = 1},
    [AT_LOCKS] = {.name = "LOCKS", .rank = 7, .right = true},
    [AT_WAITERS] = {.name = "WAITERS", .rank = 5, .right = true},
    [AT_WHAT] = {.name = "QUERY OR REFUSAL", .rank = 6, .width_min = 16, .width_max = 28},
};

/* A grace as short as it was given: `5 s`, else as durations are for people. */
static const char *grace_text(int64_t grace_us, Arena *arena)
{
    char buffer[DURATION_TEXT_MAX];

    if (grace_us % US_PER_S == 0 && grace_us < 60 * US_PER_S)
        return arena_printf(arena, "%d s", (int) (grace_us / US_PER_S));
    return arena_strdup(arena, duration_format(grace_us, buffer));
}

static bool is_spared(const Target *target)
{
    return target->ladder.count == 0;
}

/* `cancel, then terminate after 5 s`. */
static const char *will_text(const Target *target, Arena *arena)
{
    const Ladder *ladder = &target->ladder;
    const char *text = remedy_name(ladder->remedies[0]);

    for (size_t i = 1; i < ladder->count; i++)
        text = arena_printf(arena, "%s, then %s after %s", text, remedy_name(ladder->remedies[i]),
                            grace_text(target->order.grace_us, arena));
    if (target->order.scope != SCOPE_DEFAULT)
        text = arena_printf(arena, "%s (until the %s is over)", text, scope_name(target->scope));
    return text;
}

static const char *with_age(const Describe *describe, const char *what, int64_t since_us)
{
    if (!*what || since_us == TIME_UNKNOWN)
        return what;
    return arena_printf(describe->arena, "%s for %s", what, describe_age(describe, since_us));
}

/* At the head of the queue that it waits in. */
static const char *behind_text(const Session *session, Arena *arena)
{
    if (session->root_blocker == 0 && session->root_gid)
        return arena_printf(arena, " behind prepared transaction %s",
                            shell_word(arena, session->root_gid));
    if (session->root_blocker == 0)
        return " behind a prepared transaction";
    if (session->root_blocker > 0)
        return arena_printf(arena, " behind pid %d", session->root_blocker);
    return "";
}

/* Who it is and what it does: the header line of a target. */
static void add_identity(StrBuf *buf, const Describe *describe, const Session *session)
{
    Arena *arena = describe->arena;
    const Look *look = describe->look;
    Flow flow = flow_begin(look, buf, 0, INDENT);
    const char *role = describe_role(describe, session);
    const char *database = look_text(look, arena, session->database);
    const char *wait = describe_wait(describe, session);
    char id[SESSION_ID_MAX];

    flow_piece(&flow, session_id(session, id), STYLE_HEADING);
    flow_piece(&flow, arena_printf(arena, "pid %d", session->pid), STYLE_HEADING);
    flow_piece(&flow, arena_printf(arena, "%s%s%s", role, *database ? "@" : "", database),
               STYLE_PLAIN);
    flow_piece(&flow, look_text(look, arena, session->application), STYLE_PLAIN);
    flow_piece(&flow, describe_client(describe, session), STYLE_PLAIN);
    flow_piece(&flow, with_age(describe, describe_state(session), describe_since_us(session)),
               describe_state_style(describe, session));
    if (session->xact_start != TIME_UNKNOWN)
        flow_piece(&flow, with_age(describe, "in a transaction", session->xact_start), STYLE_PLAIN);
    if (*wait)
        flow_piece(&flow, arena_printf(arena, "waits: %s%s", wait, behind_text(session, arena)),
                   STYLE_PLAIN);
    flow_end(&flow);
}

/* Whom it works for; the link may be another's a moment later. */
static void add_client(StrBuf *buf, const Describe *describe, const Session *session)
{
    const Pooled *pooled = session->pooled;
    Arena *arena = describe->arena;
    char at[INSTANT_TEXT_MAX];

    if (!pooled || !pooled->linked)
        return;
    (void) instant_format(describe->now_us, at);
    labelled_add(buf, describe->look, "client:", STYLE_PLAIN,
                 look_text(describe->look, arena,
                           arena_printf(arena, "%s, through PgBouncer %s, at %.8s UTC",
                                        pooled_client(pooled, arena),
                                        text_cleaned(arena, pooled->pooler), at + TIME_AT)));
}

/* The statement, in one line. */
static void add_query(StrBuf *buf, const Describe *describe, const Session *session)
{
    static const char label[] = "query: ";
    const Look *look = describe->look;
    const char *query = look_query(look, describe->arena, session->query);
    size_t width = look->columns > 0 ? (size_t) look->columns : SIZE_MAX;
    size_t before = INDENT + sizeof(label) - 1;

    if (*query == '\0' || width <= before)
        return;
    strbuf_pad(buf, ' ', INDENT);
    strbuf_add(buf, label);
    strbuf_add(buf, look_on(look, STYLE_DIM));
    look_fit(look, buf, query, width - before, false);
    strbuf_add(buf, look_off(look, STYLE_DIM));
    strbuf_add_char(buf, '\n');
}

static void add_target(StrBuf *buf, const Describe *describe, const Target *target)
{
    const Look *look = describe->look;
    const char *reason = look_text(look, describe->arena, target->reason);

    add_identity(buf, describe, &target->before);
    add_client(buf, describe, &target->before);
    add_query(buf, describe, &target->before);
    if (is_spared(target)) {
        labelled_add(buf, look,
                     target->outcome == OUTCOME_DENIED ? "denied:" : "refused:", STYLE_WARNING,
                     reason);
    } else {
        labelled_add(buf, look, "will:", STYLE_HEADING, will_text(target, describe->arena));
        labelled_add(buf, look, "why:", STYLE_PLAIN, reason);
    }
    labelled_consequences(buf, look, &target->foreseen);
    labelled_add(buf, look, "note:", STYLE_PLAIN, look_text(look, describe->arena, target->note));
}

static const char *count_cell(int count, Arena *arena)
{
    return count == COUNT_UNKNOWN ? "" : arena_printf(arena, "%d", count);
}

static const char *short_will(const Target *target, Arena *arena)
{
    if (is_spared(target))
        return target->outcome == OUTCOME_DENIED ? "denied" : "refused";
    if (target->ladder.count == 1)
        return remedy_name(target->ladder.remedies[0]);
    return arena_printf(arena, "%s, %s", remedy_name(target->ladder.remedies[0]),
                        remedy_name(target->ladder.remedies[1]));
}

static void fill_row(Cell *row, const Describe *describe, const Target *target)
{
    Arena *arena = describe->arena;
    const Look *look = describe->look;
    const Session *session = &target->before;
    Style state = describe_state_style(describe, session);
    Style will = is_spared(target) ? STYLE_WARNING : STYLE_HEADING;

    row[AT_PID].text = arena_printf(arena, "%d", session->pid);
    row[AT_ROLE].text = describe_role(describe, session);
    row[AT_DATABASE].text = look_text(look, arena, session->database);
    row[AT_APPLICATION].text = look_text(look, arena, session->application);
    row[AT_CLIENT].text = describe_client(describe, session);
    row[AT_STATE] = (Cell){describe_state(session), state};
    row[AT_FOR] = (Cell){describe_age(describe, describe_since_us(session)), state};
    row[AT_WILL] = (Cell){short_will(target, arena), will};
    row[AT_LOCKS].text = count_cell(session->locks, arena);
    row[AT_WAITERS].text = count_cell(session->waiters, arena);
    if (is_spared(target))
        row[AT_WHAT].text = look_text(look, arena, target->reason);
    else
        row[AT_WHAT] = (Cell){look_query(look, arena, session->query), STYLE_DIM};
}

/* Of a count, `12 sessions that wait are freed`; nothing of none. */
static void add_sum(Flow *flow, Arena *arena, size_t count, const char *one, const char *many)
{
    if (count > 0)
        flow_piece(flow, arena_printf(arena, "%zu %s", count, count == 1 ? one : many),
                   STYLE_PLAIN);
}

/* What all of them together bring, since a table says it of none. */
static void print_sums(FILE *out, const Engine *engine, const Look *look)
{
    size_t written = 0;
    size_t freed = 0;
    size_t temp_tables = 0;
    Arena arena;
    StrBuf buf;
    Flow flow;

    for (size_t i = 0; i < engine_target_count(engine); i++) {
        const Target *target = engine_target(engine, i);

        written += !is_spared(target) && target->before.xid != 0;
        freed += target->foreseen.freed;
        if (target->foreseen.temp_tables > 0)
            temp_tables += (size_t) target->foreseen.temp_tables;
    }
    if (written + freed + temp_tables == 0)
        return;
    arena_init(&arena);
    strbuf_init(&buf);
    flow = flow_begin(look, &buf, 0, INDENT);
    flow_piece(&flow, "together:", STYLE_HEADING);
    add_sum(&flow, &arena, freed, "session that waits is freed", "sessions that wait are freed");
    add_sum(&flow, &arena, written, "has written, which is rolled back",
            "have written, which is rolled back");
    add_sum(&flow, &arena, temp_tables, "temporary table is dropped",
            "temporary tables are dropped");
    flow_end(&flow);
    look_write(out, &buf);
    strbuf_done(&buf);
    arena_done(&arena);
}

static void print_table(FILE *out, const Engine *engine, const Describe *describe)
{
    Table table;

    table_init(&table, describe->arena, columns, AT_COUNT);
    for (size_t i = 0; i < engine_target_count(engine); i++)
        fill_row(table_row(&table), describe, engine_target(engine, i));
    table_print(out, &table, describe->look);
    print_sums(out, engine, describe->look);
}

static void print_each(FILE *out, const Engine *engine, const Describe *describe)
{
    StrBuf buf;

    strbuf_init(&buf);
    for (size_t i = 0; i < engine_target_count(engine); i++)
        add_target(&buf, describe, engine_target(engine, i));
    look_write(out, &buf);
    strbuf_done(&buf);
}

void actions_preview(FILE *out, const Engine *engine, int64_t now_us, const Look *look)
{
    Describe describe = {.look = look, .now_us = now_us};
    Arena arena;

    arena_init(&arena);
    describe.arena = &arena;
    if (engine_target_count(engine) > ACTIONS_PREVIEW_MAX)
        print_table(out, engine, &describe);
    else
        print_each(out, engine, &describe);
    arena_done(&arena);
}
