/* SPDX-License-Identifier: PostgreSQL */
/* Keeper: turns doors, with the intent on disk before and the outcome after. */
#include "cmd/keeper.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "pg/ask_door.h"
#include "ui/doors.h"

#define ANSWER_WAIT_US (15 * US_PER_S) /* longer than lock_timeout and a slow commit */

/* Waits whatever the operator does: a door that is half turned helps nobody. */
static bool await(Scene *scene, const Answer *answer)
{
    int64_t deadline = clock_steady_us() + ANSWER_WAIT_US;

    while (!answer->done && clock_steady_us() < deadline)
        loop_turn(scene->loop, deadline);
    if (!answer->done)
        link_stop(scene->link);
    return !answer->failed;
}

static json_t *server_of(Scene *scene, const Mandate *mandate)
{
    json_t *object = json_object();
    json_t *server;

    mandate_tell(object, mandate, &scene->world, scene->link, &scene->arena);
    server = json_incref(json_object_get(object, "server"));
    json_decref(object);
    return server;
}

bool keeper_begin(Keeper *keeper, Err *err)
{
    json_t *server;
    bool read;

    if (!keeper->store)
        return true;
    server = server_of(keeper->scene, keeper->mandate);
    read = door_book_read(keeper->store, server, &keeper->scene->arena, &keeper->book, err);
    json_decref(server);
    return read;
}

bool keeper_look(Scene *scene, DoorFacts *facts, Err *err)
{
    DoorAnswer *answer = ARENA_NEW(&scene->arena, DoorAnswer);

    answer->answer.arena = &scene->arena;
    ask_door(scene->link, answer, facts->is_role, facts->name, facts->oid);
    if (!await(scene, &answer->answer)) {
        *err = answer->answer.err;
        err->code = ERR_CONNECTION;
        return false;
    }
    *facts = answer->facts;
    return true;
}

bool keeper_look_at(Scene *scene, const Door *door, DoorFacts *ret_facts, Err *err)
{
    DoorFacts facts = {.is_role = door->lock == DOOR_ROLE_LIMIT, .oid = door->oid};

    if (!keeper_look(scene, &facts, err))
        return false;
    *ret_facts = facts;
    return true;
}

static bool record(Keeper *keeper, const DoorTask *task, RecordKind kind, Err *err)
{
    Scene *scene = keeper->scene;
    Arena *arena = &scene->arena;
    json_t *body = door_record(task, arena);
    const char *outcome = door_outcome_name(task->outcome);
    Record entry = {.at_us = clock_wall_us(),
                    .run = keeper->mandate->run,
                    .target = task->target,
                    .kind = kind,
                    .session = text_as_utf8(arena, door_subject(&task->door, arena))};

    mandate_tell(body, keeper->mandate, &scene->world, scene->link, arena);
    if (kind == RECORD_OUTCOME) {
        json_object_set_new(body, "outcome", json_string(outcome));
        json_object_set_new(
            body, "note", task->note ? json_string(text_as_utf8(arena, task->note)) : json_null());
    }
    entry.body = json_text(arena, body);
    return store_append(keeper->store, &entry, 1, arena, err);
}

/* Who turns which door from what to what, for the server's log. */
static const char *log_line(const Keeper *keeper, const DoorTask *task)
{
    const Mandate *mandate = keeper->mandate;
    char *(*fit)(Arena *, const char *) = mandate->utf8 ? text_cleaned : text_as_ascii;
    Arena *arena = &keeper->scene->arena;

    if (!mandate->log_on_server)
        return "";
    return arena_printf(
        arena, "pgquell: door of %s %s: %s, before %s, %s",
        fit(arena, door_subject(&task->door, arena)), task->opens ? "opened" : "closed",
        door_remedy(&task->door, task->opens, arena), door_remedy(&task->door, !task->opens, arena),
        mandate_signature(mandate, store_head(keeper->store), arena));
}

/* Whether it is by now what it was to become. */
static bool is_wanted(Scene *scene, const DoorTask *task)
{
    const Door *door = &task->door;
    DoorFacts facts;
    Err ignored;

    return keeper_look_at(scene, door, &facts, &ignored) && facts.exists &&
           door_value(door->lock, &facts) == (task->opens ? door->before : door->after);
}

static void refused(Scene *scene, DoorTask *task, const Answer *answer)
{
    Arena *arena = &scene->arena;

    task->outcome = DOOR_REFUSED;
    switch (door_refusal(answer)) {
    case DOOR_HAS_CHANGED:
        if (task->opens && is_wanted(scene, task)) {
            task->outcome = DOOR_OVER;
            task->note = "it was opened by somebody else meanwhile";
            break;
        }
        task->note = arena_printf(arena, "left alone, since somebody has changed it meanwhile: %s",
                                  text_cleaned(arena, answer->err.message));
        break;
    case DOOR_IS_GONE:
        task->outcome = task->opens ? DOOR_OVER : DOOR_REFUSED;
        task->note = "it is gone";
        break;
    case DOOR_IS_DENIED:
        task->outcome = DOOR_DENIED;
        task->note = text_cleaned(arena, answer->err.message);
        break;
    default:
        task->note =
            arena_printf(arena, "could not set it: %s", text_cleaned(arena, answer->err.message));
        break;
    }
}

/* By evidence: the door is looked at again. */
static void verify(Scene *scene, DoorTask *task)
{
    const Door *door = &task->door;
    int wanted = task->opens ? door->before : door->after;
    DoorFacts facts;
    Err err;

    if (!keeper_look_at(scene, door, &facts, &err)) {
        task->outcome = DOOR_UNKNOWN;
        task->note = "it was set, but could not be looked at again";
        return;
    }
    task->outcome = task->opens ? DOOR_OPENED : DOOR_CLOSED;
    if (facts.exists && door_value(door->lock, &facts) == wanted)
        return;
    task->outcome = DOOR_UNKNOWN;
    task->note = "it was set, but is not so: somebody else is at it";
}

static void turn_database(Keeper *keeper, DoorTask *task)
{
    Scene *scene = keeper->scene;
    Answer *answer = ARENA_NEW(&scene->arena, Answer);

    answer->arena = &scene->arena;
    ask_turn_door(scene->link, answer, &task->door, task->opens, log_line(keeper, task));
    if (await(scene, answer)) {
        verify(scene, task);
    } else if (answer->lost) {
        task->outcome = DOOR_UNKNOWN;
        task->note = "contact was lost before the answer came: it may have been set";
    } else {
        refused(scene, task, answer);
    }
}

static void turn(Keeper *keeper, DoorTask *task)
{
    if (task->door.console)
        valves_turn(keeper->valves, task);
    else
        turn_database(keeper, task);
}

static DoorOutcome untried(DoorVerdict verdict)
{
    if (verdict == DOOR_LEAVE)
        return DOOR_OVER;
    return verdict == DOOR_DENY ? DOOR_DENIED : DOOR_REFUSED;
}

bool keeper_turn(Keeper *keeper, DoorTask *task, Err *err)
{
    if (task->verdict == DOOR_ACT) {
        if (!record(keeper, task, RECORD_INTENT, err)) {
            if (task->opens && task->door.console)
                turn(keeper, task);
            return false;
        }
        turn(keeper, task);
    } else {
        task->outcome = untried(task->verdict);
    }
    return record(keeper, task, RECORD_OUTCOME, err);
}

void keeper_tell(const Keeper *keeper, const DoorTask *task)
{
    const Scene *scene = keeper->scene;
    bool tried = task->outcome != DOOR_PENDING;

    if (scene->settings->json)
        (void) !json_print(stdout, json_door(task)); /* the stream remembers a failure */
    else if (!scene->settings->quiet && tried)
        doors_result(stdout, task, &scene->look);
    else if (!scene->settings->quiet)
        doors_preview(stdout, task, &scene->look);
}
