/* SPDX-License-Identifier: PostgreSQL */
/* Doors, as people and programs read them: what will be done to each, and what came of it. */
#ifndef PGQUELL_UI_DOORS_H
#define PGQUELL_UI_DOORS_H

#include <jansson.h>

#include "core/door.h"
#include "ui/look.h"

/* `door, name, action, before, after, outcome, note`; before and after have the one setting that is
 * meant, and are null where there is no such database or role. The outcome is null before it was
 * tried. */
json_t *json_door(const DoorTask *task);

/* What will be done to it and why, or why nothing. */
void doors_preview(FILE *out, const DoorTask *task, const Look *look);

/* What came of it. */
void doors_result(FILE *out, const DoorTask *task, const Look *look);

#endif
