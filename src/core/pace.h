/* SPDX-License-Identifier: PostgreSQL */
/* Pace: a budget of signals, as a token bucket that the caller gives the time. */
#ifndef PGQUELL_CORE_PACE_H
#define PGQUELL_CORE_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

typedef struct Pace {
    double per_s;      /* signals that are earned in a second; at least 1e-6 */
    double burst;      /* signals that may go at once: a tenth of a second's worth, at least one */
    double tokens;     /* signals that may go now */
    int64_t filled_us; /* when `tokens` was right */
} Pace;

/* What pace_parse() takes, as a sentence. */
#define PACE_WANTED "It takes signals a second or a minute, such as 50/s or 10/min."

/* N/s, N/min, or N for N/s. */
FALLIBLE bool pace_parse(const char *text, double *ret_per_s);

void pace_init(Pace *pace, double per_s, int64_t now_us);

/* Takes one signal out of the budget if there is one. */
bool pace_take(Pace *pace, int64_t now_us);

/* When the next signal may go. */
int64_t pace_next_us(const Pace *pace, int64_t now_us);

#endif
