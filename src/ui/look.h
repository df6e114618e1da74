/* SPDX-License-Identifier: PostgreSQL */
/* Look: what the output device is, how text from a server gets onto it, and its few styles.
 *
 * A plain value. Widths are terminal columns. */
#ifndef PGQUELL_UI_LOOK_H
#define PGQUELL_UI_LOOK_H

#include <stdbool.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/strbuf.h"

typedef struct Look {
    int columns; /* 0: unlimited; so are rows */
    int rows;
    bool color;
    bool terminal;
    bool ascii; /* the locale is not UTF-8, so the terminal is given ASCII only */
} Look;

/* What a piece of output is, not which colour it has. */
typedef enum Style {
    STYLE_PLAIN,
    STYLE_ERROR,
    STYLE_WARNING,
    STYLE_GOOD,
    STYLE_DIM,
    STYLE_HEADING,
} Style;

/* The look of a stream. Columns are the terminal's own, else COLUMNS, else 80; rows the
 * terminal's own; both are unlimited where it is no terminal. Colour is for terminals, unless
 * NO_COLOR is set or TERM is dumb or missing. Reads the locale, so the program must have called
 * setlocale(LC_CTYPE, ""). */
Look look_of(FILE *out);

/* The escape sequences that begin and end a style; "" without colour. */
const char *look_on(const Look *look, Style style);
const char *look_off(const Look *look, Style style);

/* The text made fit for the device, whole, in the arena; NULL becomes "". */
char *look_text(const Look *look, Arena *arena, const char *text);

/* The same for a statement, which shows in one line: where columns are limited, runs of spaces are
 * folded and of a very long one only the beginning is taken, ending in an ellipsis. */
char *look_query(const Look *look, Arena *arena, const char *query);

/* Appends text that look_text() made, cut with an ellipsis or, when `pad` is set, padded to
 * `width`. */
void look_fit(const Look *look, StrBuf *buf, const char *text, size_t width, bool pad);

/* Writes the buffer out; a stream that fails keeps that to itself, see ferror(3). */
void look_write(FILE *out, const StrBuf *buf);

#endif
