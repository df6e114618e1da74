/* SPDX-License-Identifier: PostgreSQL */
/* Lock: a heavyweight lock as pg_lock_status() shows it, what it is on, and which modes conflict.
 *
 * Plain values; texts belong to the arena of the answer that they came from and are as the server
 * sent them, but for `name`, which is clean. */
#ifndef PGQUELL_CORE_LOCK_H
#define PGQUELL_CORE_LOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/* From the weakest to the strongest, as the manual's "Explicit Locking" lists them. */
typedef enum LockMode {
    LOCK_UNKNOWN, /* also SIReadLock, which conflicts with none */
    LOCK_ACCESS_SHARE,
    LOCK_ROW_SHARE,
    LOCK_ROW_EXCLUSIVE,
    LOCK_SHARE_UPDATE_EXCLUSIVE,
    LOCK_SHARE,
    LOCK_SHARE_ROW_EXCLUSIVE,
    LOCK_EXCLUSIVE,
    LOCK_ACCESS_EXCLUSIVE,
    LOCK_MODES,
} LockMode;

/* What a lock is on: the columns of pg_locks; which of them count depends on the type. */
typedef struct LockTag {
    const char *type;  /* "relation", "tuple", "transactionid", "advisory", ...; not NULL */
    uint32_t database; /* oid; 0: none, or a shared object */
    uint32_t relation; /* oid; 0: none; so are the others */
    int64_t page;      /* negative: none; so is tuple */
    int64_t tuple;
    const char *virtual_xid; /* NULL: none */
    uint32_t xid;
    uint32_t class_oid;
    uint32_t object_oid;
    int sub_id;
} LockTag;

typedef struct Lock {
    int pid;               /* 0: held by a prepared transaction */
    uint32_t prepared_xid; /* of that one; 0: held or awaited by a session */
    LockTag tag;
    LockMode mode;
    bool granted;
    int64_t wait_start_us; /* TIME_UNKNOWN: does not wait, or not told (before 14) */
    const char *name;      /* of the relation, `public.account`; NULL: not known */
} Lock;

/* PostgreSQL's name, such as "AccessExclusiveLock"; NULL for LOCK_UNKNOWN; and back. */
const char *lock_mode_name(LockMode mode);
LockMode lock_mode_named(const char *name);

/* The table of conflicts. Source: manual, "Table-Level Locks"; the same for every kind of object.
 */
bool lock_modes_conflict(LockMode a, LockMode b);

bool lock_tags_same(const LockTag *a, const LockTag *b);

/* What it is on, in a few clean words: `relation public.account`, `row (0,2) of public.account`,
 * `transaction 7312`, `advisory lock 4711`; with oids where a name is not known. */
const char *lock_object(const Lock *lock, Arena *arena);

#endif
