/* SPDX-License-Identifier: PostgreSQL */
/* Waiting: learns, beyond the snapshot, who waits for which lock, and the prepared transactions. */
#ifndef PGQUELL_CMD_WAITING_H
#define PGQUELL_CMD_WAITING_H

#include "cmd/scene.h"
#include "core/waits.h"

/* All in the scene's arena. */
typedef struct Waiting {
    Prepared *prepared; /* every prepared transaction of the server, oldest first */
    size_t prepared_count;
    Lock *locks; /* awaited, and held on the same objects; empty where nobody waits */
    size_t lock_count;
    Waits waits;
} Waiting;

/* To be called after scene_snapshot(). Locks are only asked for where somebody waits. Relations are
 * named over connections of their own to their databases, all at once and for at most two seconds;
 * where that fails, the oid is shown. */
FALLIBLE bool waiting_learn(Scene *scene, Waiting *ret_waiting, Err *err);

/* The same without names, for who is about to act: gives up at `deadline_us` (steady clock), on an
 * interrupt and on an error, and answers false then. */
FALLIBLE bool waiting_glimpse(Scene *scene, int64_t deadline_us, Waiting *ret_waiting);

#endif
