/* SPDX-License-Identifier: PostgreSQL */
/* Status: one screen of what is wrong on a server. */
#include "ui/status.h"

#include <assert.h>
#include <string.h>

#include "base/shell.h"
#include "base/text.h"
#include "core/pooled.h"
#include "ui/describe.h"
#include "ui/flow.h"

#define INDENT 3
#define INDENT_COMMAND 8       /* behind "fix: " and "or:  " */
#define INDENT_COMMAND_MORE 12 /* where a command goes on */
#define ROWS_LEAST 1           /* of what is found is always shown */

/* What is printed, and in which memory. */
typedef struct Printing {
    const StatusPage *page;
    const Look *look;
    Arena *arena;
    StrBuf buf;
} Printing;

static const char *quoted(Arena *arena, const char *word)
{
    StrBuf buf;
    const char *text;

    strbuf_init(&buf);
    shell_quote(&buf, word);
    text = arena_strdup(arena, buf.text);
    strbuf_done(&buf);
    return text;
}

/* Options have to stand before a "--". */
const char **status_command(const StatusPage *page, const Fix *fix, Arena *arena, size_t *ret_count)
{
    const char **words =
        ARENA_ARRAY(arena, const char *, fix->word_count + page->connection_count + 1);
    size_t count = 0;
    bool connected = false;

    if (!fix->words)
        return NULL;
    words[count++] = "pgquell";
    for (size_t i = 0; i <= fix->word_count; i++) {
        bool ends = i == fix->word_count || strcmp(fix->words[i], "--") == 0;

        for (size_t j = 0; ends && !connected && j < page->connection_count; j++)
            words[count++] = quoted(arena, page->connection[j]);
        connected = connected || ends;
        if (i < fix->word_count)
            words[count++] = quoted(arena, fix->words[i]);
    }
    *ret_count = count;
    return words;
}

static const char *age(const Printing *printing, int64_t since_us)
{
    char buffer[DURATION_TEXT_MAX];

    return arena_strdup(printing->arena,
                        duration_format(printing->page->now_us - since_us, buffer));
}

static void add_head(Printing *printing)
{
    const StatusPage *page = printing->page;
    Arena *arena = printing->arena;
    const Connections *connections = &page->triage->connections;
    int version = page->world->server_version;
    Flow flow = flow_begin(printing->look, &printing->buf, 0, INDENT);

    flow_piece(&flow, look_text(printing->look, arena, page->cluster), STYLE_HEADING);
    flow_piece(&flow, arena_printf(arena, "PostgreSQL %d.%d", version / 10000, version % 10000),
               STYLE_PLAIN);
    flow_piece(&flow, page->world->standby ? "standby" : "primary", STYLE_PLAIN);
    if (page->world->postmaster_start != TIME_UNKNOWN)
        flow_piece(&flow,
                   arena_printf(arena, "up %s", age(printing, page->world->postmaster_start)),
                   STYLE_PLAIN);
    flow_piece(&flow,
               arena_printf(arena, "%d of %d connections", connections->used,
                            page->server->connections_max),
               STYLE_PLAIN);
    if (page->triage->oldest_us == TIME_UNKNOWN)
        flow_piece(&flow, "no transaction", STYLE_PLAIN);
    else
        flow_piece(
            &flow,
            arena_printf(arena, "oldest transaction %s", age(printing, page->triage->oldest_us)),
            STYLE_PLAIN);
    flow_end(&flow);
}

/* Words at an indentation, wrapped. */
static void add_words(Printing *printing, size_t indent, const char *text, Style style)
{
    Flow flow;

    if (!text || !*text)
        return;
    flow = flow_begin(printing->look, &printing->buf, indent, indent);
    flow_words(&flow, look_text(printing->look, printing->arena, text), style);
    flow_end(&flow);
}

static void add_query(Printing *printing, const Session *session)
{
    static const char label[] = "query: ";
    const Look *look = printing->look;
    size_t before = INDENT + strlen(label);
    const char *query = look_query(look, printing->arena, session ? session->query : NULL);
    size_t width = look->columns > 0 ? (size_t) look->columns : SIZE_MAX;

    if (!*query || width <= before)
        return;
    strbuf_pad(&printing->buf, ' ', INDENT);
    strbuf_add(&printing->buf, label);
    strbuf_add(&printing->buf, look_on(look, STYLE_DIM));
    look_fit(look, &printing->buf, query, width - before, false);
    strbuf_add(&printing->buf, look_off(look, STYLE_DIM));
    strbuf_add_char(&printing->buf, '\n');
}

/* The real one, behind a PgBouncer. */
static void add_client(Printing *printing, const Session *session)
{
    const Pooled *pooled = session ? session->pooled : NULL;

    if (pooled && pooled->linked)
        add_words(printing, INDENT,
                  arena_printf(printing->arena, "client: %s, through PgBouncer %s",
                               pooled_client(pooled, printing->arena),
                               text_cleaned(printing->arena, pooled->pooler)),
                  STYLE_PLAIN);
}

/* What begins a fix: its label, the rest of the line is the caller's. */
static void add_label(Printing *printing, bool first)
{
    strbuf_pad(&printing->buf, ' ', INDENT);
    strbuf_add(&printing->buf, look_on(printing->look, STYLE_GOOD));
    strbuf_add(&printing->buf, first ? "fix: " : "or:  ");
    strbuf_add(&printing->buf, look_off(printing->look, STYLE_GOOD));
}

/* Columns of what must not be parted: a word, or an option with its value. */
static size_t unit_width(const Printing *printing, const char *const *words, size_t left)
{
    size_t width = text_width(look_text(printing->look, printing->arena, words[0]));

    if (words[0][0] != '-' || left < 2 || words[1][0] == '-')
        return width;
    return width + 1 + text_width(look_text(printing->look, printing->arena, words[1]));
}

/* Breaks between words, behind a backslash; a word is never broken. */
static void add_command(Printing *printing, const char *const *words, size_t count)
{
    StrBuf *buf = &printing->buf;
    size_t columns = printing->look->columns > 0 ? (size_t) printing->look->columns : SIZE_MAX;
    size_t used = INDENT_COMMAND;

    strbuf_add(buf, look_on(printing->look, STYLE_HEADING));
    for (size_t i = 0; i < count; i++) {
        const char *word = look_text(printing->look, printing->arena, words[i]);
        size_t width = unit_width(printing, &words[i], count - i);
        bool parted = i > 0 && !(words[i - 1][0] == '-' && words[i][0] != '-');

        /* two more for the backslash of the next break */
        if (parted && used + 1 + width + 2 > columns) {
            strbuf_add(buf, " \\\n");
            strbuf_pad(buf, ' ', INDENT_COMMAND_MORE);
            used = INDENT_COMMAND_MORE;
        } else if (i > 0) {
            strbuf_add_char(buf, ' ');
            used++;
        }
        strbuf_add(buf, word);
        used += text_width(word);
    }
    strbuf_add(buf, look_off(printing->look, STYLE_HEADING));
    strbuf_add_char(buf, '\n');
}

/* The sentence right behind the label, where there is nothing to be typed. */
static void add_behind_label(Printing *printing, const char *text, Style style)
{
    Flow flow;
    StrBuf line;

    strbuf_init(&line);
    flow = flow_begin(printing->look, &line, INDENT_COMMAND, INDENT_COMMAND);
    flow_words(&flow, look_text(printing->look, printing->arena, text), style);
    flow_end(&flow);
    strbuf_add(&printing->buf, line.text + strspn(line.text, " "));
    strbuf_done(&line);
}

static void add_fix(Printing *printing, const Fix *fix, bool first)
{
    size_t count = 0;
    const char **words = status_command(printing->page, fix, printing->arena, &count);

    if (!words && !fix->sql && fix->obstacle) {
        add_label(printing, first);
        add_behind_label(printing, fix->obstacle, STYLE_WARNING);
        return;
    }
    add_label(printing, first);
    if (words)
        add_command(printing, words, count);
    else if (fix->sql)
        add_behind_label(printing, fix->sql, STYLE_HEADING);
    else
        add_behind_label(printing, fix->effect, STYLE_PLAIN);
    if (words || fix->sql)
        add_words(printing, INDENT_COMMAND, fix->effect, STYLE_PLAIN);
    if (fix->obstacle)
        add_words(printing, INDENT_COMMAND, arena_printf(printing->arena, "but %s", fix->obstacle),
                  STYLE_WARNING);
}

static void add_finding(Printing *printing, const Finding *finding, size_t number)
{
    Style style = finding->severity == SEVERITY_CRITICAL ? STYLE_ERROR : STYLE_WARNING;
    Flow flow = flow_begin(printing->look, &printing->buf, 0, INDENT);

    flow_words(&flow, arena_printf(printing->arena, "%zu.", number), style);
    flow_words(&flow, look_text(printing->look, printing->arena, finding->what), style);
    flow_end(&flow);
    add_words(printing, INDENT, finding->why, STYLE_PLAIN);
    add_client(printing, finding->session);
    add_query(printing, finding->session);
    for (size_t i = 0; i < finding->fix_count; i++)
        add_fix(printing, &finding->fixes[i], i == 0);
}

static size_t count_lines(const char *text)
{
    size_t lines = 0;

    for (; *text; text++)
        lines += *text == '\n';
    return lines;
}

/* As many findings as fit below what is there already, the first in any case. */
static void add_findings(Printing *printing, size_t rows)
{
    const Triage *triage = printing->page->triage;
    size_t shown = 0;

    for (; shown < triage->count; shown++) {
        size_t before = printing->buf.length;
        size_t left = triage->count - shown - 1;

        strbuf_add_char(&printing->buf, '\n');
        add_finding(printing, &triage->findings[shown], shown + 1);
        if (rows == 0 || shown < ROWS_LEAST || count_lines(printing->buf.text) + (left > 0) <= rows)
            continue;
        printing->buf.length = before;
        printing->buf.text[before] = '\0';
        break;
    }
    if (shown < triage->count)
        add_words(
            printing, 0,
            arena_printf(printing->arena, "and %zu more: --json shows all", triage->count - shown),
            STYLE_DIM);
}

static void add_verdict(Printing *printing)
{
    const Triage *triage = printing->page->triage;

    if (triage->count > 0)
        add_words(printing, 0,
                  arena_printf(printing->arena, "%zu finding%s, worst first", triage->count,
                               triage->count == 1 ? "" : "s"),
                  STYLE_HEADING);
    else
        add_words(printing, 0,
                  triage->hidden > 0 ? "nothing is wrong in what can be seen" : "nothing is wrong",
                  STYLE_GOOD);
}

void status_print(FILE *out, const StatusPage *page, const Look *look)
{
    Arena arena;
    Printing printing = {.page = page, .look = look, .arena = &arena};

    assert(page->cluster);
    arena_init(&arena);
    strbuf_init(&printing.buf);
    add_head(&printing);
    add_verdict(&printing);
    for (size_t i = 0; i < page->triage->note_count; i++)
        add_words(&printing, 0, arena_printf(&arena, "note: %s", page->triage->notes[i]),
                  STYLE_DIM);
    add_findings(&printing, look->rows > 1 ? (size_t) look->rows - 1 : 0);
    look_write(out, &printing.buf);
    strbuf_done(&printing.buf);
    arena_done(&arena);
}
