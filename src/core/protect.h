/* SPDX-License-Identifier: PostgreSQL */
/* Protect: sessions that the configuration spares, unless `--allow protected` says otherwise. */
#ifndef PGQUELL_CORE_PROTECT_H
#define PGQUELL_CORE_PROTECT_H

#include "core/filter.h"

/* One entry: a session that meets all of it is protected. */
typedef struct Protection {
    Filter filter;     /* predicates that look neither at times nor at statements */
    const char *place; /* where it is written, `FILE:LINE`; clean text */
} Protection;

/* Any entry protects. Owned by whoever read the configuration. */
struct Protections {
    Protection **entries;
    size_t count;
};

/* The first entry that protects the session; NULL where none does, and for no protections. */
const Protection *protect_find(const Protections *protections, const Session *session);

/* Whether an entry goes by what a session calls itself, which may change under our eyes. */
bool protect_by_application(const Protections *protections);

#endif
