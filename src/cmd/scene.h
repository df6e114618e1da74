/* SPDX-License-Identifier: PostgreSQL */
/* Scene: what a command finds ready: its settings, the connection, the server, the sessions. */
#ifndef PGQUELL_CMD_SCENE_H
#define PGQUELL_CMD_SCENE_H

#include "cmd/names.h"
#include "cmd/settings.h"
#include "core/protect.h"
#include "loop/loop.h"
#include "pg/ask.h"
#include "pg/conninfo.h"
#include "ui/look.h"

typedef struct Scene {
    Settings *settings;
    Arena arena; /* for the command's run */
    Look look;   /* of standard output */
    Loop *loop;
    Link *link;
    LinkParams params;         /* borrowed from the settings and the arena */
    Conninfo cluster;          /* how the configuration reaches --cluster; empty: it does not */
    Protections protections;   /* of the configuration */
    const char *reason_demand; /* where it demands a reason for every action; NULL */
    World world;
    bool utf8;
    Names *names;      /* that were found so far */
    Session *sessions; /* as scene_snapshot() found them, with names */
    size_t session_count;
    int64_t server_us;            /* the server's clock at the snapshot */
    Blocking blocking;            /* who waits for whom, where the snapshot asked */
    const char *application_name; /* ours, as servers show it */
    const char *operator_name;    /* who acts: --operator, sudo's user, or the user */
} Scene;

void scene_init(Scene *scene, Settings *settings);
void scene_done(Scene *scene);

/* Connects, asks for a password where one is needed and may be asked for, and learns about the
 * server. */
FALLIBLE bool scene_connect(Scene *scene, Err *err);

/* Connects again where contact was lost, to the same server; asks for no password. */
FALLIBLE bool scene_reconnect(Scene *scene, Err *err);

/* Takes the snapshot. `burdens`: with locks and waiters of every session; otherwise waiters only,
 * and only where somebody waits on a lock. Where names of roles and databases cannot be
 * asked, those of earlier snapshots are used. */
FALLIBLE bool scene_snapshot(Scene *scene, bool burdens, Err *err);

/* Waits for an answer on the scene's link; a failure of the server's counts as a lost connection.
 */
FALLIBLE bool scene_await(Scene *scene, const Answer *answer, Err *err);

/* Waits for an answer that can be done without; false where it has not come by `deadline_us`
 * (steady clock), or by an interrupt, or has failed. It may come later: it has to stay. */
FALLIBLE bool scene_await_until(Scene *scene, const Answer *answer, int64_t deadline_us);

/* Says on standard error when a regular expression gave up on some session, which then did not
 * match. */
void scene_warn_of_limits(const Scene *scene);

#endif
