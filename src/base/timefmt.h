/* SPDX-License-Identifier: PostgreSQL */
/* Time: instants are microseconds since the Unix epoch, durations microseconds; both int64_t. */
#ifndef PGQUELL_BASE_TIMEFMT_H
#define PGQUELL_BASE_TIMEFMT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

#define TIME_UNKNOWN INT64_MIN /* an instant that the server did not tell */
#define TIME_NEVER INT64_MAX   /* a deadline that does not come */

#define US_PER_MS INT64_C(1000)
#define US_PER_S INT64_C(1000000)

#define DURATION_TEXT_MAX 48 /* room for duration_format(), with the terminator */
#define INSTANT_TEXT_MAX 32  /* room for instant_format(), with the terminator */

/* A duration in PostgreSQL's units (us ms s min h d; fractions are allowed): `250ms`, `30s`,
 * `5min`, `2h`, `1d`. A number without a unit is refused, since PostgreSQL's own default unit
 * varies. The largest is 365 days. On failure the message is the sentence after "invalid duration
 * "x": ". */
FALLIBLE bool duration_parse(const char *text, int64_t *ret_us, Err *err);

/* A duration for people: `0.4 ms`, `12 ms`, `3.2 s`, `4 min 10 s`, `2 h 5 min`, `3 d 4 h`. */
const char *duration_format(int64_t duration_us, char buffer[DURATION_TEXT_MAX]);

/* An instant in ISO 8601, UTC, microseconds: `2026-11-20T12:34:56.123456Z`. */
const char *instant_format(int64_t instant_us, char buffer[INSTANT_TEXT_MAX]);

/* PostgreSQL's ISO output for timestamptz with TimeZone UTC (`2026-11-20 12:34:56.123456+00`), and
 * instant_format()'s form. Years 1970 to 9999; anything else answers false. */
FALLIBLE bool instant_parse(const char *text, int64_t *ret_us);

/* The machine's clocks: wall time, and a time that never jumps (for deadlines). */
int64_t clock_wall_us(void);
int64_t clock_steady_us(void);

#endif
