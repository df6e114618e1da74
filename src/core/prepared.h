/* SPDX-License-Identifier: PostgreSQL */
/* Prepared: a prepared transaction, which holds locks and an xmin though no session has it.
 *
 * Plain values; texts are as the server sent them (untrusted: a GID may be anything of up to 199
 * bytes) and belong to the answer's arena. Source: manual, pg_prepared_xacts, ROLLBACK PREPARED. */
#ifndef PGQUELL_CORE_PREPARED_H
#define PGQUELL_CORE_PREPARED_H

#include "core/session.h"

typedef struct Prepared {
    const char *gid;
    uint32_t xid;
    int64_t prepared_us; /* when it was prepared */
    uint32_t role_oid;   /* its owner: only that role and superusers may end it */
    uint32_t database_oid;
    const char *role;     /* NULL: not known; so is database */
    const char *database; /* it can only be ended in a connection to that one */
    int locks;            /* that it holds; COUNT_UNKNOWN */
} Prepared;

/* Whether PostgreSQL lets our role end it. */
bool prepared_is_ours(const Prepared *prepared, const World *world);

#endif
