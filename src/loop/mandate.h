/* SPDX-License-Identifier: PostgreSQL */
/* Mandate: who acts, why, and as what; what every record and every line of the server's log says.
 *
 * Texts are borrowed and need not be clean. */
#ifndef PGQUELL_LOOP_MANDATE_H
#define PGQUELL_LOOP_MANDATE_H

#include "core/session.h"
#include "pg/link.h"
#include "ui/json.h"

typedef struct Mandate {
    const char *run; /* id of this invocation */
    const char *operator_name;
    const char *host;   /* where pgquell runs */
    const char *reason; /* NULL: none given; so is ticket */
    const char *ticket;
    const char *command; /* as the records call it; NULL: by the order of each target */
    int first_target;    /* number of the engine's first target in the records: doors come before */
    bool log_on_server;  /* a LOG line for every signal */
    bool utf8;           /* ... which may be UTF-8; otherwise it is kept to ASCII */
} Mandate;

/* Adds who acts and why, and the server, to a record's body: to an intent, and to an outcome that
 * no intent came before. */
void mandate_tell(json_t *object, const Mandate *mandate, const World *world, const Link *link,
                  Arena *arena);

/* `by jane, ticket OPS-1, reason ...; audit run ... head ...`, the end of a line in the server's
 * log. */
const char *mandate_signature(const Mandate *mandate, const char *head, Arena *arena);

#endif
