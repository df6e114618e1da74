/* SPDX-License-Identifier: PostgreSQL */
/* Flow: lines of pieces and sentences that break before they get wider than the device.
 *
 * A flow holds one line and what it continues on, and writes into the buffer that it was given. */
#ifndef PGQUELL_UI_FLOW_H
#define PGQUELL_UI_FLOW_H

#include "ui/look.h"

typedef struct Flow {
    const Look *look; /* borrowed, as is the buffer */
    StrBuf *buf;
    size_t indent; /* of the lines that follow the first one */
    size_t used;   /* columns of the present line */
    bool empty;    /* nothing but indentation is on it */
} Flow;

/* Begins a line, indented by `first`; what does not fit on it goes on at `indent`. */
Flow flow_begin(const Look *look, StrBuf *buf, size_t first, size_t indent);

/* Adds text that belongs together, two blanks behind what is there, or on a line of its own where
 * it does not fit; what is wider than a line breaks between words, and words break where they must.
 */
void flow_piece(Flow *flow, const char *text, Style style);

/* Adds words, one blank behind what is there, breaking lines between them. */
void flow_words(Flow *flow, const char *text, Style style);

void flow_end(Flow *flow);

#endif
