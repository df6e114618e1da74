/* SPDX-License-Identifier: PostgreSQL */
/* Keeper: turns doors. The intent with the old value is on disk before, what came of it after.
 *
 * What it has begun it finishes, also after Ctrl-C, within a bounded time. */
#ifndef PGQUELL_CMD_KEEPER_H
#define PGQUELL_CMD_KEEPER_H

#include "cmd/door_book.h"
#include "cmd/valves.h"

typedef struct Keeper {
    Scene *scene;
    Store *store;
    const Mandate *mandate;
    Valves *valves; /* of the PgBouncers */
    DoorBook book;  /* the doors of this cluster on record */
} Keeper;

/* Reads the book of this cluster's doors; `keeper` has everything else. Without a store the book is
 * empty. */
FALLIBLE bool keeper_begin(Keeper *keeper, Err *err);

/* What the server has of a database or role. `facts` says which: `is_role` and the name or, where
 * that is NULL, the oid. */
FALLIBLE bool keeper_look(Scene *scene, DoorFacts *facts, Err *err);

/* The same of a database or role that is known by a door of it. */
FALLIBLE bool keeper_look_at(Scene *scene, const Door *door, DoorFacts *ret_facts, Err *err);

/* Turns the door, or records why not; sets the task's outcome and note. Fails only with the audit
 * store: then a door whose outcome is still pending was not touched. A PgBouncer is resumed and
 * enabled even then: applications wait for it, and the next `let-in` finds it so. */
FALLIBLE bool keeper_turn(Keeper *keeper, DoorTask *task, Err *err);

/* Tells the operator what came of it, or in a dry run what would: a line, or an object. */
void keeper_tell(const Keeper *keeper, const DoorTask *task);

#endif
