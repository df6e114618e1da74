/* SPDX-License-Identifier: PostgreSQL */
/* Doctor's values: settings' values read, and names and values written as SQL takes them. */
#include "core/doctor_values.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

/* The largest first, as they are tried when a time is written. */
static const struct {
    const char *unit;
    double ms;
} units[] = {
    {"d", 86400000}, {"h", 3600000}, {"min", 60000}, {"s", 1000}, {"ms", 1}, {"us", 0.001},
};

#define UNIT_COUNT (sizeof(units) / sizeof(units[0]))
#define UNITS_WRITTEN (UNIT_COUNT - 1) /* microseconds are only read */
#define TIME_MS_MAX 1e15               /* far above what any setting can be */

static double unit_ms(const char *unit, size_t length)
{
    for (size_t i = 0; i < UNIT_COUNT; i++)
        if (strlen(units[i].unit) == length && memcmp(units[i].unit, unit, length) == 0)
            return units[i].ms;
    return 0;
}

int64_t doctor_time_ms(const char *value, const char *unit)
{
    char *end;
    double number;
    double ms;
    size_t length;

    if (!value)
        return VALUE_UNREADABLE;
    number = strtod(value, &end);
    if (end == value)
        return VALUE_UNREADABLE;
    end += strspn(end, " ");
    length = strcspn(end, " ");
    ms = length > 0 ? unit_ms(end, length) : unit_ms(unit, strlen(unit));
    if (ms <= 0 || !(number >= 0 && number * ms < TIME_MS_MAX))
        return VALUE_UNREADABLE;
    return (int64_t) (number * ms + 0.5);
}

int64_t doctor_count(const char *value)
{
    char *end;
    long long count;

    if (!value)
        return VALUE_UNREADABLE;
    count = strtoll(value, &end, 10);
    return end == value || count < 0 ? VALUE_UNREADABLE : count;
}

/* Source: parse_bool_with_len() in the server's bool.c: any beginning of a word that is one only.
 */
bool doctor_is_off(const char *value)
{
    static const char *const words[] = {"false", "no", "off"};
    size_t length = strlen(value);

    if (strcmp(value, "0") == 0)
        return true;
    if (length == 0 || strcasecmp(value, "o") == 0)
        return false;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strncasecmp(words[i], value, length) == 0)
            return true;
    return false;
}

/* For a server's log, LOG ranks between ERROR and FATAL. Source: manual, "Error Reporting and
 * Logging", log_min_messages. */
bool doctor_above_error(const char *value)
{
    return strcasecmp(value, "log") == 0 || strcasecmp(value, "fatal") == 0 ||
           strcasecmp(value, "panic") == 0;
}

const char *doctor_time_text(Arena *arena, int64_t time_ms)
{
    size_t i = 0;

    assert(time_ms >= 0);
    if (time_ms == 0)
        return "0";
    while (i + 1 < UNITS_WRITTEN && time_ms % (int64_t) units[i].ms != 0)
        i++;
    return arena_printf(arena, "%lld%s", (long long) (time_ms / (int64_t) units[i].ms),
                        units[i].unit);
}

const char *doctor_value_text(Arena *arena, const char *value, const char *unit)
{
    int64_t time_ms;

    if (!value || !unit || unit_ms(unit, strlen(unit)) <= 0)
        return value;
    time_ms = doctor_time_ms(value, unit);
    return time_ms == VALUE_UNREADABLE ? value : doctor_time_text(arena, time_ms);
}

static bool is_printable(const char *text)
{
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            return false;
    return true;
}

static const char *quoted(Arena *arena, const char *text, char quote)
{
    StrBuf buf;
    const char *result;

    strbuf_init(&buf);
    strbuf_add_char(&buf, quote);
    for (; *text; text++) {
        if (*text == quote)
            strbuf_add_char(&buf, quote);
        strbuf_add_char(&buf, *text);
    }
    strbuf_add_char(&buf, quote);
    result = arena_strdup(arena, buf.text);
    strbuf_done(&buf);
    return result;
}

/* Appends one character of U&"..."; a backslash is its escape. */
static void add_escaped(StrBuf *buf, uint32_t code)
{
    if (code == '"' || code == '\\')
        strbuf_printf(buf, "%c%c", (int) code, (int) code);
    else if (code >= ' ' && code <= '~')
        strbuf_add_char(buf, (char) code);
    else
        strbuf_printf(buf, code > 0xffff ? "\\+%06X" : "\\%04X", (unsigned int) code);
}

/* Source: manual, "Lexical Structure", identifiers with escaped Unicode characters. */
static const char *escaped(Arena *arena, const char *name)
{
    size_t length = strlen(name);
    size_t at = 0;
    const char *result;
    StrBuf buf;

    strbuf_init(&buf);
    strbuf_add(&buf, "U&\"");
    while (at < length) {
        uint32_t code;
        size_t size = text_decode(name + at, length - at, &code);

        if (size == 0)
            break;
        add_escaped(&buf, code);
        at += size;
    }
    strbuf_add_char(&buf, '"');
    result = at < length ? NULL : arena_strdup(arena, buf.text);
    strbuf_done(&buf);
    return result;
}

static bool is_ascii(const char *text)
{
    for (; *text; text++)
        if ((unsigned char) *text >= 0x80)
            return false;
    return true;
}

const char *doctor_ident(Arena *arena, const char *name, bool bare, bool utf8)
{
    if (is_printable(name))
        return bare ? name : quoted(arena, name, '"');
    return utf8 || is_ascii(name) ? escaped(arena, name) : NULL;
}

const char *doctor_literal(Arena *arena, const char *text)
{
    return is_printable(text) ? quoted(arena, text, '\'') : NULL;
}
