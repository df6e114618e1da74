/* SPDX-License-Identifier: PostgreSQL */
/* Records: what the audit store is told, and when it has to be on disk. */
#include <assert.h>
#include <stdlib.h>

#include "base/text.h"
#include "core/pooled.h"
#include "loop/runner_internal.h"
#include "ui/json.h"

/* Room for one more record; NULL once the store has failed. */
static Record *add(Runner *runner, RecordKind kind, size_t target)
{
    Records *records = &runner->records;
    char id[SESSION_ID_MAX];
    Record *record;

    if (runner->audit_failed)
        return NULL;
    if (records->count == 0)
        records->oldest_us = clock_steady_us();
    records->records =
        arena_grow(&records->arena, records->records, records->count, sizeof(Record));
    records->steps = arena_grow(&records->arena, records->steps, records->count, sizeof(Step));
    record = &records->records[records->count++];
    *record = (Record){
        .at_us = clock_wall_us(),
        .run = runner->setup.mandate.run,
        .target = (int) target + runner->setup.mandate.first_target,
        .kind = kind,
        .session = arena_strdup(
            &records->arena, session_id(&engine_target(runner->setup.engine, target)->before, id)),
    };
    return record;
}

static const char *command_name(const Runner *runner, const Target *target)
{
    const char *command = runner->setup.mandate.command;

    return command ? command : order_name(target->order.kind);
}

/* The session as it was seen, with the client behind it where a PgBouncer told. */
static json_t *seen(const Target *target)
{
    json_t *object = json_session(&target->before, target->seen_us);

    if (target->before.pooled && target->before.pooled->linked)
        json_add_pooled(object, &target->before);
    return object;
}

void records_add_intent(Runner *runner, const Action *action)
{
    const Mandate *mandate = &runner->setup.mandate;
    const Target *target = engine_target(runner->setup.engine, action->target);
    Record *record = add(runner, RECORD_INTENT, action->target);
    Arena *arena = &runner->records.arena;
    json_t *object;

    if (!record)
        return;
    object = json_object();
    json_object_set_new(object, "command", json_string(command_name(runner, target)));
    json_object_set_new(object, "remedy", json_string(remedy_name(action->remedy)));
    json_object_set_new(object, "scope", json_string(scope_name(target->scope)));
    json_object_set_new(object, "reason", json_string(action->text));
    mandate_tell(object, mandate, &runner->world, runner->setup.link, arena);
    json_object_set_new(object, "session", seen(target));
    json_object_set_new(object, "locks", json_integer(target->before.locks));
    json_object_set_new(object, "waiters", json_integer(target->before.waiters));
    json_object_set_new(object, "consequences", json_consequences(&target->foreseen));
    record->body = json_text(arena, object);
}

/* Its body is made when it is written: a step is recorded while a look is waited for. */
void records_add_step(Runner *runner, const Action *action)
{
    StepKind kind = action->step.kind;
    bool signal = kind == STEP_CANCEL || kind == STEP_TERMINATE;

    if (add(runner, signal ? RECORD_SIGNAL : RECORD_OBSERVATION, action->target))
        runner->records.steps[runner->records.count - 1] = action->step;
}

void records_add_outcome(Runner *runner, size_t index)
{
    const Target *target = engine_target(runner->setup.engine, index);
    Record *record = add(runner, RECORD_OUTCOME, index);
    json_t *object;

    if (!record)
        return;
    object = json_action(target);
    json_object_set_new(object, "command", json_string(command_name(runner, target)));
    mandate_tell(object, &runner->setup.mandate, &runner->world, runner->setup.link,
                 &runner->records.arena);
    record->body = json_text(&runner->records.arena, object);
}

static const char *step_body(const Step *step, Arena *arena)
{
    json_t *object = json_object();
    char at[INSTANT_TEXT_MAX];

    json_object_set_new(object, "at", json_string(instant_format(step->wall_us, at)));
    json_object_set_new(object, "step", json_string(step_name(step->kind)));
    json_object_set_new(object, "result", json_string(step->result));
    return json_text(arena, object);
}

/* One durable transaction for all that has gathered. From the first failure on nothing is written.
 */
bool records_flush(Runner *runner)
{
    Records *records = &runner->records;

    for (size_t i = 0; i < records->count; i++)
        if (!records->records[i].body)
            records->records[i].body = step_body(&records->steps[i], &records->arena);
    if (!runner->audit_failed && records->count > 0)
        runner->audit_failed = !store_append(runner->setup.store, records->records, records->count,
                                             &records->arena, &runner->audit_err);
    records->records = NULL;
    records->steps = NULL;
    records->count = 0;
    arena_clear(&records->arena);
    return !runner->audit_failed;
}
