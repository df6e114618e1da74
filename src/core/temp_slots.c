/* SPDX-License-Identifier: PostgreSQL */
/* Temp slots: which pg_temp_N is a session's. */
#include "core/temp_slots.h"

#include <assert.h>

/* Rows [from, to) stand behind slot `before`; `to` has a slot. */
static void fill(TempSlot *rows, size_t from, size_t to, int before)
{
    if (rows[to].slot - before != (int) (to - from) + 1)
        return; /* somewhere between them is a slot that nobody has */
    for (size_t i = from; i < to; i++)
        rows[i].slot = before + 1 + (int) (i - from);
}

void temp_slots_infer(TempSlot *rows, size_t count)
{
    size_t from = 0;
    int before = 0;

    for (size_t i = 0; i < count; i++) {
        if (rows[i].slot == COUNT_UNKNOWN)
            continue;
        fill(rows, from, i, before);
        before = rows[i].slot;
        from = i + 1;
    }
}

int temp_slots_of(const TempSlot *rows, size_t count, int pid)
{
    assert(pid > 0);
    for (size_t i = 0; i < count; i++)
        if (rows[i].pid == pid)
            return rows[i].slot;
    return COUNT_UNKNOWN;
}
