/* SPDX-License-Identifier: PostgreSQL */
/* Regex: PCRE2 patterns over untrusted text, with limits so that no text can hold us up. */
#ifndef PGQUELL_CORE_REGEX_H
#define PGQUELL_CORE_REGEX_H

#include "base/err.h"

typedef struct Regex Regex;

typedef enum RegexMatch {
    REGEX_MATCHES,
    REGEX_DIFFERS,
    REGEX_GAVE_UP, /* a limit was hit: it does not match, and the caller warns */
} RegexMatch;

/* Case-sensitive, as PCRE2 has it; bytes that are no UTF-8 are matched by nothing but do no harm.
 * The error tells the position. */
FALLIBLE bool regex_compile(const char *pattern, Regex **ret_regex, Err *err);
void regex_free(Regex *regex);

RegexMatch regex_match(const Regex *regex, const char *text);

#endif
