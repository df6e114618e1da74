/* SPDX-License-Identifier: PostgreSQL */
/* kick, its doors: which there are, and closing them before anybody is terminated. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cmd/kick.h"
#include "core/valve.h"
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
        *facts = (DoorFacts){.is_role = is_role, .name = name};
        if (!keeper_look(scene, facts, err))
            return false;
        if (!facts->exists)
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

static void add_door(Kick *kick, DoorTask task)
{
    task.target = (int) kick->door_count;
    kick->doors[kick->door_count++] = task;
}

/* Adds the databases of a PgBouncer that lead to this one. */
static bool add_pools(Kick *kick, const Console *console, const DoorFacts *subject, DoorLock lock,
                      Err *err)
{
    Scene *scene = kick->act.scene;
    const ValveView view = {.host = link_parameter(scene->link, "host"),
                            .port = link_parameter(scene->link, "port"),
                            .sessions = scene->sessions,
                            .session_count = scene->session_count,
                            .pooler = console->address,
                            .databases = console->databases,
                            .database_count = console->database_count};

    for (size_t i = 0; i < console->database_count; i++) {
        const BouncerDatabase *database = &console->databases[i];
        Door door = {.lock = lock,
                     .name = database->name,
                     .console = console->address,
                     .console_role = console->role,
                     .database = subject->name};
        DoorFacts facts = {.exists = true,
                           .name = database->name,
                           .pooled = lock == DOOR_PAUSE ? database->paused : database->disabled};
        const DoorEntry *entry = door_book_find(&kick->keeper.book, &door);

        if (!valve_leads_to(&view, i, subject->name))
            continue;
        if (kick->door_count == KICK_POOLS_MAX)
            return err_set(err, ERR_REFUSED, "too many databases of PgBouncers: at most %zu",
                           KICK_POOLS_MAX);
        add_door(kick, door_close_pool(&facts, &door, entry ? &entry->door : NULL, &scene->arena));
    }
    return true;
}

static bool no_pool(const Kick *kick, const DoorFacts *subject, Err *err)
{
    (void) err_set(err, ERR_REFUSED,
                   "no database of a PgBouncer is known to lead to database %s of this server; "
                   "nobody was terminated",
                   text_cleaned(&kick->act.scene->arena, subject->name));
    return err_hint(err, "It is known by its address: connect to the server by the host and port "
                         "that PgBouncer has for it (SHOW DATABASES).");
}

/* One lock of every named database, at all consoles. */
static bool plan_pools(Kick *kick, DoorLock lock, Err *err)
{
    for (size_t i = 0; i < kick->subject_count; i++) {
        size_t before = kick->door_count;

        for (size_t c = 0; c < kick->valves.count; c++)
            if (!add_pools(kick, &kick->valves.consoles[c], &kick->subjects[i], lock, err))
                return false;
        if (kick->door_count == before && !kick->subjects[i].is_role)
            return no_pool(kick, &kick->subjects[i], err);
    }
    return true;
}

/* New clients are refused before those that are there have to wait. */
bool kick_plan_doors(Kick *kick, Err *err)
{
    const Settings *settings = kick->act.scene->settings;

    if ((settings->pause || settings->disable) && !valves_open(&kick->valves, err))
        return false;
    if (settings->disable && !plan_pools(kick, DOOR_DISABLE, err))
        return false;
    if (settings->pause && !plan_pools(kick, DOOR_PAUSE, err))
        return false;
    for (size_t i = 0; settings->keep_out && i < kick->subject_count; i++)
        add_door(kick, plan(kick, &kick->subjects[i]));
    kick->keeps = settings->keep_out;
    return true;
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

static bool close_one(Kick *kick, DoorTask *task, Err *err)
{
    ErrCode status;

    if (!keeper_turn(&kick->keeper, task, err))
        return false;
    keeper_tell(&kick->keeper, task);
    status = door_outcome_exit(task->outcome);
    if (status == ERR_NONE)
        return true;
    (void) cannot(kick, task, task->note ? task->note : task->reason, err);
    err->code = status;
    return false;
}

bool kick_close_doors(Kick *kick, Err *err)
{
    Err open_err = {0};

    for (size_t i = 0; i < kick->door_count; i++) {
        if (close_one(kick, &kick->doors[i], err))
            continue;
        if (!kick_open_doors(kick, true, &open_err))
            (void) err_hint(err, "What was closed by then could not all be opened again: run "
                                 "\"pgquell let-in\".");
        return false;
    }
    return true;
}

static bool look(Kick *kick, const Door *door, DoorFacts *ret_facts, Err *err)
{
    if (door->console)
        return valves_look(&kick->valves, door, ret_facts, err);
    return keeper_look_at(kick->act.scene, door, ret_facts, err);
}

static bool open_one(Kick *kick, const DoorTask *closed, Err *err)
{
    Scene *scene = kick->act.scene;
    DoorTask task;
    DoorFacts facts;
    Arena *arena = &scene->arena;

    if (!look(kick, &closed->door, &facts, err))
        return false;
    task = door_open(&scene->world, &facts, &closed->door, arena);
    task.target = closed->target + (int) kick->door_count; /* an action of its own */
    if (!keeper_turn(&kick->keeper, &task, err))
        return false;
    keeper_tell(&kick->keeper, &task);
    if (door_outcome_exit(task.outcome) == ERR_NONE)
        return true;
    (void) err_set(err, door_outcome_exit(task.outcome), "could not open the door of %s: %s",
                   door_subject(&task.door, arena), task.note ? task.note : task.reason);
    return err_hint(err, "Run \"pgquell let-in\" when that has passed.");
}

/* A PAUSE that was not seen to work may yet. */
static bool may_be_closed(const DoorTask *task, bool all)
{
    if (task->outcome == DOOR_CLOSED || task->outcome == DOOR_UNKNOWN)
        return all || task->door.console;
    return task->outcome == DOOR_REFUSED && task->door.console;
}

bool kick_open_doors(Kick *kick, bool all, Err *err)
{
    bool opened = true;
    Err one;

    for (size_t i = 0; i < kick->door_count; i++) {
        const DoorTask *closed = &kick->doors[i];

        if (closed->verdict != DOOR_ACT || !may_be_closed(closed, all))
            continue;
        if (open_one(kick, closed, &one))
            continue;
        if (opened)
            *err = one;
        opened = false;
    }
    return opened;
}
