/* SPDX-License-Identifier: PostgreSQL */
/* Time: parsing and printing of instants and durations, and the machine's clocks. */
#include "base/timefmt.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DURATION_MAX_US (INT64_C(365) * 86400 * US_PER_S)

typedef struct Unit {
    const char *name;
    int64_t us;
} Unit;

static const Unit units[] = {
    {"us", 1},
    {"ms", US_PER_MS},
    {"s", US_PER_S},
    {"min", 60 * US_PER_S},
    {"h", 3600 * US_PER_S},
    {"d", 86400 * US_PER_S},
};

static const Unit *unit_named(const char *name)
{
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (strcmp(units[i].name, name) == 0)
            return &units[i];
    return NULL;
}

bool duration_parse(const char *text, int64_t *ret_us, Err *err)
{
    static const char wanted[] =
        "Use a number and one of us, ms, s, min, h, d, such as 250ms or 5min.";
    const Unit *unit;
    char *rest;
    double number;

    if (!isdigit((unsigned char) text[0])) {
        (void) err_set(err, ERR_USAGE, "invalid duration \"%s\": it does not start with a digit",
                       text);
        return err_hint(err, "%s", wanted);
    }
    number = strtod(text, &rest);
    while (*rest == ' ')
        rest++;
    unit = unit_named(rest);
    if (!unit) {
        if (*rest == '\0')
            (void) err_set(err, ERR_USAGE, "invalid duration \"%s\": its unit is missing", text);
        else
            (void) err_set(err, ERR_USAGE, "invalid duration \"%s\": unknown unit \"%s\"", text,
                           rest);
        return err_hint(err, "%s", wanted);
    }
    if (!isfinite(number) || number * (double) unit->us > (double) DURATION_MAX_US) {
        (void) err_set(err, ERR_USAGE, "invalid duration \"%s\": it is longer than 365 days", text);
        return err_hint(err, "%s", wanted);
    }
    *ret_us = (int64_t) (number * (double) unit->us + 0.5);
    return true;
}

const char *duration_format(int64_t duration_us, char buffer[DURATION_TEXT_MAX])
{
    static const struct {
        int64_t big;
        const char *big_name;
        int64_t small;
        const char *small_name;
    } pairs[] = {
        {86400, "d", 3600, "h"},
        {3600, "h", 60, "min"},
        {60, "min", 1, "s"},
    };
    int64_t seconds;

    if (duration_us < 0)
        duration_us = 0;
    seconds = duration_us / US_PER_S;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        if (seconds < pairs[i].big)
            continue;
        (void) snprintf(buffer, DURATION_TEXT_MAX, "%lld %s %lld %s",
                        (long long) (seconds / pairs[i].big), pairs[i].big_name,
                        (long long) (seconds % pairs[i].big / pairs[i].small), pairs[i].small_name);
        return buffer;
    }
    if (duration_us >= US_PER_S)
        (void) snprintf(buffer, DURATION_TEXT_MAX, "%d.%d s", (int) seconds,
                        (int) (duration_us % US_PER_S / 100000));
    else if (duration_us >= 10 * US_PER_MS)
        (void) snprintf(buffer, DURATION_TEXT_MAX, "%d ms", (int) (duration_us / US_PER_MS));
    else
        (void) snprintf(buffer, DURATION_TEXT_MAX, "%d.%d ms", (int) (duration_us / US_PER_MS),
                        (int) (duration_us % US_PER_MS / 100));
    return buffer;
}

const char *instant_format(int64_t instant_us, char buffer[INSTANT_TEXT_MAX])
{
    time_t seconds = (time_t) (instant_us / US_PER_S);
    struct tm parts;
    size_t length;

    if (instant_us < 0 || !gmtime_r(&seconds, &parts)) {
        (void) snprintf(buffer, INSTANT_TEXT_MAX, "unknown");
        return buffer;
    }
    length = strftime(buffer, INSTANT_TEXT_MAX, "%Y-%m-%dT%H:%M:%S", &parts);
    (void) snprintf(buffer + length, INSTANT_TEXT_MAX - length, ".%06dZ",
                    (int) (instant_us % US_PER_S));
    return buffer;
}

/* Reads exactly `digits` digits at *text and moves behind them. */
static bool take_number(const char **text, int digits, int *ret_value)
{
    int value = 0;

    for (int i = 0; i < digits; i++, (*text)++) {
        if (!isdigit((unsigned char) **text))
            return false;
        value = value * 10 + (**text - '0');
    }
    *ret_value = value;
    return true;
}

static bool take_char(const char **text, char c)
{
    if (**text != c)
        return false;
    (*text)++;
    return true;
}

/* An optional fraction of one to six digits, as microseconds. */
static bool take_fraction(const char **text, int *ret_us)
{
    int scale = 1000000;
    int us = 0;

    *ret_us = 0;
    if (!take_char(text, '.'))
        return true;
    if (!isdigit((unsigned char) **text))
        return false;
    for (; isdigit((unsigned char) **text) && scale > 1; (*text)++) {
        scale /= 10;
        us += (**text - '0') * scale;
    }
    *ret_us = us;
    return true;
}

static bool take_date(const char **text, struct tm *parts)
{
    if (!take_number(text, 4, &parts->tm_year) || !take_char(text, '-') ||
        !take_number(text, 2, &parts->tm_mon) || !take_char(text, '-') ||
        !take_number(text, 2, &parts->tm_mday))
        return false;
    parts->tm_year -= 1900;
    parts->tm_mon -= 1;
    return true;
}

static bool take_time(const char **text, struct tm *parts)
{
    return take_number(text, 2, &parts->tm_hour) && take_char(text, ':') &&
           take_number(text, 2, &parts->tm_min) && take_char(text, ':') &&
           take_number(text, 2, &parts->tm_sec);
}

/* timegm() takes 30 February for 2 March: a date that it changes was none. */
static bool exists(struct tm parts, int64_t *ret_seconds)
{
    struct tm asked = parts;

    *ret_seconds = timegm(&parts);
    return parts.tm_mon == asked.tm_mon && parts.tm_mday == asked.tm_mday &&
           parts.tm_hour == asked.tm_hour && parts.tm_min == asked.tm_min &&
           parts.tm_sec == asked.tm_sec;
}

bool instant_parse(const char *text, int64_t *ret_us)
{
    struct tm parts = {0};
    int64_t seconds;
    int fraction;

    if (!take_date(&text, &parts) || (!take_char(&text, ' ') && !take_char(&text, 'T')))
        return false;
    if (!take_time(&text, &parts) || !take_fraction(&text, &fraction))
        return false;
    if (strcmp(text, "+00") != 0 && strcmp(text, "Z") != 0)
        return false;
    if (!exists(parts, &seconds) || seconds < 0)
        return false;
    *ret_us = seconds * US_PER_S + fraction;
    return true;
}

static int64_t clock_us(clockid_t clock)
{
    struct timespec now;

    (void) clock_gettime(clock, &now);
    return (int64_t) now.tv_sec * US_PER_S + now.tv_nsec / 1000;
}

int64_t clock_wall_us(void)
{
    return clock_us(CLOCK_REALTIME);
}

int64_t clock_steady_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}
