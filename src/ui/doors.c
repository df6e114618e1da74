/* SPDX-License-Identifier: PostgreSQL */
/* Doors, as people and programs read them. */
#include "ui/doors.h"

#include <assert.h>

#include "base/text.h"
#include "ui/flow.h"

#define INDENT 4

static json_t *setting(DoorLock lock, int value)
{
    json_t *object = json_object();

    json_object_set_new(object, door_key(lock),
                        door_is_flag(lock) ? json_boolean(value) : json_integer(value));
    return object;
}

static json_t *of_text(const char *text, Arena *arena)
{
    return text ? json_string(text_as_utf8(arena, text)) : json_null();
}

/* What else a program may want to know: a refusal's reason is part of it. */
static const char *remark(const DoorTask *task, Arena *arena)
{
    if (!task->note)
        return task->reason;
    return task->reason ? arena_printf(arena, "%s; %s", task->reason, task->note) : task->note;
}

json_t *json_door(const DoorTask *task)
{
    const Door *door = &task->door;
    int target = task->opens ? door->before : door->after;
    bool acts = task->verdict == DOOR_ACT;
    json_t *object = json_object();
    Arena arena;
    int now;

    arena_init(&arena);
    now = door_now(task);
    json_object_set_new(object, "door", json_string(door_kind(door->lock)));
    json_object_set_new(object, "name", of_text(door->name, &arena));
    json_object_set_new(object, "action", json_string(task->opens ? "open" : "close"));
    json_object_set_new(object, "before",
                        task->facts.exists ? setting(door->lock, now) : json_null());
    json_object_set_new(object, "after",
                        task->facts.exists ? setting(door->lock, acts ? target : now)
                                           : json_null());
    json_object_set_new(object, "outcome", of_text(door_outcome_name(task->outcome), &arena));
    json_object_set_new(object, "note", of_text(remark(task, &arena), &arena));
    arena_done(&arena);
    return object;
}

static Style outcome_style(DoorOutcome outcome)
{
    switch (door_outcome_exit(outcome)) {
    case ERR_NONE:
        return STYLE_GOOD;
    case ERR_REFUSED:
        return STYLE_WARNING;
    default:
        return STYLE_ERROR;
    }
}

static void print(FILE *out, const DoorTask *task, const char *word, Style style, const Look *look)
{
    Arena arena;
    StrBuf buf;
    Flow flow;

    arena_init(&arena);
    strbuf_init(&buf);
    flow = flow_begin(look, &buf, 0, INDENT);
    flow_piece(&flow, look_text(look, &arena, door_subject(&task->door, &arena)), STYLE_PLAIN);
    flow_piece(&flow, word, style);
    flow_piece(&flow, look_text(look, &arena, remark(task, &arena)), STYLE_PLAIN);
    flow_end(&flow);
    look_write(out, &buf);
    strbuf_done(&buf);
    arena_done(&arena);
}

void doors_preview(FILE *out, const DoorTask *task, const Look *look)
{
    static const char *const words[] = {[DOOR_ACT] = NULL,
                                        [DOOR_LEAVE] = "nothing to do",
                                        [DOOR_REFUSE] = "refused",
                                        [DOOR_DENY] = "denied",
                                        [DOOR_MISSING] = "missing"};
    const char *word = words[task->verdict];

    if (!word)
        print(out, task, task->opens ? "open" : "close", STYLE_PLAIN, look);
    else
        print(out, task, word, task->verdict == DOOR_LEAVE ? STYLE_PLAIN : STYLE_WARNING, look);
}

void doors_result(FILE *out, const DoorTask *task, const Look *look)
{
    assert(task->outcome != DOOR_PENDING);
    print(out, task, door_outcome_name(task->outcome), outcome_style(task->outcome), look);
}
