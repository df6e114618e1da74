/* SPDX-License-Identifier: PostgreSQL */
/* Prune limit: how much of the audit trail's beginning may be removed. */
#include "cmd/prune_limit.h"

#include <assert.h>

#include "base/timefmt.h"
#include "cmd/door_book.h"
#include "cmd/log_actions.h"

typedef struct Survey {
    int64_t before_us;
    int64_t first;
    int64_t old_through; /* the last of the records that are old enough without a gap */
} Survey;

static bool survey_record(void *context, const Record *record)
{
    Survey *survey = context;

    if (survey->first == 0)
        survey->first = record->sequence;
    if (record->at_us >= survey->before_us)
        return false;
    survey->old_through = record->sequence;
    return true;
}

static const char *instant(int64_t at_us, Arena *arena)
{
    char at[INSTANT_TEXT_MAX];

    return arena_strdup(arena, instant_format(at_us, at));
}

/* Ends the beginning before that record, if it is in it. */
static bool end_before(PruneLimit *limit, int64_t sequence)
{
    if (sequence > limit->through)
        return false;
    limit->through = sequence - 1;
    return true;
}

static void spare_open(PruneLimit *limit, const LogActions *actions, Arena *arena)
{
    for (size_t i = 0; i < actions->count; i++) {
        const LogAction *action = &actions->actions[i];

        if (!action->outcome && end_before(limit, action->id))
            limit->keeper = arena_printf(arena, "action %lld of %s, which is open",
                                         (long long) action->id, instant(action->at_us, arena));
    }
}

/* Opening it needs the value that it had before. */
static void spare_door(PruneLimit *limit, const DoorEntry *door, Arena *arena)
{
    if (door->sequence != 0 && end_before(limit, door->sequence))
        limit->keeper =
            arena_printf(arena, "the door of %s, which was closed at %s and is closed yet",
                         door_subject(&door->door, arena), instant(door->at_us, arena));
}

/* From the newest on: where one is spared, those that began later are behind the end already. */
static void spare_unfinished(PruneLimit *limit, const LogActions *actions, Arena *arena)
{
    for (size_t i = actions->count; i-- > 0;) {
        const LogAction *action = &actions->actions[i];

        if (action->last > limit->through && end_before(limit, action->id))
            limit->keeper = arena_printf(arena, "action %lld of %s, which ended too late to go",
                                         (long long) action->id, instant(action->at_us, arena));
    }
}

typedef struct Measure {
    Arena *arena;
    PruneLimit *limit;
} Measure;

static bool measure_record(void *context, const Record *record)
{
    const Measure *measure = context;
    PruneLimit *limit = measure->limit;

    if (record->sequence > limit->through)
        return false;
    if (limit->records++ == 0 || record->at_us > limit->until_us)
        limit->until_us = record->at_us;
    if (record->sequence == limit->through)
        limit->hash = arena_strdup(measure->arena, record->hash);
    return true;
}

static bool measure(Store *store, const LogActions *actions, PruneLimit *limit, Arena *arena,
                    Err *err)
{
    Measure context = {arena, limit};
    StoreReading reading = {.visit = measure_record, .context = &context};

    for (size_t i = 0; i < actions->count; i++)
        limit->actions += actions->actions[i].id <= limit->through && !actions->actions[i].prune;
    if (limit->actions == 0) /* the record of a prune alone would only make room for the next */
        limit->through = 0;
    return limit->through == 0 || store_read(store, &reading, err);
}

bool prune_limit_find(Store *store, int64_t before_us, Arena *arena, PruneLimit *ret_limit,
                      Err *err)
{
    Survey survey = {.before_us = before_us};
    StoreReading reading = {.visit = survey_record, .context = &survey};
    PruneLimit limit = {0};
    LogActions actions;
    DoorEntry door;

    if (!store_read(store, &reading, err) || !log_actions_read(store, arena, &actions, err) ||
        !door_book_oldest(store, arena, &door, err))
        return false;
    limit.first = survey.first;
    limit.through = survey.old_through;
    spare_open(&limit, &actions, arena);
    spare_door(&limit, &door, arena);
    spare_unfinished(&limit, &actions, arena);
    if (!measure(store, &actions, &limit, arena, err))
        return false;
    assert(limit.through == 0 || limit.hash);
    *ret_limit = limit;
    return true;
}
