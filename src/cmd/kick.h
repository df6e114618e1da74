/* SPDX-License-Identifier: PostgreSQL */
/* Kick: what the parts of the command share: its doors, its rounds and its report. */
#ifndef PGQUELL_CMD_KICK_H
#define PGQUELL_CMD_KICK_H

#include "cmd/act.h"
#include "cmd/keeper.h"
#include "core/comers.h"

#define KICK_SUBJECTS_MAX (2 * FILTER_VALUES_MAX) /* databases and roles */

typedef struct Kick {
    Act act;
    Keeper keeper;
    DoorFacts subjects[KICK_SUBJECTS_MAX]; /* that are named, patterns left out */
    size_t subject_count;
    DoorTask doors[KICK_SUBJECTS_MAX];
    size_t door_count;
    Comers comers;    /* that came since, whatever became of them */
    size_t left;      /* that came and were not ended any more */
    bool out_of_time; /* ... since the rounds or the time were used up */
    bool blind;       /* what is there by now could not be seen */
} Kick;

/* kick_doors.c: learns of the databases and roles that are named, and what closing their doors
 * would do; fails where one does not exist. */
FALLIBLE bool kick_find_subjects(Kick *kick, Err *err);
void kick_plan_doors(Kick *kick);

/* Fails where one cannot be closed: then nobody is to be terminated. */
FALLIBLE bool kick_check_doors(const Kick *kick, Err *err);
FALLIBLE bool kick_close_doors(Kick *kick, Err *err);
size_t kick_doors_to_close(const Kick *kick);

/* kick_drain.c: ends the sessions, looks again, and ends who came meanwhile where the door is to be
 * kept. Fails with the audit store only. */
FALLIBLE bool kick_drain(Kick *kick, Err *err);

/* kick_report.c: who came back, who is still there and why, and what keeps a database from being
 * dropped. */
void kick_report(Kick *kick);

/* Whether the word is a pattern of a filter. */
bool kick_is_pattern(const char *word);

#endif
