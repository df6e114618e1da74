/* SPDX-License-Identifier: PostgreSQL */
/* Waiting: asks for locks and prepared transactions, and for the names of what is locked. */
#include "cmd/waiting.h"

#include "pg/ask_locks.h"

#define NAMES_WAIT_US (2 * US_PER_S)
#define NAMES_DATABASES_MAX 8 /* in which relations are named */

/* The relations of one database, over a connection of its own. */
typedef struct Naming {
    Link *link;
    bool asked;
    RelationsAnswer relations;
} Naming;

/* A session's database by its oid; NULL where no session is in it. */
static const char *database_named(const Scene *scene, const Waiting *waiting, uint32_t oid)
{
    for (size_t i = 0; i < scene->session_count; i++)
        if (scene->sessions[i].database_oid == oid)
            return scene->sessions[i].database;
    for (size_t i = 0; i < waiting->prepared_count; i++)
        if (waiting->prepared[i].database_oid == oid)
            return waiting->prepared[i].database;
    return NULL;
}

static bool is_begun(const Naming *namings, size_t count, uint32_t database_oid)
{
    for (size_t i = 0; i < count; i++)
        if (namings[i].relations.database_oid == database_oid)
            return true;
    return false;
}

/* One for every database that has a relation in the locks; answers how many. */
static size_t begin_naming(Scene *scene, const Waiting *waiting, Naming *namings)
{
    size_t count = 0;

    for (size_t i = 0; i < waiting->lock_count && count < NAMES_DATABASES_MAX; i++) {
        const LockTag *tag = &waiting->locks[i].tag;
        const char *database;

        if (tag->relation == 0 || tag->database == 0 || is_begun(namings, count, tag->database))
            continue;
        database = database_named(scene, waiting, tag->database);
        if (!database || !loop_has_room(scene->loop))
            continue;
        namings[count] = (Naming){.link = link_sibling(scene->link, database)};
        namings[count].relations = (RelationsAnswer){.answer = {.arena = &scene->arena},
                                                     .locks = waiting->locks,
                                                     .count = waiting->lock_count,
                                                     .database_oid = tag->database};
        loop_add(scene->loop, namings[count].link);
        link_start(namings[count].link);
        count++;
    }
    return count;
}

/* Asks where that has become possible; whether nothing more will come of it. */
static bool naming_is_over(Naming *naming)
{
    if (!naming->asked && link_state(naming->link) == LINK_READY) {
        naming->asked = true;
        ask_relations(naming->link, &naming->relations);
    }
    return naming->relations.answer.done || link_state(naming->link) == LINK_BROKEN;
}

static bool all_are_over(Naming *namings, size_t count)
{
    bool over = true;

    for (size_t i = 0; i < count; i++)
        over = naming_is_over(&namings[i]) && over;
    return over;
}

/* A name that does not come in time is no failure: the oid is shown. */
static void name_relations(Scene *scene, const Waiting *waiting)
{
    int64_t deadline_us = clock_steady_us() + NAMES_WAIT_US;
    Naming namings[NAMES_DATABASES_MAX];
    size_t count = begin_naming(scene, waiting, namings);

    while (!all_are_over(namings, count) && clock_steady_us() < deadline_us &&
           loop_interrupts(scene->loop) == 0)
        loop_turn(scene->loop, deadline_us);
    for (size_t i = 0; i < count; i++) {
        loop_remove(scene->loop, namings[i].link);
        link_free(namings[i].link);
    }
}

/* What is asked, and lives as long as the scene does: an answer may come late. */
typedef struct Questions {
    PreparedAnswer prepared;
    LocksAnswer locks;
} Questions;

static Questions *ask(Scene *scene)
{
    Questions *questions = ARENA_NEW(&scene->arena, Questions);

    questions->prepared.answer.arena = questions->locks.answer.arena = &scene->arena;
    ask_prepared(scene->link, &questions->prepared);
    if (scene->blocking.count > 0)
        ask_wait_locks(scene->link, &questions->locks);
    else
        questions->locks.answer.done = true;
    return questions;
}

static Waiting take(const Questions *questions)
{
    return (Waiting){
        .prepared = questions->prepared.prepared,
        .prepared_count = questions->prepared.count,
        .locks = questions->locks.locks,
        .lock_count = questions->locks.count,
    };
}

static void grow(Scene *scene, Waiting *waiting)
{
    waiting->waits = waits_grow(&(WaitFacts){.sessions = scene->sessions,
                                             .session_count = scene->session_count,
                                             .prepared = waiting->prepared,
                                             .prepared_count = waiting->prepared_count,
                                             .locks = waiting->locks,
                                             .lock_count = waiting->lock_count,
                                             .blocking = scene->blocking},
                                &scene->arena);
}

bool waiting_learn(Scene *scene, Waiting *ret_waiting, Err *err)
{
    const Questions *questions = ask(scene);

    if (!scene_await(scene, &questions->prepared.answer, err) ||
        !scene_await(scene, &questions->locks.answer, err))
        return false;
    *ret_waiting = take(questions);
    name_relations(scene, ret_waiting);
    grow(scene, ret_waiting);
    return true;
}

bool waiting_glimpse(Scene *scene, int64_t deadline_us, Waiting *ret_waiting)
{
    const Questions *questions = ask(scene);

    if (!scene_await_until(scene, &questions->prepared.answer, deadline_us) ||
        !scene_await_until(scene, &questions->locks.answer, deadline_us))
        return false;
    *ret_waiting = take(questions);
    grow(scene, ret_waiting);
    return true;
}
