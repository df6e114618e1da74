/* SPDX-License-Identifier: PostgreSQL */
/* Valves: databases at PgBouncers, paused and disabled through their consoles.
 *
 * Waits are bounded, and Ctrl-C does not cut them short: what was paused has to be resumed. */
#ifndef PGQUELL_CMD_VALVES_H
#define PGQUELL_CMD_VALVES_H

#include "cmd/scene.h"
#include "core/door.h"
#include "pg/bouncer.h"

#define VALVES_PAUSES_MAX 32 /* databases that are paused by one run */

/* A console that is connected. */
typedef struct Console {
    const char *conninfo;
    const char *address; /* "10.0.0.5:6432" */
    const char *role;    /* whom we are there */
    Link *link;
    BouncerDatabase *databases; /* as they were read last */
    size_t database_count;
} Console;

typedef struct Valves {
    Scene *scene;
    Console consoles[PGBOUNCERS_MAX];
    size_t count;
    Link *pauses[VALVES_PAUSES_MAX]; /* each waits for the answer to its PAUSE */
    size_t pause_count;
} Valves;

void valves_init(Valves *valves, Scene *scene);
void valves_done(Valves *valves);

/* Connects to every console that the settings name, and reads their databases; the error is that of
 * the first that could not be used, and the others are good. */
FALLIBLE bool valves_open(Valves *valves, Err *err);

/* The database of a door on record: what its console says of it now. A console that the settings do
 * not name is gone to by what the record has of it. */
FALLIBLE bool valves_look(Valves *valves, const Door *door, DoorFacts *ret_facts, Err *err);

/* Turns the door and looks whether it has; sets the task's outcome and note. A PAUSE is in force
 * when this returns, though its own answer comes only when the pool has run dry. */
void valves_turn(Valves *valves, DoorTask *task);

#endif
