/* SPDX-License-Identifier: PostgreSQL */
/* Roff: plain text made fit for a manual page. */
#ifndef PGQUELL_PAGES_ROFF_H
#define PGQUELL_PAGES_ROFF_H

#include "base/strbuf.h"

/* Adds a text with roff's own characters escaped, and hyphens and quotes such that they can be
 * copied to a command line. */
void roff_add(StrBuf *buf, const char *text);

/* The same with an end of line. */
void roff_line(StrBuf *buf, const char *text);

/* Adds a text that roff fills: its lines are short, every sentence begins one, the last is ended.
 */
void roff_text(StrBuf *buf, const char *text);

/* Adds a synopsis: words in capitals are what to fill in, lower-case ones are typed as they stand.
 */
void roff_synopsis(StrBuf *buf, const char *text);

#endif
