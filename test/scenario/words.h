/* SPDX-License-Identifier: PostgreSQL */
/* Words: the lines of a scenario, cut into words, and what a value may look like. */
#ifndef PGQUELL_SCENARIO_WORDS_H
#define PGQUELL_SCENARIO_WORDS_H

#include <stdint.h>

#include "base/strbuf.h"
#include "base/timefmt.h"

#define WORDS_MAX 32
#define OFFSET_TEXT_MAX 32

/* Where in a scenario we are, for errors. */
typedef struct Place {
    const char *file;
    size_t line;
} Place;

/* A line's words; they belong to whoever gave the arena. */
typedef struct Words {
    Place place;
    const char *words[WORDS_MAX];
    size_t count;
} Words;

/* Prints file:line: and the message, and ends the program: a scenario is not untrusted. */
_Noreturn void scenario_fail(const Place *place, const char *format, ...) PRINTF_LIKE(2, 3);

/* Cuts a line at its blanks. Double quotes keep blanks together and vanish; \" \\ and \n are seen
 * through within them. */
void words_cut(Words *words, const char *line, Arena *arena);

/* The value of a word key=value with this key, NULL when it is not one. */
const char *word_value(const char *word, const char *key);

/* A signed offset such as -10s or +250us, from the scenario's start. */
int64_t offset_parse(const Place *place, const char *text);

/* The same for reading: 0s, -1h, +12.5ms; exact. */
const char *offset_format(int64_t offset_us, char buffer[OFFSET_TEXT_MAX]);

int number_parse(const Place *place, const char *text);

/* yes or no */
bool choice_parse(const Place *place, const char *text);

#endif
