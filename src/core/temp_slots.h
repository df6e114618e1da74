/* SPDX-License-Identifier: PostgreSQL */
/* Temp slots: which pg_temp_N is a session's, which before 16 PostgreSQL does not tell.
 *
 * N is the slot that a backend has in shared memory. From 16 on the ids of
 * pg_stat_get_backend_idset() are these. Before, they only count the slots that are taken, in the
 * order of the slots; but the virtual transaction of any lock begins with the slot. So the slot of
 * a session that holds no lock is known where the sessions before and behind it, whose slots are
 * known, leave no other. Source: pgstat_read_current_status() and namespace.c of the server. */
#ifndef PGQUELL_CORE_TEMP_SLOTS_H
#define PGQUELL_CORE_TEMP_SLOTS_H

#include <stddef.h>

#include "core/session.h"

typedef struct TempSlot {
    int pid;
    int slot; /* COUNT_UNKNOWN: not known */
} TempSlot;

/* Fills in what follows from the rest. The rows are in the order of the slots, every backend there,
 * and count from 1 on. */
void temp_slots_infer(TempSlot *rows, size_t count);

/* COUNT_UNKNOWN where it is not known. */
int temp_slots_of(const TempSlot *rows, size_t count, int pid);

#endif
