/* SPDX-License-Identifier: PostgreSQL */
/* Kick: what the parts of the command share: its doors, its rounds and its report. */
#ifndef PGQUELL_CMD_KICK_H
#define PGQUELL_CMD_KICK_H

#include "cmd/act.h"
#include "cmd/keeper.h"
#include "core/comers.h"

#define KICK_SUBJECTS_MAX ((size_t) 2 * FILTER_VALUES_MAX) /* databases and roles */
#define KICK_POOLS_MAX \
    ((size_t) 2 * VALVES_PAUSES_MAX) /* paused and disabled databases of PgBouncers */
#define KICK_DOORS_MAX (KICK_SUBJECTS_MAX + KICK_POOLS_MAX)

typedef struct Kick {
    Act act;
    Keeper keeper;
    DoorFacts subjects[KICK_SUBJECTS_MAX]; /* that are named, patterns left out */
    size_t subject_count;
    Valves valves;
    DoorTask doors[KICK_DOORS_MAX]; /* PgBouncers' first, then the server's */
    size_t door_count;
    bool keeps;       /* the server's doors are closed, so who comes is ended */
    Comers comers;    /* that came since, whatever became of them */
    size_t left;      /* that came and were not ended any more */
    bool out_of_time; /* ... since the rounds or the time were used up */
    bool blind;       /* what is there by now could not be seen */
} Kick;

/* kick_doors.c: learns of the databases and roles that are named, and what closing their doors
 * would do; fails where one does not exist. */
FALLIBLE bool kick_find_subjects(Kick *kick, Err *err);
FALLIBLE bool kick_plan_doors(Kick *kick, Err *err);

/* Fails where one cannot be closed: then nobody is to be terminated. */
FALLIBLE bool kick_check_doors(const Kick *kick, Err *err);
FALLIBLE bool kick_close_doors(Kick *kick, Err *err);
size_t kick_doors_to_close(const Kick *kick);

/* Opens what this run has closed, or may have: `all`, or only the PgBouncers. False where one is
 * not open by then; the error is set. */
FALLIBLE bool kick_open_doors(Kick *kick, bool all, Err *err);

/* kick_drain.c: ends the sessions, looks again, and ends who came meanwhile where the door is to be
 * kept. Fails with the audit store only. */
FALLIBLE bool kick_drain(Kick *kick, Err *err);

/* kick_report.c: who came back, who is still there and why, and what keeps a database from being
 * dropped. */
void kick_report(Kick *kick);

/* Whether the word is a pattern of a filter. */
bool kick_is_pattern(const char *word);

#endif
