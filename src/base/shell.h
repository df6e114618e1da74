/* SPDX-License-Identifier: PostgreSQL */
/* Shell: command lines that a person can paste, made of words that may be anything. */
#ifndef PGQUELL_BASE_SHELL_H
#define PGQUELL_BASE_SHELL_H

#include "base/arena.h"
#include "base/strbuf.h"

/* Appends the word so that a shell reads back exactly its bytes. What needs no quotes gets none;
 * else it stands in '...', or, where a terminal might act on it or it is not UTF-8, in $'...' (of
 * bash, ksh and zsh), so that what is shown is clean. */
void shell_quote(StrBuf *buf, const char *word);

/* The same as a text in the arena. */
char *shell_word(Arena *arena, const char *word);

#endif
