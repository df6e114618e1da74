/* SPDX-License-Identifier: PostgreSQL */
/* Status: one screen of what is wrong on a server, and the same as JSON. */
#ifndef PGQUELL_UI_STATUS_H
#define PGQUELL_UI_STATUS_H

#include <jansson.h>

#include "core/triage.h"
#include "ui/look.h"

/* All borrowed. */
typedef struct StatusPage {
    const char *cluster; /* what it is called; as the server or the operator has it */
    const World *world;
    const Server *server;
    const Triage *triage;
    const char *const *connection; /* options with which commands reach this server; exact */
    size_t connection_count;
    int64_t now_us; /* the server's clock */
    bool pooled;    /* consoles of PgBouncers were asked whom the sessions serve */
} StatusPage;

/* The head, then the findings, each with why and with the command that fixes it, as many as fit
 * the device's rows; what does not fit is counted. A command that is too wide goes on behind a
 * backslash, so that it can be pasted as it stands. */
void status_print(FILE *out, const StatusPage *page, const Look *look);

/* The first object, and one for every finding, in the order of the triage. */
json_t *status_json_head(const StatusPage *page);
json_t *status_json_finding(const StatusPage *page, const Finding *finding);

/* The words of a command line that does it, quoted for a shell, in the arena; NULL where no command
 * of pgquell does. */
const char **status_command(const StatusPage *page, const Fix *fix, Arena *arena,
                            size_t *ret_count);

#endif
