/* SPDX-License-Identifier: PostgreSQL */
/* Log doors: which doors, of any server, are closed on record. */
#include "cmd/log_doors.h"

#include <jansson.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static bool is_text(const json_t *object, const char *key, const char *text)
{
    return strcmp(text_of(object, key), text) == 0;
}

/* A server is known by its identifier; where it tells none, by its address. A database or role is
 * known by its oid, since it may be renamed; one of a pooler has none. */
static const char *key_of(const json_t *body, Arena *arena)
{
    const json_t *server = json_object_get(body, "server");
    const char *identifier = text_of(server, "system_identifier");
    const char *console = text_of(body, "console");
    json_int_t oid = json_integer_value(json_object_get(body, "oid"));

    return arena_printf(arena, "%s\n%s\n%s\n%s\n%s\n%lld\n%s\n%s", identifier,
                        *identifier ? "" : text_of(server, "host"),
                        *identifier ? "" : text_of(server, "port"), text_of(body, "door"),
                        text_of(body, "lock"), (long long) oid, console,
                        *console || oid == 0 ? text_of(body, "name") : "");
}

static LogDoor *door_of(LogDoors *doors, const char *key, Arena *arena)
{
    for (size_t i = 0; i < doors->count; i++)
        if (strcmp(doors->doors[i].key, key) == 0)
            return &doors->doors[i];
    doors->doors = arena_grow(arena, doors->doors, doors->count, sizeof(LogDoor));
    doors->doors[doors->count] = (LogDoor){.key = key};
    return &doors->doors[doors->count++];
}

/* One that is closed again keeps its first record, which has the value that opening it restores. */
static void take_intent(LogDoor *door, const Record *record, Arena *arena)
{
    if (door->closed)
        return;
    door->closed = true;
    door->sequence = record->sequence;
    door->at_us = record->at_us;
    door->name = arena_strdup(arena, record->session);
    door->run = arena_strdup(arena, record->run);
    door->target = record->target;
}

static void take_outcome(LogDoor *door, const Record *record, const json_t *body)
{
    bool own =
        door->closed && door->target == record->target && strcmp(door->run, record->run) == 0;

    if (is_text(body, "command", "let-in")) {
        if (is_text(body, "outcome", "opened") || is_text(body, "outcome", "over"))
            door->closed = false;
    } else if (own && (is_text(body, "outcome", "refused") || is_text(body, "outcome", "denied"))) {
        door->closed = false;
    }
}

void log_doors_take(LogDoors *doors, const Record *record, Arena *arena)
{
    json_t *body;

    if ((record->kind != RECORD_INTENT && record->kind != RECORD_OUTCOME) ||
        !strstr(record->body, "\"door\"")) /* most are no door's, and need not be taken apart */
        return;
    body = json_loads(record->body, 0, NULL);
    if (json_is_string(json_object_get(body, "door"))) {
        LogDoor *door = door_of(doors, key_of(body, arena), arena);

        if (record->kind == RECORD_OUTCOME)
            take_outcome(door, record, body);
        else if (is_text(body, "command", "keep-out"))
            take_intent(door, record, arena);
    }
    json_decref(body);
}

const LogDoor *log_doors_oldest(const LogDoors *doors)
{
    const LogDoor *oldest = NULL;

    for (size_t i = 0; i < doors->count; i++)
        if (doors->doors[i].closed && (!oldest || doors->doors[i].sequence < oldest->sequence))
            oldest = &doors->doors[i];
    return oldest;
}
