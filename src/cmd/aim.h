/* SPDX-License-Identifier: PostgreSQL */
/* Aim: from what was typed to sessions: pids, session ids and filters against the snapshot. */
#ifndef PGQUELL_CMD_AIM_H
#define PGQUELL_CMD_AIM_H

#include "cmd/scene.h"

/* A session that was meant. */
typedef struct Aimed {
    const Session *session;
    int redirected_from;    /* pid of the parallel worker that was named; 0: it was meant itself */
    unsigned int chosen_by; /* CHOSEN_ bits; 0 for one named by hand without filters */
} Aimed;

typedef struct Aim {
    Aimed *targets; /* in the scene's arena, each session once */
    size_t count;
    size_t missing;         /* pids and ids that no session has; told on standard error */
    size_t passed_over;     /* that met the filters, but the order does not apply to them */
    const char *passed_why; /* the reason of the first of these */
} Aim;

/* Whether any target was given: a word or a filter. */
bool aim_given(const Settings *settings);

/* Fails on a word that is neither a pid nor a session id. A word together with filters has to meet
 * them; filters alone pick every session to which the order applies. Of those that --blocking
 * picks, one that waits behind another of them is a victim and is passed over: stopping the other
 * may free it. */
FALLIBLE bool aim_resolve(Scene *scene, OrderKind kind, Aim *ret_aim, Err *err);

#endif
