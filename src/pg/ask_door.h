/* SPDX-License-Identifier: PostgreSQL */
/* Ask about doors: databases and roles, what lets sessions in, and what keeps one from being
 * dropped.
 *
 * As for ask.h: every answer begins with an Answer, and what a question takes is copied. */
#ifndef PGQUELL_PG_ASK_DOOR_H
#define PGQUELL_PG_ASK_DOOR_H

#include "core/door.h"
#include "pg/answer.h"
#include "pg/link.h"

typedef struct DoorAnswer {
    Answer answer;
    DoorFacts facts;
} DoorAnswer;

/* Of the database or role with this name, or, where that is NULL, with this oid. */
void ask_door(Link *link, DoorAnswer *answer, bool is_role, const char *name, uint32_t oid);

/* Gives the door of a database or role this value, where it still has that one, in one transaction
 * with the line in the server's log ("" for none; clean). */
void ask_turn_door(Link *link, Answer *answer, const Door *door, bool opens, const char *line);

/* Why a door was not turned: the answer failed, and contact was not lost. */
typedef enum DoorRefusal {
    DOOR_HAS_CHANGED, /* it had another value by then */
    DOOR_IS_GONE,
    DOOR_IS_DENIED,
    DOOR_HAS_FAILED, /* answer.err says why */
} DoorRefusal;

DoorRefusal door_refusal(const Answer *answer);

/* What DROP DATABASE would refuse for, sessions apart: "prepared transaction", its GID, ... */
typedef struct ObstaclesAnswer {
    Answer answer;
    const char **kinds; /* clean, as are names */
    const char **names;
    size_t count;
} ObstaclesAnswer;

void ask_drop_obstacles(Link *link, ObstaclesAnswer *answer, uint32_t database_oid);

/* The same of subscriptions, which in 10 not every role may read. */
void ask_drop_subscriptions(Link *link, ObstaclesAnswer *answer, uint32_t database_oid);

#endif
