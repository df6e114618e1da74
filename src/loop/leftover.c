/* SPDX-License-Identifier: PostgreSQL */
/* Leftover: the invalid indexes that a stopped CREATE INDEX CONCURRENTLY leaves behind, by name.
 *
 * Names are in the target's own database, so they are read on a connection of its own, outside the
 * signal path. Where that fails, the tables' oids are told. */
#include <assert.h>
#include <stdlib.h>

#include "core/statement.h"
#include "loop/runner_internal.h"

#define LEFTOVER_TIMEOUT_US (5 * US_PER_S)

struct Leftover {
    Leftover *next;
    size_t target;
    Arena arena;
    OidsAnswer tables; /* on which the index was being built, before the signal */
    Link *link;        /* to the target's database; NULL: not asked */
    bool asking;
    int64_t deadline_us;
    const Session *session; /* as it was seen last, a copy; NULL when gone */
    TextsAnswer indexes;
};

/* Notes the tables while they are locked; to be called before anything is signalled. */
void leftover_prepare(Runner *runner)
{
    for (size_t i = 0; i < engine_target_count(runner->setup.engine); i++) {
        const Target *target = engine_target(runner->setup.engine, i);
        Leftover *leftover;

        if (target->state == TARGET_FINISHED ||
            !statement_builds_concurrently(target->before.query))
            continue;
        leftover = xcalloc(1, sizeof(*leftover));
        arena_init(&leftover->arena);
        leftover->target = i;
        leftover->next = runner->leftovers;
        runner->leftovers = leftover;
        leftover->tables.answer.arena = &leftover->arena;
        ask_building(runner->setup.link, &leftover->tables, target->before.pid);
    }
}

bool leftover_ask(Runner *runner, size_t target, const Session *session)
{
    Leftover *leftover = runner->leftovers;

    while (leftover && leftover->target != target)
        leftover = leftover->next;
    if (!leftover || leftover->link || !leftover->tables.answer.done || leftover->tables.count == 0)
        return false;
    if (link_state(runner->setup.link) != LINK_READY || !loop_has_room(runner->setup.loop))
        return false;
    if (session) {
        Session *copy = ARENA_NEW(&leftover->arena, Session);

        *copy = session_copy(session, &leftover->arena);
        leftover->session = copy;
    }
    leftover->link = link_sibling(runner->setup.link,
                                  engine_target(runner->setup.engine, target)->before.database);
    leftover->deadline_us = clock_steady_us() + LEFTOVER_TIMEOUT_US;
    loop_add(runner->setup.loop, leftover->link);
    link_start(leftover->link);
    return true;
}

static const char *names(Leftover *leftover)
{
    const TextsAnswer *indexes = &leftover->indexes;
    const char *list;

    if (!indexes->answer.done || indexes->answer.failed)
        return arena_printf(&leftover->arena,
                            "an invalid index may be left on the table with oid %u; drop it",
                            (unsigned int) leftover->tables.oids[0]);
    if (indexes->count == 0)
        return NULL;
    list = indexes->texts[0];
    for (size_t i = 1; i < indexes->count; i++)
        list = arena_printf(&leftover->arena, "%s, %s", list, indexes->texts[i]);
    return arena_printf(
        &leftover->arena,
        "invalid on its table now: %s; DROP INDEX CONCURRENTLY removes what it left", list);
}

/* Tells the engine what it has waited for. The link goes first, so that this happens once. */
static void tell(Runner *runner, Leftover *leftover)
{
    Event event = {.kind = EVENT_LOOKED,
                   .target = leftover->target,
                   .session = leftover->session,
                   .server_us = clock_wall_us(),
                   .text = names(leftover)};

    leftover->tables.count = 0;
    loop_remove(runner->setup.loop, leftover->link);
    link_free(leftover->link);
    leftover->link = NULL;
    runner_feed(runner, &event);
}

static bool is_over(const Leftover *leftover)
{
    return leftover->indexes.answer.done || link_state(leftover->link) == LINK_BROKEN ||
           clock_steady_us() >= leftover->deadline_us;
}

void leftover_advance(Runner *runner)
{
    for (Leftover *leftover = runner->leftovers; leftover; leftover = leftover->next) {
        if (!leftover->link)
            continue;
        if (!leftover->asking && link_state(leftover->link) == LINK_READY) {
            leftover->asking = true;
            leftover->indexes.answer.arena = &leftover->arena;
            ask_invalid_indexes(leftover->link, &leftover->indexes, leftover->tables.oids,
                                leftover->tables.count);
        }
        if (is_over(leftover))
            tell(runner, leftover);
    }
}

void leftover_done(Runner *runner)
{
    while (runner->leftovers) {
        Leftover *leftover = runner->leftovers;

        runner->leftovers = leftover->next;
        if (leftover->link) {
            loop_remove(runner->setup.loop, leftover->link);
            link_free(leftover->link);
        }
        arena_done(&leftover->arena);
        free(leftover);
    }
}
