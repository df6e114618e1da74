/* SPDX-License-Identifier: PostgreSQL */
/* Door book: the doors that are closed on record. */
#include "cmd/door_book.h"

#include <string.h>

#include "base/text.h"

/* One run's intent to close a door, for as long as nothing has undone it. */
typedef struct Claim {
    DoorEntry entry;
    const char *server; /* as server_key() names it */
    bool stands;
} Claim;

typedef struct Reading {
    Arena *arena;
    const char *server; /* NULL: any */
    Claim *claims;      /* in the order of their records */
    size_t count;
} Reading;

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* By its identifier; where the server tells none, by its address. */
static const char *server_key(const json_t *server, Arena *arena)
{
    const char *identifier = text_of(server, "system_identifier");
    const char *host = text_of(server, "host");
    const char *port = text_of(server, "port");

    if (identifier)
        return arena_strdup(arena, identifier);
    return arena_printf(arena, "%s\n%s", host ? host : "", port ? port : "");
}

static bool same_door(const Door *a, const Door *b)
{
    if (a->lock != b->lock || a->oid != b->oid)
        return false;
    return !a->console || (same_text(a->console, b->console) && same_text(a->name, b->name));
}

static bool take_lock(const json_t *body, DoorLock *ret_lock)
{
    const char *kind = text_of(body, "door");
    const char *key = text_of(body, "lock");

    for (int i = 0; kind && key && i < DOOR_LOCKS; i++)
        if (strcmp(door_kind((DoorLock) i), kind) == 0 &&
            strcmp(door_key((DoorLock) i), key) == 0) {
            *ret_lock = (DoorLock) i;
            return true;
        }
    return false;
}

static bool take_value(const json_t *body, const char *when, DoorLock lock, int *ret_value)
{
    const json_t *value = json_object_get(json_object_get(body, when), door_key(lock));

    if (door_is_flag(lock) ? !json_is_boolean(value) : !json_is_integer(value))
        return false;
    *ret_value = door_is_flag(lock) ? json_is_true(value) : (int) json_integer_value(value);
    return true;
}

/* A body that pgquell cannot have written is passed over; `log verify` tells. */
static bool take_door(const json_t *body, Door *ret_door)
{
    Door door = {.name = text_of(body, "name"),
                 .console = text_of(body, "console"),
                 .console_role = text_of(body, "console_role"),
                 .database = text_of(body, "database"),
                 .oid = (uint32_t) json_integer_value(json_object_get(body, "oid"))};

    if (!door.name || !take_lock(body, &door.lock) ||
        !take_value(body, "before", door.lock, &door.before) ||
        !take_value(body, "after", door.lock, &door.after))
        return false;
    *ret_door = door;
    return true;
}

static void keep_door(Door *kept, const Door *door, Arena *arena)
{
    *kept = *door;
    kept->name = arena_strdup(arena, door->name);
    kept->console = arena_strdup(arena, door->console);
    kept->console_role = arena_strdup(arena, door->console_role);
    kept->database = arena_strdup(arena, door->database);
}

static void claim(Reading *reading, const Record *record, const json_t *body, const Door *door)
{
    Arena *arena = reading->arena;
    Claim *made;

    reading->claims = arena_grow(arena, reading->claims, reading->count, sizeof(Claim));
    made = &reading->claims[reading->count++];
    *made = (Claim){.entry = {.sequence = record->sequence,
                              .at_us = record->at_us,
                              .run = arena_strdup(arena, record->run),
                              .operator_name = arena_strdup(arena, text_of(body, "operator")),
                              .ticket = arena_strdup(arena, text_of(body, "ticket")),
                              .reason = arena_strdup(arena, text_of(body, "operator_reason"))},
                    .server = server_key(json_object_get(body, "server"), arena),
                    .stands = true};
    keep_door(&made->entry.door, door, arena);
}

static bool is_any(const char *word, const char *one, const char *other)
{
    return strcmp(word, one) == 0 || strcmp(word, other) == 0;
}

/* What came of it. Closing that was refused is undone for the run that tried, whatever others have
 * done meanwhile; a door that was seen open is open for all. */
static void settle(Reading *reading, const Record *record, const json_t *body, const Door *door)
{
    const char *outcome = text_of(body, "outcome");
    const char *server = server_key(json_object_get(body, "server"), reading->arena);
    bool opens = same_text(text_of(body, "command"), "let-in");

    for (size_t i = 0; outcome && i < reading->count; i++) {
        Claim *made = &reading->claims[i];
        bool own = strcmp(made->entry.run, record->run) == 0;

        if (!same_door(&made->entry.door, door) || strcmp(made->server, server) != 0)
            continue;
        if (opens && is_any(outcome, "opened", "over"))
            made->stands = false;
        if (!opens && own && is_any(outcome, "refused", "denied"))
            made->stands = false;
        if (!opens && own && strcmp(outcome, "closed") == 0)
            made->entry.sure = true;
    }
}

static bool is_wanted(const Reading *reading, const json_t *body)
{
    if (!reading->server)
        return true;
    return strcmp(server_key(json_object_get(body, "server"), reading->arena), reading->server) ==
           0;
}

static bool gather(void *context, const Record *record)
{
    Reading *reading = context;
    json_t *body;
    Door door;

    if ((record->kind != RECORD_INTENT && record->kind != RECORD_OUTCOME) ||
        !strstr(record->body, "\"door\":"))
        return true;
    body = json_loads(record->body, 0, NULL);
    if (take_door(body, &door) && is_wanted(reading, body)) {
        if (record->kind == RECORD_OUTCOME)
            settle(reading, record, body, &door);
        else if (same_text(text_of(body, "command"), "keep-out"))
            claim(reading, record, body, &door);
    }
    json_decref(body);
    return true;
}

static DoorEntry *entry_of(const DoorBook *book, const Door *door)
{
    for (size_t i = 0; i < book->count; i++)
        if (same_door(&book->entries[i].door, door))
            return &book->entries[i];
    return NULL;
}

/* A door that was closed again while it was closed keeps the value that it had at first. */
static void enter(DoorBook *book, const DoorEntry *entry)
{
    DoorEntry *known = entry_of(book, &entry->door);
    bool sure = entry->sure || (known && known->sure);
    int before = entry->door.before;

    if (!known) {
        book->entries[book->count++] = *entry;
        return;
    }
    if (before == known->door.after)
        before = known->door.before;
    *known = *entry;
    known->door.before = before;
    known->sure = sure;
}

bool door_book_read(Store *store, const json_t *server, Arena *arena, DoorBook *ret_book, Err *err)
{
    Reading state = {.arena = arena, .server = server_key(server, arena)};
    StoreReading reading = {.visit = gather, .context = &state};
    DoorBook book = {0};

    if (!store_read(store, &reading, err))
        return false;
    book.entries = ARENA_ARRAY(arena, DoorEntry, state.count);
    for (size_t i = 0; i < state.count; i++)
        if (state.claims[i].stands)
            enter(&book, &state.claims[i].entry);
    *ret_book = book;
    return true;
}

bool door_book_oldest(Store *store, Arena *arena, DoorEntry *ret_entry, Err *err)
{
    Reading state = {.arena = arena};
    StoreReading reading = {.visit = gather, .context = &state};
    DoorEntry oldest = {0};

    if (!store_read(store, &reading, err))
        return false;
    for (size_t i = 0; i < state.count && oldest.sequence == 0; i++)
        if (state.claims[i].stands)
            oldest = state.claims[i].entry;
    *ret_entry = oldest;
    return true;
}

const DoorEntry *door_book_find(const DoorBook *book, const Door *door)
{
    return entry_of(book, door);
}

static json_t *of_text(const char *text, Arena *arena)
{
    return text ? json_string(text_as_utf8(arena, text)) : json_null();
}

static json_t *setting(DoorLock lock, int value)
{
    json_t *object = json_object();

    json_object_set_new(object, door_key(lock),
                        door_is_flag(lock) ? json_boolean(value) : json_integer(value));
    return object;
}

/* `database` or `role`, so that the listing of the trail knows whom it was about. */
json_t *door_record(const DoorTask *task, Arena *arena)
{
    const Door *door = &task->door;
    json_t *object = json_object();

    json_object_set_new(object, "command", json_string(task->opens ? "let-in" : "keep-out"));
    json_object_set_new(object, "door", json_string(door_kind(door->lock)));
    json_object_set_new(object, "lock", json_string(door_key(door->lock)));
    json_object_set_new(object, "name", of_text(door->name, arena));
    json_object_set_new(object, "oid", json_integer(door->oid));
    json_object_set_new(object, "console", of_text(door->console, arena));
    json_object_set_new(object, "console_role", of_text(door->console_role, arena));
    json_object_set_new(object, door->lock == DOOR_ROLE_LIMIT ? "role" : "database",
                        of_text(door->database ? door->database : door->name, arena));
    json_object_set_new(object, "scope", json_string("door"));
    json_object_set_new(object, "remedy", of_text(door_remedy(door, task->opens, arena), arena));
    json_object_set_new(object, "reason", of_text(task->reason, arena));
    json_object_set_new(object, "before", setting(door->lock, door->before));
    json_object_set_new(object, "after", setting(door->lock, door->after));
    return object;
}
