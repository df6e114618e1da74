/* SPDX-License-Identifier: PostgreSQL */
/* Man: the pages of section 1, in roff with the man macros. */
#ifndef PGQUELL_PAGES_MAN_H
#define PGQUELL_PAGES_MAN_H

#include "base/strbuf.h"
#include "cmd/command.h"

/* Of the whole: pgquell(1). */
void man_overview(StrBuf *buf);

/* Of one command: pgquell-COMMAND(1). */
void man_command(StrBuf *buf, const Command *command);

#endif
