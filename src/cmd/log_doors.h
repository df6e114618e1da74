/* SPDX-License-Identifier: PostgreSQL */
/* Log doors: which doors, of any server, are closed on record.
 *
 * A door is closed from the intent to close it on, until it is on record that it was opened, or
 * that this closing was refused: a crash between the two leaves it closed. */
#ifndef PGQUELL_CMD_LOG_DOORS_H
#define PGQUELL_CMD_LOG_DOORS_H

#include "audit/store.h"

typedef struct LogDoor {
    const char *key;  /* the server and what of it was closed */
    const char *name; /* as its record has it, such as "database apps" (untrusted) */
    bool closed;
    int64_t sequence; /* of the intent that closed it first, and so are the others */
    int64_t at_us;
    const char *run;
    int target;
} LogDoor;

typedef struct LogDoors {
    LogDoor *doors; /* in the arena, and so are their texts */
    size_t count;
} LogDoors;

/* Takes the next record of the trail. */
void log_doors_take(LogDoors *doors, const Record *record, Arena *arena);

/* The closed door that was closed first, or NULL. */
const LogDoor *log_doors_oldest(const LogDoors *doors);

#endif
