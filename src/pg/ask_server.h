/* SPDX-License-Identifier: PostgreSQL */
/* Ask: the server as a whole; see ask.h for what all answers have in common. */
#ifndef PGQUELL_PG_ASK_SERVER_H
#define PGQUELL_PG_ASK_SERVER_H

#include "core/server.h"
#include "pg/answer.h"
#include "pg/link.h"

typedef struct ServerAnswer {
    Answer answer;
    Server server;
} ServerAnswer;

/* Its settings, its transaction counter, its walsenders and its replication slots. */
void ask_server(Link *link, ServerAnswer *answer);

#endif
