/* SPDX-License-Identifier: PostgreSQL */
/* Poolers: asks the PgBouncers who is behind the sessions. */
#include "cmd/poolers.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "pg/bouncer.h"

/* For all consoles together: they are a help, and nobody should have to wait for help. */
#define POOLERS_TIMEOUT_US (2 * US_PER_S)

typedef struct Pooler {
    Bouncer bouncer;
    BouncerAnswer *answer; /* NULL until it is asked */
    bool finished;         /* it has answered, or a warning has been printed */
    bool read;
} Pooler;

typedef struct Poolers {
    Scene *scene;
    Pooler poolers[PGBOUNCERS_MAX];
    size_t count;
} Poolers;

static bool is_named_before(const Settings *settings, size_t place)
{
    for (size_t i = 0; i < place; i++)
        if (strcmp(settings->pgbouncers[i], settings->pgbouncers[place]) == 0)
            return true;
    return false;
}

/* Begins to connect to all of them. One that is named twice would contradict itself. */
static bool open_all(Poolers *poolers, Err *err)
{
    Scene *scene = poolers->scene;
    const Settings *settings = scene->settings;

    for (size_t i = 0; i < settings->pgbouncer_count; i++) {
        Pooler *pooler = &poolers->poolers[poolers->count];

        if (is_named_before(settings, i))
            continue;
        if (!bouncer_open(&scene->arena, settings->pgbouncers[i], scene->application_name,
                          &pooler->bouncer, err))
            return false;
        poolers->count++;
        loop_add(scene->loop, pooler->bouncer.link);
        link_start(pooler->bouncer.link);
    }
    return true;
}

static void close_all(Poolers *poolers)
{
    for (size_t i = 0; i < poolers->count; i++) {
        loop_remove(poolers->scene->loop, poolers->poolers[i].bouncer.link);
        link_free(poolers->poolers[i].bouncer.link);
    }
}

/* The command goes on without it. */
static void give_up(Poolers *poolers, Pooler *pooler, const Err *err)
{
    Arena *arena = &poolers->scene->arena;

    (void) fprintf(stderr, "pgquell: warning: could not ask PgBouncer %s for clients: %s",
                   text_cleaned(arena, pooler->bouncer.name), text_cleaned(arena, err->message));
    if (err->hint[0] != '\0')
        (void) fprintf(stderr, " (%s)", text_cleaned(arena, err->hint));
    (void) fputc('\n', stderr);
    pooler->finished = true;
}

static void ask(Poolers *poolers, Pooler *pooler)
{
    pooler->answer = ARENA_NEW(&poolers->scene->arena, BouncerAnswer);
    pooler->answer->answer.arena = &poolers->scene->arena;
    ask_bouncer(pooler->bouncer.link, pooler->answer);
}

static void advance(Poolers *poolers, Pooler *pooler)
{
    Link *link = pooler->bouncer.link;

    if (!pooler->answer && link_state(link) == LINK_READY)
        ask(poolers, pooler);
    if (!pooler->answer) {
        if (link_state(link) == LINK_BROKEN)
            give_up(poolers, pooler, link_error(link));
        return;
    }
    if (!pooler->answer->answer.done)
        return;
    pooler->read = !pooler->answer->answer.failed;
    if (!pooler->read)
        give_up(poolers, pooler, &pooler->answer->answer.err);
    pooler->finished = true;
}

static bool all_finished(Poolers *poolers)
{
    bool finished = true;

    for (size_t i = 0; i < poolers->count; i++) {
        if (!poolers->poolers[i].finished)
            advance(poolers, &poolers->poolers[i]);
        finished = finished && poolers->poolers[i].finished;
    }
    return finished;
}

/* Until all have answered or cannot, or the time is up; false on an interrupt. */
static bool read_all(Poolers *poolers, Err *err)
{
    Loop *loop = poolers->scene->loop;
    int64_t deadline = clock_steady_us() + POOLERS_TIMEOUT_US;
    Err late;

    while (!all_finished(poolers) && clock_steady_us() < deadline) {
        loop_turn(loop, deadline);
        if (loop_interrupts(loop) > 0)
            return err_set(err, ERR_INTERRUPTED, "interrupted");
    }
    (void) err_set(&late, ERR_CONNECTION, "no answer within %d s",
                   (int) (POOLERS_TIMEOUT_US / US_PER_S));
    for (size_t i = 0; i < poolers->count; i++)
        if (!poolers->poolers[i].finished)
            give_up(poolers, &poolers->poolers[i], &late);
    return true;
}

static void match(Poolers *poolers)
{
    Scene *scene = poolers->scene;
    BouncerReading readings[PGBOUNCERS_MAX];
    size_t count = 0;

    for (size_t i = 0; i < poolers->count; i++)
        if (poolers->poolers[i].read)
            readings[count++] = poolers->poolers[i].answer->reading;
    pooled_match(readings, count, scene->sessions, scene->session_count, &scene->arena);
}

/* Looks at the sessions once more, so that nothing is said of one that was handed on meanwhile. */
static bool confirm(Scene *scene, Err *err)
{
    SessionsAnswer *looked = ARENA_NEW(&scene->arena, SessionsAnswer);
    int *pids = ARENA_ARRAY(&scene->arena, int, scene->session_count);
    size_t count = 0;
    Err lost;

    for (size_t i = 0; i < scene->session_count; i++)
        if (scene->sessions[i].pooled)
            pids[count++] = scene->sessions[i].pid;
    if (count == 0)
        return true;
    looked->answer.arena = &scene->arena;
    ask_look(scene->link, looked, pids, count);
    if (!loop_await(scene->loop, scene->link, &looked->answer, &lost)) {
        looked->count = 0; /* without an answer nothing is certain */
        if (lost.code == ERR_INTERRUPTED) {
            *err = lost;
            return false;
        }
    }
    pooled_confirm(scene->sessions, scene->session_count, looked->sessions, looked->count);
    return true;
}

bool scene_pooled(Scene *scene, Err *err)
{
    Poolers poolers = {.scene = scene};
    bool read;

    if (scene->settings->pgbouncer_count == 0)
        return true;
    read = open_all(&poolers, err) && read_all(&poolers, err);
    if (read)
        match(&poolers);
    close_all(&poolers);
    return read && confirm(scene, err);
}
