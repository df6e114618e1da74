/* SPDX-License-Identifier: PostgreSQL */
/* Sessions: the table that `ps` prints, as wide as the device and never wider.
 *
 * PID, SESSION (where there is plenty of room), ROLE, DATABASE, APPLICATION, CLIENT, STATE, FOR
 * (how long the active statement, else the state, has lasted), XACT (the transaction's age), WAIT,
 * BLOCK
 * (`blocks 3`: three wait for it directly; `by 812`: it waits, and pid 812 heads the queue), QUERY.
 * On a terminal what nobody has is left out, and the least important goes first where room is
 * scarce. A process that is no client's shows its kind with its role. The order is the caller's. */
#ifndef PGQUELL_UI_SESSIONS_H
#define PGQUELL_UI_SESSIONS_H

#include "core/session.h"
#include "ui/look.h"

/* `now_us` is the server's clock. No session: prints nothing, so that the caller says why. */
void sessions_print(FILE *out, const Session *sessions, size_t count, int64_t now_us,
                    const Look *look);

#endif
