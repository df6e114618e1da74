/* SPDX-License-Identifier: PostgreSQL */
/* Text: what came from a server is untrusted; here it is made fit for a terminal, a log line or
 * JSON.
 *
 * Input is bytes that should be UTF-8 but need not be. Widths are terminal columns. */
#ifndef PGQUELL_BASE_TEXT_H
#define PGQUELL_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/strbuf.h"

/* Decodes the character at `bytes` (of `length` bytes, at least one) into *ret_code and answers how
 * many bytes it takes; 0 where the first byte starts no valid UTF-8 (overlong forms, surrogates and
 * what lies above U+10FFFF are not valid). */
size_t text_decode(const char *bytes, size_t length, uint32_t *ret_code);

/* Whether a terminal may act on it: control (Cc), format (Cf, so also bidirectional), line and
 * paragraph separators, and code points that are not characters. Unicode 15. */
bool text_is_hostile(uint32_t code);

/* Appends the text with hostile characters escaped: \n \r \t as such, below U+0080 as \xNN, others
 * as \uNNNN or \UNNNNNNNN, a byte that is no UTF-8 as \xNN (so \x80 and above are such bytes). The
 * result is one line of valid UTF-8. */
void text_clean(StrBuf *buf, const char *text);

/* The same as a copy in the arena; NULL stays NULL. */
char *text_cleaned(Arena *arena, const char *text);

/* The text with only what is not valid UTF-8 escaped (as \xNN), for JSON, which escapes the rest
 * itself. */
char *text_as_utf8(Arena *arena, const char *text);

/* The text in ASCII: clean, and every character above U+007F as \uNNNN or \UNNNNNNNN. */
char *text_as_ascii(Arena *arena, const char *text);

/* Columns that a clean text takes. */
size_t text_width(const char *text);

/* Appends the clean text cut or, when `pad` is set, padded to `width` columns; a cut one ends in an
 * ellipsis ("..." where the locale is not UTF-8 is the caller's affair: this is always U+2026). */
void text_fit(StrBuf *buf, const char *text, size_t width, bool pad);

/* Whether the text matches: exactly, or, where the pattern has `*` or `?`, as a glob over all of
 * it. */
bool text_matches(const char *pattern, const char *text);

/* The candidate that is nearest to a mistyped word, or NULL where none is near enough to be meant.
 */
const char *text_nearest(const char *word, const char *const *candidates, size_t count);

#endif
