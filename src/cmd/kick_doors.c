/* SPDX-License-Identifier: PostgreSQL */
/* kick, its doors: which there are, and closing them before anybody is terminated. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cmd/kick.h"
#include "ui/doors.h"

bool kick_is_pattern(const char *word)
{
    return strpbrk(word, "*?") != NULL;
}

static bool add_subjects(Kick *kick, FilterText which, bool is_role, Err *err)
{
    Scene *scene = kick->act.scene;
    const Filter *filter = &scene->settings->filter;

    for (size_t i = 0; i < filter->text_counts[which]; i++) {
        const char *name = filter->texts[which][i];
        DoorFacts *facts = &kick->subjects[kick->subject_count];

        if (kick_is_pattern(name))
            continue;
        if (!keeper_look(scene, is_role, name, 0, facts, err))
            return false;
        if (facts->oid == 0)
            return err_set(err, ERR_NO_TARGET, "%s \"%s\" does not exist",
                           is_role ? "role" : "database", name);
        kick->subject_count++;
    }
    return true;
}

bool kick_find_subjects(Kick *kick, Err *err)
{
    return add_subjects(kick, FILTER_DATABASE, false, err) &&
           add_subjects(kick, FILTER_ROLE, true, err);
}

/* Judged twice where it is on record: which lock it is shows only then. */
static DoorTask plan(const Kick *kick, const DoorFacts *facts)
{
    Scene *scene = kick->act.scene;
    DoorTask task = door_close(&scene->world, facts, NULL, &scene->arena);
    const DoorEntry *entry = door_book_find(&kick->keeper.book, &task.door);

    return entry ? door_close(&scene->world, facts, &entry->door, &scene->arena) : task;
}

void kick_plan_doors(Kick *kick)
{
    for (size_t i = 0; i < kick->subject_count; i++) {
        DoorTask *task = &kick->doors[kick->door_count];

        *task = plan(kick, &kick->subjects[i]);
        task->target = (int) kick->door_count++;
    }
}

size_t kick_doors_to_close(const Kick *kick)
{
    size_t count = 0;

    for (size_t i = 0; i < kick->door_count; i++)
        count += kick->doors[i].verdict == DOOR_ACT;
    return count;
}

static bool cannot(const Kick *kick, const DoorTask *task, const char *why, Err *err)
{
    Arena *arena = &kick->act.scene->arena;

    return err_set(err, ERR_REFUSED, "could not close the door of %s: %s; nobody was terminated",
                   door_subject(&task->door, arena), why);
}

bool kick_check_doors(const Kick *kick, Err *err)
{
    for (size_t i = 0; i < kick->door_count; i++) {
        const DoorTask *task = &kick->doors[i];

        if (task->verdict != DOOR_ACT && task->verdict != DOOR_LEAVE)
            return cannot(kick, task, task->reason, err);
    }
    return true;
}

/* Doors that were closed before one that could not be stay so, and on record. */
static void hint_closed(const Kick *kick, Err *err)
{
    for (size_t i = 0; i < kick->door_count; i++)
        if (kick->doors[i].outcome == DOOR_CLOSED || kick->doors[i].outcome == DOOR_UNKNOWN)
            (void) err_hint(err, "Other doors are closed by now: \"pgquell let-in\" opens them.");
}

bool kick_close_doors(Kick *kick, Err *err)
{
    for (size_t i = 0; i < kick->door_count; i++) {
        DoorTask *task = &kick->doors[i];
        ErrCode status;

        if (!keeper_turn(&kick->keeper, task, err)) {
            if (task->outcome != DOOR_PENDING)
                (void) err_hint(err, "The door is closed: \"pgquell let-in\" opens it.");
            return false;
        }
        keeper_tell(&kick->keeper, task);
        status = door_outcome_exit(task->outcome);
        if (status == ERR_NONE)
            continue;
        (void) cannot(kick, task, task->note ? task->note : task->reason, err);
        err->code = status;
        hint_closed(kick, err);
        return false;
    }
    return true;
}
