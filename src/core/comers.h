/* SPDX-License-Identifier: PostgreSQL */
/* Comers: sessions that came while others were being ended, and which of them came back.
 *
 * A session comes back where one of the same group was ended: same role, database, application and
 * client's address. Sessions are borrowed; groups live in the arena. */
#ifndef PGQUELL_CORE_COMERS_H
#define PGQUELL_CORE_COMERS_H

#include "core/session.h"

typedef struct ComerGroup {
    const Session *first;
    size_t count;
    bool back;
} ComerGroup;

typedef struct Comers {
    ComerGroup *groups; /* those that came back first, then by their size */
    size_t group_count;
    size_t count;      /* sessions in all */
    size_t back_count; /* of those that came back */
} Comers;

/* Whether both are of one group. */
bool comers_alike(const Session *a, const Session *b);

void comers_init(Comers *comers);

/* Adds one that came; `back`: one of its group had been ended. */
void comers_add(Comers *comers, const Session *session, bool back, Arena *arena);

/* Puts the groups into their order. */
void comers_sort(Comers *comers);

#endif
