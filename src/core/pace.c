/* SPDX-License-Identifier: PostgreSQL */
/* Pace: a budget of signals. */
#include "core/pace.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/timefmt.h"

#define PACE_MIN 1e-3 /* as it stands, before the unit */
#define PACE_MAX 1e6
#define PACE_BURST_S 0.1 /* what may go at once, in seconds' worth */

bool pace_parse(const char *text, double *ret_per_s)
{
    char *rest;
    double pace = strtod(text, &rest);

    if (rest == text || !(pace >= PACE_MIN) || pace > PACE_MAX)
        return false;
    if (strcmp(rest, "/min") == 0)
        pace /= 60;
    else if (*rest != '\0' && strcmp(rest, "/s") != 0)
        return false;
    *ret_per_s = pace;
    return true;
}

void pace_init(Pace *pace, double per_s, int64_t now_us)
{
    assert(per_s >= 1e-6);
    pace->per_s = per_s;
    pace->burst = per_s * PACE_BURST_S > 1 ? per_s * PACE_BURST_S : 1;
    pace->tokens = pace->burst;
    pace->filled_us = now_us;
}

static double tokens_at(const Pace *pace, int64_t now_us)
{
    double earned = (double) (now_us - pace->filled_us) / (double) US_PER_S * pace->per_s;

    return pace->tokens + earned < pace->burst ? pace->tokens + earned : pace->burst;
}

bool pace_take(Pace *pace, int64_t now_us)
{
    pace->tokens = tokens_at(pace, now_us);
    pace->filled_us = now_us;
    if (pace->tokens < 1)
        return false;
    pace->tokens -= 1;
    return true;
}

int64_t pace_next_us(const Pace *pace, int64_t now_us)
{
    double missing = 1 - tokens_at(pace, now_us);

    if (missing <= 0)
        return now_us;
    return now_us + (int64_t) (missing / pace->per_s * (double) US_PER_S) + 1;
}
