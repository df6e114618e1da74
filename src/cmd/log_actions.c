/* SPDX-License-Identifier: PostgreSQL */
/* Log actions: the records of the audit trail put together as actions. */
#include "cmd/log_actions.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "base/timefmt.h"

#define SLOTS_FIRST 64 /* a power of two, as the number of slots always is */

/* Actions by run and target: open addressing, at most half full. */
typedef struct Gathering {
    Arena *arena;
    LogActions actions;
    size_t *slots; /* index of the action plus one; 0: free */
    size_t slot_count;
} Gathering;

/* FNV-1a. */
static uint64_t hash_of(const char *run, int target)
{
    uint64_t hash = UINT64_C(14695981039346656037) ^ (unsigned int) target;

    for (; *run; run++)
        hash = (hash ^ (unsigned char) *run) * UINT64_C(1099511628211);
    return hash ^ (hash >> 32);
}

/* The slot of that action, or the free one where it belongs. */
static size_t *slot_of(const Gathering *gathering, const char *run, int target)
{
    size_t mask = gathering->slot_count - 1;
    size_t at = (size_t) hash_of(run, target) & mask;

    for (; gathering->slots[at] != 0; at = (at + 1) & mask) {
        const LogAction *action = &gathering->actions.actions[gathering->slots[at] - 1];

        if (action->target == target && strcmp(action->run, run) == 0)
            break;
    }
    return &gathering->slots[at];
}

static void widen(Gathering *gathering)
{
    if (gathering->actions.count * 2 < gathering->slot_count)
        return;
    gathering->slot_count = gathering->slot_count ? gathering->slot_count * 2 : SLOTS_FIRST;
    gathering->slots = ARENA_ARRAY(gathering->arena, size_t, gathering->slot_count);
    for (size_t i = 0; i < gathering->actions.count; i++) {
        const LogAction *action = &gathering->actions.actions[i];

        *slot_of(gathering, action->run, action->target) = i + 1;
    }
}

/* The action that the record is part of, a new one where it is its first. */
static LogAction *action_of(Gathering *gathering, const Record *record)
{
    LogActions *actions = &gathering->actions;
    Arena *arena = gathering->arena;
    size_t *slot;

    widen(gathering);
    slot = slot_of(gathering, record->run, record->target);
    if (*slot != 0)
        return &actions->actions[*slot - 1];
    actions->actions = arena_grow(arena, actions->actions, actions->count, sizeof(LogAction));
    actions->actions[actions->count] = (LogAction){
        .id = record->sequence,
        .at_us = record->at_us,
        .run = arena_strdup(arena, record->run),
        .target = record->target,
        .session = arena_strdup(arena, record->session),
        .elapsed_ms = -1,
    };
    *slot = ++actions->count;
    return &actions->actions[actions->count - 1];
}

/* The first value that a record has for a field is the one that counts. */
static void keep(const char **field, const json_t *object, const char *key, Arena *arena)
{
    if (!*field)
        *field = arena_strdup(arena, json_string_value(json_object_get(object, key)));
}

static void keep_session(LogAction *action, const json_t *object, Arena *arena)
{
    keep(&action->role, object, "role", arena);
    keep(&action->database, object, "database", arena);
    keep(&action->application, object, "application", arena);
    keep(&action->client, object, "client", arena);
    if (action->pid == 0)
        action->pid = (int) json_integer_value(json_object_get(object, "pid"));
}

static void keep_mandate(LogAction *action, const json_t *body, Arena *arena)
{
    keep(&action->operator_name, body, "operator", arena);
    keep(&action->host, body, "host", arena);
    keep(&action->operator_reason, body, "operator_reason", arena);
    keep(&action->ticket, body, "ticket", arena);
    keep(&action->command, body, "command", arena);
    keep(&action->scope, body, "scope", arena);
    keep(&action->reason, body, "reason", arena);
}

static void keep_outcome(LogAction *action, const json_t *body, Arena *arena)
{
    const json_t *elapsed = json_object_get(body, "elapsed_ms");

    keep(&action->outcome, body, "outcome", arena);
    keep(&action->note, body, "note", arena);
    if (json_is_number(elapsed))
        action->elapsed_ms = json_number_value(elapsed);
    if (!action->outcome) /* it has ended, whatever became of its record */
        action->outcome = "?";
}

/* A body that is no JSON was tampered with: what it said stays unknown, and `log verify` tells. */
static bool gather(void *context, const Record *record)
{
    Gathering *gathering = context;
    LogAction *action = action_of(gathering, record);
    json_t *body;

    action->last = record->sequence;
    if (record->kind == RECORD_SIGNAL || record->kind == RECORD_OBSERVATION)
        return true;
    body = json_loads(record->body, 0, NULL);
    keep_mandate(action, body, gathering->arena);
    action->door = action->door || json_is_string(json_object_get(body, "door"));
    if (action->door)
        keep_session(action, body, gathering->arena);
    if (record->kind == RECORD_INTENT) {
        keep_session(action, json_object_get(body, "session"), gathering->arena);
        keep_session(action, json_object_get(body, "prepared"), gathering->arena);
    } else if (record->kind == RECORD_PRUNE) {
        action->prune = true;
        action->outcome = LOG_PRUNED;
    } else {
        keep_session(action, body, gathering->arena);
        keep_outcome(action, body, gathering->arena);
    }
    json_decref(body);
    return true;
}

bool log_actions_read(Store *store, Arena *arena, LogActions *ret_actions, Err *err)
{
    Gathering gathering = {.arena = arena};
    StoreReading reading = {.visit = gather, .context = &gathering};

    if (!store_read(store, &reading, err))
        return false;
    *ret_actions = gathering.actions;
    return true;
}

static void put(json_t *object, const char *key, const char *text, Arena *arena)
{
    json_object_set_new(object, key, text ? json_string(text_as_utf8(arena, text)) : json_null());
}

json_t *log_action_json(const LogAction *action, Arena *arena)
{
    json_t *object = json_object();
    char at[INSTANT_TEXT_MAX];

    json_object_set_new(object, "id", json_integer(action->id));
    put(object, "at", instant_format(action->at_us, at), arena);
    put(object, "run", action->run, arena);
    json_object_set_new(object, "target", json_integer(action->target));
    put(object, "operator", action->operator_name, arena);
    put(object, "host", action->host, arena);
    put(object, "operator_reason", action->operator_reason, arena);
    put(object, "ticket", action->ticket, arena);
    put(object, "command", action->command, arena);
    put(object, "scope", action->scope, arena);
    put(object, "session", action->session, arena);
    json_object_set_new(object, "pid", action->pid ? json_integer(action->pid) : json_null());
    put(object, "role", action->role, arena);
    put(object, "database", action->database, arena);
    put(object, "application", action->application, arena);
    put(object, "client", action->client, arena);
    put(object, "reason", action->reason, arena);
    put(object, "outcome", action->outcome, arena);
    json_object_set_new(object, "elapsed_ms",
                        action->elapsed_ms < 0 ? json_null() : json_real(action->elapsed_ms));
    put(object, "note", action->note, arena);
    return object;
}
