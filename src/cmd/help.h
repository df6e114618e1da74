/* SPDX-License-Identifier: PostgreSQL */
/* Help: the command, and pages made from the tables of commands and options. */
#ifndef PGQUELL_CMD_HELP_H
#define PGQUELL_CMD_HELP_H

#include "base/strbuf.h"
#include "cmd/command.h"

/* What `pgquell --help` prints. */
void help_overview(StrBuf *buf);

/* What `pgquell COMMAND --help` prints. */
void help_command(StrBuf *buf, const Command *command);

/* What an option's line says: its text, its choices and its default. */
void help_option_text(StrBuf *buf, OptionId id);

/* Prints the page of the command; the overview where it is NULL. */
ErrCode help_print(const Command *command);

#endif
