/* SPDX-License-Identifier: PostgreSQL */
/* Help: pages made from the tables of commands and options. */
#ifndef PGQUELL_CMD_HELP_H
#define PGQUELL_CMD_HELP_H

#include "base/strbuf.h"
#include "cmd/command.h"

/* What `pgquell --help` prints. */
void help_overview(StrBuf *buf);

/* What `pgquell COMMAND --help` prints. */
void help_command(StrBuf *buf, const Command *command);

#endif
