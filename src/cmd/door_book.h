/* SPDX-License-Identifier: PostgreSQL */
/* Door book: the doors that are closed on record, read out of the audit trail.
 *
 * A door is on record from the intent to close it on, whatever came of that, until opening it was
 * seen: who comes after a crash has to look. Texts live in the arena, as the trail has them
 * (untrusted). */
#ifndef PGQUELL_CMD_DOOR_BOOK_H
#define PGQUELL_CMD_DOOR_BOOK_H

#include "audit/store.h"
#include "core/door.h"
#include "loop/mandate.h"

typedef struct DoorEntry {
    Door door;        /* `before` is what it had when the first of several closed it */
    int64_t sequence; /* of the intent, where several closed it the last one's; so is the rest */
    int64_t at_us;
    const char *run;
    const char *operator_name;
    const char *ticket;
    const char *reason;
    bool sure; /* that it was closed is on record, not only the intent */
} DoorEntry;

typedef struct DoorBook {
    DoorEntry *entries; /* in the order in which they were closed */
    size_t count;
} DoorBook;

/* Reads the doors of one cluster, which `server` identifies: the object that mandate_tell() puts
 * into a record. */
FALLIBLE bool door_book_read(Store *store, const json_t *server, Arena *arena, DoorBook *ret_book,
                             Err *err);

/* The oldest intent that is on record yet, whatever the cluster: from there on the trail is needed.
 * Where there is none its sequence is 0. */
FALLIBLE bool door_book_oldest(Store *store, Arena *arena, DoorEntry *ret_entry, Err *err);

/* The entry of this very door, or NULL. */
const DoorEntry *door_book_find(const DoorBook *book, const Door *door);

/* The body of a record: an intent to close or to open it, or what came of that. */
json_t *door_record(const DoorTask *task, Arena *arena);

#endif
