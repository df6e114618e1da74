/* SPDX-License-Identifier: PostgreSQL */
/* Watching: a page that is drawn anew at an interval. */
#include "cmd/watching.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define RETRY_FIRST_US US_PER_S
#define RETRY_LAST_US (30 * US_PER_S)
#define SILENCE_US (2 * US_PER_S) /* an answer that takes longer makes the page an old one */

/* What makes a terminal show a page without flicker: over what is there, each line's rest and the
 * screen's rest erased. */
#define HOME "\033[H"
#define ERASE_LINE "\033[K"
#define ERASE_REST "\033[J"

typedef struct Watching {
    Scene *scene;
    WatchingDraw *draw;
    void *context;
    bool over_itself; /* on a terminal */
    bool drawn;       /* there has been a page */
    StrBuf page;      /* the last one */
    int64_t begun_us; /* steady: when the next page was asked for */
    int64_t lost_us;  /* steady; TIME_UNKNOWN: there is contact */
    int64_t retry_us; /* steady: when to try again */
    int64_t pause_us; /* after the next failure */
    Err lost_err;
} Watching;

static FILE *open_page(char **text, size_t *length)
{
    FILE *out = open_memstream(text, length);

    if (!out)
        abort(); /* out of memory, as everywhere */
    return out;
}

/* The page into `buf`. What its drawing needs is gone afterwards, so that watching for days takes
 * no more memory than one page. */
static bool draw_page(Scene *scene, WatchingDraw *draw, void *context, StrBuf *buf, Err *err)
{
    Scene own = *scene;
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_page(&text, &length);
    bool drawn;

    arena_init(&own.arena);
    own.look = look_of(stdout);
    drawn = draw(&own, out, context, err);
    if (fclose(out) != 0)
        abort();
    if (drawn) {
        strbuf_clear(buf);
        strbuf_add_bytes(buf, text, length);
    }
    free(text);
    arena_done(&own.arena);
    return drawn;
}

bool watching_once(Scene *scene, WatchingDraw *draw, void *context, Err *err)
{
    StrBuf buf;
    bool drawn;

    strbuf_init(&buf);
    drawn = draw_page(scene, draw, context, &buf, err);
    look_write(stdout, &buf);
    strbuf_done(&buf);
    return drawn;
}

/* One line at the top of what was seen last. */
static void add_top_line(const Look *look, const char *text, StrBuf *buf)
{
    strbuf_add(buf, look_on(look, STYLE_ERROR));
    look_fit(look, buf, text, look->columns > 0 ? (size_t) look->columns : SIZE_MAX, false);
    strbuf_add(buf, look_off(look, STYLE_ERROR));
    strbuf_add_char(buf, '\n');
}

/* The text over what the terminal shows, as many lines as it has but one. */
static void draw_over(const char *text, const Look *look)
{
    int rows = look->rows > 1 ? look->rows - 1 : 0;
    StrBuf buf;

    strbuf_init(&buf);
    strbuf_add(&buf, HOME);
    for (int row = 0; *text && (rows == 0 || row < rows); row++) {
        size_t length = strcspn(text, "\n");

        strbuf_add_bytes(&buf, text, length);
        strbuf_add(&buf, ERASE_LINE "\n");
        text += length + (text[length] == '\n');
    }
    strbuf_add(&buf, ERASE_REST);
    look_write(stdout, &buf);
    strbuf_done(&buf);
}

static void show_page(Watching *watching)
{
    if (watching->over_itself) {
        Look look = look_of(stdout);

        draw_over(watching->page.text, &look);
        return;
    }
    if (watching->drawn && !watching->scene->settings->json)
        (void) putchar('\n');
    look_write(stdout, &watching->page);
}

/* The last page under a line that says why it is not a new one. */
static void show_old(const Watching *watching, const char *text)
{
    Look look = look_of(stdout);
    StrBuf buf;

    strbuf_init(&buf);
    add_top_line(&look, text, &buf);
    strbuf_add(&buf, watching->page.text);
    draw_over(buf.text, &look);
    strbuf_done(&buf);
}

/* Elsewhere than on a terminal it is said once, apart from the pages. */
static void show_lost(const Watching *watching, bool first)
{
    char since[DURATION_TEXT_MAX];
    StrBuf clean;
    StrBuf line;

    strbuf_init(&clean);
    strbuf_init(&line);
    text_clean(&clean, watching->lost_err.message);
    strbuf_printf(&line, "contact lost for %s: %s",
                  duration_format(clock_steady_us() - watching->lost_us, since), clean.text);
    if (watching->over_itself)
        show_old(watching, line.text);
    else if (first)
        (void) fprintf(stderr, "pgquell: warning: contact lost: %s\n", clean.text);
    strbuf_done(&line);
    strbuf_done(&clean);
}

/* While an answer is waited for: a page must not pass for new that is not. */
static void show_silence(void *context)
{
    const Watching *watching = context;
    int64_t silence_us = clock_steady_us() - watching->begun_us;
    char since[DURATION_TEXT_MAX];
    char line[64];

    if (silence_us < SILENCE_US || watching->lost_us != TIME_UNKNOWN)
        return;
    (void) snprintf(line, sizeof(line), "no answer for %s", duration_format(silence_us, since));
    show_old(watching, line);
}

static void lose(Watching *watching, const Err *err)
{
    bool first = watching->lost_us == TIME_UNKNOWN;
    int64_t now_us = clock_steady_us();

    if (first) {
        watching->lost_us = now_us;
        watching->pause_us = RETRY_FIRST_US;
    }
    watching->lost_err = *err;
    watching->retry_us = now_us + watching->pause_us;
    watching->pause_us *= 2;
    if (watching->pause_us > RETRY_LAST_US)
        watching->pause_us = RETRY_LAST_US;
    show_lost(watching, first);
}

static void find(Watching *watching)
{
    if (watching->lost_us == TIME_UNKNOWN)
        return;
    watching->lost_us = TIME_UNKNOWN;
    if (!watching->over_itself)
        (void) fputs("pgquell: warning: contact again\n", stderr);
}

/* A connection that still stands only had a question fail. */
static bool is_connected(Watching *watching, Err *err)
{
    return link_state(watching->scene->link) == LINK_READY || scene_reconnect(watching->scene, err);
}

static void take_page(Watching *watching, Err *err)
{
    watching->begun_us = clock_steady_us();
    if (watching->lost_us != TIME_UNKNOWN && clock_steady_us() < watching->retry_us) {
        show_lost(watching, false);
        return;
    }
    if (!is_connected(watching, err) ||
        !draw_page(watching->scene, watching->draw, watching->context, &watching->page, err)) {
        if (err->code != ERR_INTERRUPTED)
            lose(watching, err);
        return;
    }
    find(watching);
    show_page(watching);
    watching->drawn = true;
}

/* Until the next page is due; false when the operator has asked to stop. */
static bool await_next(const Watching *watching, int64_t due_us)
{
    Loop *loop = watching->scene->loop;

    while (loop_interrupts(loop) == 0 && clock_steady_us() < due_us)
        loop_turn(loop, due_us);
    return loop_interrupts(loop) == 0;
}

static bool has_reader(void)
{
    return fflush(stdout) == 0 && !ferror(stdout);
}

ErrCode watching_run(Scene *scene, WatchingDraw *draw, void *context, Err *err)
{
    Watching watching = {.scene = scene,
                         .draw = draw,
                         .context = context,
                         .over_itself = scene->look.terminal && !scene->settings->json,
                         .lost_us = TIME_UNKNOWN};
    ErrCode status = ERR_NONE;

    strbuf_init(&watching.page);
    if (watching.over_itself)
        loop_set_tick(scene->loop, show_silence, &watching);
    do {
        int64_t due_us = clock_steady_us() + scene->settings->watch_us;

        take_page(&watching, err);
        if (!has_reader())
            break;
        if (!watching.drawn && watching.lost_us != TIME_UNKNOWN)
            status = err->code;
        else if (!await_next(&watching, due_us))
            status = ERR_INTERRUPTED;
    } while (status == ERR_NONE);
    if (status == ERR_INTERRUPTED || watching.drawn)
        err->message[0] = '\0';
    loop_set_tick(scene->loop, NULL, NULL);
    strbuf_done(&watching.page);
    return status;
}
