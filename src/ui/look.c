/* SPDX-License-Identifier: PostgreSQL */
/* Look: what the output device is, and how text gets onto it. */
#include "ui/look.h"

#include <langinfo.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/text.h"

#define LOOK_COLUMNS_DEFAULT 80
/* Bytes of a text that are looked at per column of the device: a character takes up to four, and
 * some take no column. */
#define LOOK_BYTES_PER_COLUMN 16

static const char ellipsis_utf8[] = "\xe2\x80\xa6";
static const char ellipsis_ascii[] = "...";

static int columns_of(int fd)
{
    struct winsize size;
    const char *env = getenv("COLUMNS");
    long columns = 0;

    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    if (env)
        columns = strtol(env, NULL, 10);
    return columns > 0 && columns <= INT_MAX ? (int) columns : LOOK_COLUMNS_DEFAULT;
}

static int rows_of(int fd)
{
    struct winsize size;

    return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_row : 0;
}

static bool wants_color(void)
{
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");

    if (no_color && *no_color) /* no-color.org: set and not empty */
        return false;
    return term && *term && strcmp(term, "dumb") != 0;
}

Look look_of(FILE *out)
{
    Look look = {0};
    int fd = fileno(out);

    look.terminal = fd >= 0 && isatty(fd);
    if (!look.terminal)
        return look;
    look.columns = columns_of(fd);
    look.rows = rows_of(fd);
    look.color = wants_color();
    look.ascii = strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
    return look;
}

const char *look_on(const Look *look, Style style)
{
    static const char *const sequences[] = {
        [STYLE_PLAIN] = "",        [STYLE_ERROR] = "\033[31m", [STYLE_WARNING] = "\033[33m",
        [STYLE_GOOD] = "\033[32m", [STYLE_DIM] = "\033[2m",    [STYLE_HEADING] = "\033[1m",
    };

    return look->color ? sequences[style] : "";
}

const char *look_off(const Look *look, Style style)
{
    return look->color && style != STYLE_PLAIN ? "\033[0m" : "";
}

char *look_text(const Look *look, Arena *arena, const char *text)
{
    if (!text)
        return arena_strdup(arena, "");
    return look->ascii ? text_as_ascii(arena, text) : text_cleaned(arena, text);
}

/* How many bytes of the text can show in one line. */
static size_t bytes_that_show(const Look *look, const char *text)
{
    size_t most = (size_t) look->columns * LOOK_BYTES_PER_COLUMN;

    size_t length = strnlen(text, most + 1);

    if (length <= most)
        return length;
    length = most;
    while (most - length < 3 && ((unsigned char) text[length] & 0xc0) == 0x80)
        length--; /* not within a character */
    return length;
}

char *look_query(const Look *look, Arena *arena, const char *query)
{
    char *folded;
    size_t length;
    size_t used = 0;

    if (!query || look->columns <= 0)
        return look_text(look, arena, query);
    length = bytes_that_show(look, query);
    folded = arena_alloc(arena, length + 1, 1);
    for (size_t i = 0; i < length; i++)
        if (query[i] != ' ' || (used > 0 && folded[used - 1] != ' '))
            folded[used++] = query[i];
    folded = look_text(look, arena, folded);
    if (query[length] == '\0')
        return folded;
    return arena_printf(arena, "%s%s", folded, look->ascii ? ellipsis_ascii : ellipsis_utf8);
}

void look_fit(const Look *look, StrBuf *buf, const char *text, size_t width, bool pad)
{
    size_t length;
    size_t dots;

    if (!look->ascii) {
        text_fit(buf, text, width, pad);
        return;
    }
    length = strlen(text);
    if (length <= width) {
        strbuf_add(buf, text);
        strbuf_pad(buf, ' ', pad ? width - length : 0);
        return;
    }
    dots = width < strlen(ellipsis_ascii) ? width : strlen(ellipsis_ascii);
    strbuf_add_bytes(buf, text, width - dots);
    strbuf_add_bytes(buf, ellipsis_ascii, dots);
}

void look_write(FILE *out, const StrBuf *buf)
{
    (void) fwrite(buf->text, 1, buf->length, out);
}
