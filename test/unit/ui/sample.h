/* SPDX-License-Identifier: PostgreSQL */
/* Sample: sessions, looks and engines for the tests of ui, and what they print as text. */
#ifndef PGQUELL_TEST_UI_SAMPLE_H
#define PGQUELL_TEST_UI_SAMPLE_H

#include "core/engine.h"
#include "ui/look.h"

/* 2024-11-20T12:34:56.123456Z, the server's clock in every test. */
#define NOW_US INT64_C(1732106096123456)

/* ESC, a bidirectional override, a byte that is no UTF-8, DEL and a newline. */
#define HOSTILE "a\033[2J\xe2\x80\xae\xff\x7f\nb"

/* An active client session, its start 10 min ago, its transaction 250 s, its statement 4.2 s. */
Session sample_session(int pid);

/* The same, idle in transaction for `state_us`. */
Session sample_idle_in_transaction(int pid, int64_t state_us);

/* A text of `length` times the character. */
char *sample_long(char c, size_t length);

/* An engine of its own world, and one turn of it: *plan's arena is the sample's. */
typedef struct Sample {
    Engine *engine;
    Arena arena;
    Plan plan;
    int64_t steady_us; /* the clock of the next event, which a test moves */
} Sample;

void sample_begin(Sample *sample);
void sample_end(Sample *sample);

/* EVENT_REQUEST with an order of this kind, a grace of 5 s and a timeout of 30 s. */
void sample_request(Sample *sample, OrderKind kind, const Session *session);

/* Requests to stop as many sessions, of which the second is idle. */
void sample_request_many(Sample *sample, size_t count);

void sample_foreseen(Sample *sample, size_t target, const Consequences *consequences);
void sample_event(Sample *sample, EventKind kind, size_t target);
void sample_signalled(Sample *sample, size_t target, SignalResult result, const char *text);
void sample_looked(Sample *sample, size_t target, const Session *session);

/* Brings the one target of an order to terminate to its end, 1.2 ms after the go-ahead. */
void sample_terminated(Sample *sample, const Session *session);

/* A stream that collects what is printed: begin, print to ->out, and end, which answers the text
 * (to be freed). */
typedef struct Printed {
    FILE *out;
    char *text;
    size_t length;
} Printed;

void printed_begin(Printed *printed);
char *printed_end(Printed *printed);

size_t count_lines(const char *text);

/* Fails unless every line of the text is valid UTF-8 without hostile characters, ends in no blank
 * and is at most `columns` wide (0: as wide as it likes). */
void assert_lines_fit(const char *text, int columns);

#endif
