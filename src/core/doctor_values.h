/* SPDX-License-Identifier: PostgreSQL */
/* Doctor's values: settings' values read, and names and values written as SQL takes them. */
#ifndef PGQUELL_CORE_DOCTOR_VALUES_H
#define PGQUELL_CORE_DOCTOR_VALUES_H

#include "core/doctor_facts.h"

#define VALUE_UNREADABLE (-1)

/* A setting that is a time, in milliseconds: "30s", "1.5h", or a number in `unit` ("ms", "s" or
 * "min"). VALUE_UNREADABLE for NULL and for what is none. */
int64_t doctor_time_ms(const char *value, const char *unit);

/* A setting that is a count; VALUE_UNREADABLE for NULL and for what is none. */
int64_t doctor_count(const char *value);

/* Whether a boolean setting is off, in any of the words that PostgreSQL takes. */
bool doctor_is_off(const char *value);

/* Whether a level of messages lies above "error", so that errors are not logged. */
bool doctor_above_error(const char *value);

/* As one would write it: "30min", "90s", "1d"; "0" for nothing. */
const char *doctor_time_text(Arena *arena, int64_t time_ms);

/* A setting's value for people: with its unit where that is a time. */
const char *doctor_value_text(Arena *arena, const char *value, const char *unit);

/* A name as an identifier of printable ASCII, bare, quoted, or as U&"..." where it has to be; NULL
 * where the name is no text in UTF-8, so that nothing exact can be written. */
const char *doctor_ident(Arena *arena, const char *name, bool bare, bool utf8);

/* A printable ASCII text as a literal; NULL where it is anything else. */
const char *doctor_literal(Arena *arena, const char *text);

#endif
