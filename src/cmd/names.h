/* SPDX-License-Identifier: PostgreSQL */
/* Names: of roles and databases, kept from one snapshot to the next.
 *
 * They come from catalogs that somebody may hold locked, which must not blind a screen that has
 * been open for long (facts.md: what takes pg_authid). */
#ifndef PGQUELL_CMD_NAMES_H
#define PGQUELL_CMD_NAMES_H

#include "core/session.h"

typedef struct Names Names;

Names *names_new(void);
void names_free(Names *names);

/* Keeps what the sessions were told, with the right to signal them. */
void names_learn(Names *names, const Session *sessions, size_t count);

/* Fills it in where it is known; texts belong to `names`. */
void names_recall(const Names *names, Session *sessions, size_t count);

#endif
