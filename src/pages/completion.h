/* SPDX-License-Identifier: PostgreSQL */
/* Completion: scripts for shells. They know commands, options, choices and where files go; they ask
 * no server. */
#ifndef PGQUELL_PAGES_COMPLETION_H
#define PGQUELL_PAGES_COMPLETION_H

#include "base/strbuf.h"
#include "cmd/command.h"

/* The options that are offered as long as no command stands in the line: any is understood there,
 * but these are those that belong to no command. */
#define COMPLETION_IN_FRONT (OPTION_GENERAL | OPTION_CONNECTION)

void completion_bash(StrBuf *buf);
void completion_zsh(StrBuf *buf);
void completion_fish(StrBuf *buf);

/* What the three share. Adds the text in single quotes, with a ' inside as `quote`. */
void completion_quote(StrBuf *buf, const char *text, const char *quote);

/* Adds a word with a backslash before whatever a shell might take for more than a letter. */
void completion_escape(StrBuf *buf, const char *word);

/* The letters of options whose value is the rest of the word or the next word. */
void completion_value_letters(StrBuf *buf);

#endif
