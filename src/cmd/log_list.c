/* SPDX-License-Identifier: PostgreSQL */
/* log list and log export: the whole trail, as a table of actions or as records. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cmd/log_actions.h"
#include "cmd/log_parts.h"
#include "core/door.h"
#include "ui/json.h"
#include "ui/table.h"

enum {
    AT_ID,
    AT_TIME,
    AT_OPERATOR,
    AT_COMMAND,
    AT_SESSION,
    AT_WHOM,
    AT_OUTCOME,
    AT_TICKET,
    AT_REASON,
    AT_COUNT,
};

static const Column columns[AT_COUNT] = {
    [AT_ID] = {.name = "ID", .rank = 0, .right = true},
    [AT_TIME] = {.name = "TIME", .rank = 1},
    [AT_OPERATOR] = {.name = "OPERATOR", .rank = 4, .width_min = 8, .width_max = 20},
    [AT_COMMAND] = {.name = "COMMAND", .rank = 3},
    [AT_SESSION] = {.name = "SESSION", .rank = 8, .width_min = 16, .width_max = 32},
    [AT_WHOM] = {.name = "ROLE@DATABASE", .rank = 5, .width_min = 13, .width_max = 32},
    [AT_OUTCOME] = {.name = "OUTCOME", .rank = 2},
    [AT_TICKET] = {.name = "TICKET", .rank = 6, .width_min = 8, .width_max = 16},
    [AT_REASON] = {.name = "REASON", .rank = 7, .width_min = 12, .width_max = 24},
};

const char *log_outcome_name(const char *outcome)
{
    return outcome ? outcome : "open";
}

Style log_outcome_style(const char *outcome)
{
    if (outcome &&
        (strcmp(outcome, door_outcome_name(DOOR_CLOSED)) == 0 ||
         strcmp(outcome, door_outcome_name(DOOR_OPENED)) == 0 || strcmp(outcome, LOG_PRUNED) == 0))
        return STYLE_GOOD;
    for (Outcome known = OUTCOME_OVER; outcome && known <= OUTCOME_UNKNOWN; known++) {
        if (strcmp(outcome_name(known), outcome) != 0)
            continue;
        if (outcome_exit(known) == ERR_NONE)
            return STYLE_GOOD;
        return outcome_exit(known) == ERR_REFUSED ? STYLE_WARNING : STYLE_ERROR;
    }
    return STYLE_ERROR;
}

/* `2026-11-20T12:34:56Z`. */
static const char *to_the_second(int64_t at_us, Arena *arena)
{
    char at[INSTANT_TEXT_MAX];
    size_t length = strcspn(instant_format(at_us, at), ".");

    return arena_printf(arena, "%.*sZ", (int) length, at);
}

static const char *whom(const LogAction *action, Arena *arena)
{
    if (!action->database)
        return action->role;
    return arena_printf(arena, "%s@%s", action->role ? action->role : "", action->database);
}

static void fill_row(Cell *row, const LogAction *action, const Look *look, Arena *arena)
{
    row[AT_ID].text = arena_printf(arena, "%lld", (long long) action->id);
    row[AT_TIME].text = to_the_second(action->at_us, arena);
    row[AT_OPERATOR].text = look_text(look, arena, action->operator_name);
    row[AT_COMMAND].text = look_text(look, arena, action->command);
    row[AT_SESSION].text = look_text(look, arena, action->session);
    row[AT_WHOM].text = look_text(look, arena, whom(action, arena));
    row[AT_OUTCOME] = (Cell){look_text(look, arena, log_outcome_name(action->outcome)),
                             log_outcome_style(action->outcome)};
    row[AT_TICKET].text = look_text(look, arena, action->ticket);
    row[AT_REASON].text = look_text(look, arena, action->operator_reason);
}

static void print_table(const LogActions *actions, Scene *scene)
{
    Table table;

    table_init(&table, &scene->arena, columns, AT_COUNT);
    for (size_t i = 0; i < actions->count; i++)
        fill_row(table_row(&table), &actions->actions[i], &scene->look, &scene->arena);
    table_print(stdout, &table, &scene->look);
}

/* A prune is no action on anybody; `log show` and `log export` have it. */
static void leave_out_prunes(LogActions *actions)
{
    size_t kept = 0;

    for (size_t i = 0; i < actions->count; i++)
        if (!actions->actions[i].prune)
            actions->actions[kept++] = actions->actions[i];
    actions->count = kept;
}

ErrCode log_list(Scene *scene, Store *store, Err *err)
{
    LogActions actions;

    if (!log_actions_read(store, &scene->arena, &actions, err))
        return err->code;
    leave_out_prunes(&actions);
    if (actions.count == 0)
        log_say_nothing(scene);
    else if (!scene->settings->json)
        print_table(&actions, scene);
    else
        for (size_t i = 0; i < actions.count; i++)
            if (!json_print(stdout, log_action_json(&actions.actions[i], &scene->arena)))
                break; /* the stream remembers why */
    return ERR_NONE;
}

static void put(json_t *object, const char *key, const char *text, Arena *arena)
{
    json_object_set_new(object, key, json_string(text_as_utf8(arena, text)));
}

/* A body that was tampered with until it was no JSON is shown as the text that it is. */
json_t *log_record_json(const Record *record, Arena *arena)
{
    json_t *object = json_object();
    json_t *body = json_loads(record->body, 0, NULL);
    char at[INSTANT_TEXT_MAX];

    json_object_set_new(object, "sequence", json_integer(record->sequence));
    put(object, "at", instant_format(record->at_us, at), arena);
    put(object, "run", record->run, arena);
    json_object_set_new(object, "target", json_integer(record->target));
    put(object, "kind", record_kind_name(record->kind), arena);
    put(object, "session", record->session, arena);
    json_object_set_new(object, "body",
                        body ? body : json_string(text_as_utf8(arena, record->body)));
    put(object, "previous", record->previous, arena);
    put(object, "hash", record->hash, arena);
    return object;
}

/* One record's memory at a time. */
static bool export_record(void *context, const Record *record)
{
    Arena *arena = context;
    bool written;

    arena_clear(arena);
    written = json_print(stdout, log_record_json(record, arena));
    return written; /* else the stream remembers why */
}

ErrCode log_export(Scene *scene, Store *store, Err *err)
{
    StoreReading reading = {.visit = export_record};
    Arena arena;
    bool read;

    (void) scene;
    arena_init(&arena);
    reading.context = &arena;
    read = store_read(store, &reading, err);
    arena_done(&arena);
    return read ? ERR_NONE : err->code;
}
