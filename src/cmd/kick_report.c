/* SPDX-License-Identifier: PostgreSQL */
/* kick, its last words: who came back, who is still there, and what keeps a database from being
 * dropped. */
#include <stdio.h>
#include <string.h>

#include "base/shell.h"
#include "base/text.h"
#include "cmd/kick.h"
#include "pg/ask_door.h"
#include "ui/flow.h"

#define NAMED_MAX 5 /* of a list in a sentence */

/* A sentence: in a program's run it must not get between the objects. */
static void say(const Kick *kick, const char *text)
{
    const Scene *scene = kick->act.scene;
    bool json = scene->settings->json;
    Look look = json ? look_of(stderr) : scene->look;
    Arena arena;
    StrBuf buf;
    Flow flow;

    if (scene->settings->quiet)
        return;
    arena_init(&arena);
    strbuf_init(&buf);
    flow = flow_begin(&look, &buf, 0, 4);
    if (json)
        flow_words(&flow, "pgquell:", STYLE_PLAIN);
    flow_words(&flow, look_text(&look, &arena, text), STYLE_PLAIN);
    flow_end(&flow);
    look_write(json ? stderr : stdout, &buf);
    strbuf_done(&buf);
    arena_done(&arena);
}

static const char *name_or(const char *name, const char *otherwise, Arena *arena)
{
    return name && name[0] != '\0' ? text_cleaned(arena, name) : otherwise;
}

/* `app@apps, application checkout, from 10.0.0.5`. */
static const char *group_text(const ComerGroup *group, Arena *arena)
{
    const Session *session = group->first;
    const char *from = session->client        ? text_cleaned(arena, session->client)
                       : session->over_socket ? "a local socket"
                                              : "an unknown address";

    return arena_printf(arena, "%s@%s application %s from %s (%zu)",
                        name_or(session->role, "?", arena), name_or(session->database, "?", arena),
                        name_or(session->application, "\"\"", arena), from, group->count);
}

static void tell_comers(Kick *kick)
{
    Comers *comers = &kick->comers;
    Arena *arena = &kick->act.scene->arena;
    bool ended = kick->keeps;
    const char *list = "";

    if (comers->count == 0)
        return;
    comers_sort(comers);
    for (size_t i = 0; i < comers->group_count && i < NAMED_MAX; i++)
        list = arena_printf(arena, "%s%s %s", list, i ? "," : "",
                            group_text(&comers->groups[i], arena));
    if (comers->group_count > NAMED_MAX)
        list = arena_printf(arena, "%s, and %zu more kinds", list, comers->group_count - NAMED_MAX);
    say(kick, arena_printf(arena, "%zu came back, %zu came anew%s:%s", comers->back_count,
                           comers->count - comers->back_count, ended ? " while it was emptied" : "",
                           list));
}

static bool is_autovacuum(const Session *session)
{
    return session->backend_type && strcmp(session->backend_type, "autovacuum worker") == 0;
}

/* Whether the session is of this database or role, and of those that were meant, if only by what
 * everybody sees. */
static bool is_of(const Kick *kick, const DoorFacts *subject, const Session *session)
{
    Scene *scene = kick->act.scene;
    const char *name = subject->is_role ? session->role : session->database;

    return session->pid != scene->world.own_pid && name && strcmp(name, subject->name) == 0 &&
           filter_matches(&scene->settings->filter, session, scene->server_us);
}

static const char *session_text(const Session *session, Arena *arena)
{
    const char *type = name_or(session->backend_type, "hidden", arena);

    if (!session_is_client(session))
        return arena_printf(arena, "pid %d (%s)", session->pid, type);
    return arena_printf(arena, "pid %d (%s, application %s)", session->pid,
                        name_or(session->role, "?", arena),
                        name_or(session->application, "\"\"", arena));
}

/* Who is still there, as a list; *ret_count without autovacuum workers, which keep nobody out. */
static const char *remaining(const Kick *kick, const DoorFacts *subject, size_t *ret_count)
{
    const Scene *scene = kick->act.scene;
    Arena *arena = &kick->act.scene->arena;
    const char *list = "";
    size_t count = 0;

    for (size_t i = 0; i < scene->session_count; i++) {
        const Session *session = &scene->sessions[i];

        if (!is_of(kick, subject, session) || is_autovacuum(session))
            continue;
        if (count++ < NAMED_MAX)
            list = arena_printf(arena, "%s%s%s", list, count > 1 ? ", " : "",
                                session_text(session, arena));
    }
    if (count > NAMED_MAX)
        list = arena_printf(arena, "%s and %zu more", list, count - NAMED_MAX);
    *ret_count = count;
    return list;
}

/* How to open it again: what the plain command would connect to may be what is closed. */
static const char *let_in_text(const Kick *kick, const DoorTask *task, Arena *arena)
{
    const Door *door = &task->door;
    const char *database = link_parameter(kick->act.scene->link, "dbname");
    const char *elsewhere = "";

    if (door->lock == DOOR_LIMIT && !kick->act.scene->world.superuser)
        elsewhere = " -d OTHER-DATABASE";
    else if (door->lock == DOOR_CONNECTIONS && strcmp(door->name, "postgres") == 0 && database)
        elsewhere = arena_printf(arena, " -d %s", shell_word(arena, database));
    return arena_printf(arena, "pgquell let-in --%s %s%s", door_kind(door->lock),
                        shell_word(arena, door->name), elsewhere);
}

/* Whether `let-in` will open it: not what somebody else had closed before. */
static bool is_ours(const Kick *kick, const DoorTask *task)
{
    return task->outcome == DOOR_CLOSED || door_book_find(&kick->keeper.book, &task->door);
}

static const char *door_text(const Kick *kick, const DoorFacts *subject, Arena *arena)
{
    for (size_t i = 0; i < kick->door_count; i++) {
        const DoorTask *task = &kick->doors[i];

        if (task->door.console || task->facts.oid != subject->oid ||
            task->facts.is_role != subject->is_role)
            continue;
        if (!is_ours(kick, task))
            return "; its door is closed, though not by pgquell";
        return arena_printf(arena, "; its door is closed (%s); open it with: %s",
                            door_remedy(&task->door, false, arena), let_in_text(kick, task, arena));
    }
    return "";
}

static void tell_subject(Kick *kick, const DoorFacts *subject)
{
    Arena *arena = &kick->act.scene->arena;
    const Filter *filter = &kick->act.scene->settings->filter;
    bool alone = filter->text_counts[FILTER_APPLICATION] == 0 &&
                 filter->text_counts[subject->is_role ? FILTER_DATABASE : FILTER_ROLE] == 0;
    const char *kind = subject->is_role ? "role" : "database";
    const char *name = text_cleaned(arena, subject->name);
    const char *door = door_text(kick, subject, arena);
    const char *list;
    size_t count;

    list = remaining(kick, subject, &count);
    if (kick->blind)
        say(kick,
            arena_printf(arena, "whether %s %s is empty could not be seen%s", kind, name, door));
    else if (count > 0)
        say(kick, arena_printf(arena, "%s %s is not empty, %zu still there: %s%s", kind, name,
                               count, list, door));
    else if (!alone)
        say(kick,
            arena_printf(arena, "%s %s has no session left that is meant%s", kind, name, door));
    else
        say(kick, arena_printf(arena, "%s %s %s%s", kind, name,
                               subject->is_role ? "has no session left" : "is empty", door));
}

static void tell_obstacle(Kick *kick, const DoorFacts *subject, const char *kind, const char *name)
{
    Arena *arena = &kick->act.scene->arena;
    const char *database = text_cleaned(arena, subject->name);
    bool goes_along = strcmp(kind, "logical replication slot") == 0;

    say(kick, arena_printf(arena,
                           goes_along ? "DROP DATABASE %s would drop %s %s with it"
                                      : "DROP DATABASE %s would refuse: %s %s",
                           database, kind, name));
}

static void tell_obstacles(Kick *kick, const DoorFacts *subject, bool subscriptions)
{
    Scene *scene = kick->act.scene;
    ObstaclesAnswer *answer = ARENA_NEW(&scene->arena, ObstaclesAnswer);
    Err ignored;

    answer->answer.arena = &scene->arena;
    if (subscriptions)
        ask_drop_subscriptions(scene->link, answer, subject->oid);
    else
        ask_drop_obstacles(scene->link, answer, subject->oid);
    if (!loop_await(scene->loop, scene->link, &answer->answer, &ignored))
        return; /* what may not be read is not told */
    for (size_t i = 0; i < answer->count; i++)
        tell_obstacle(kick, subject, answer->kinds[i], answer->names[i]);
}

static void tell_autovacuum(Kick *kick, const DoorFacts *subject)
{
    const Scene *scene = kick->act.scene;

    for (size_t i = 0; i < scene->session_count; i++) {
        const Session *session = &scene->sessions[i];

        if (!is_autovacuum(session) || session->database_oid != subject->oid)
            continue;
        say(kick,
            arena_printf(&kick->act.scene->arena,
                         "pid %d, an autovacuum worker, is in database %s: DROP DATABASE ends "
                         "it by itself",
                         session->pid, text_cleaned(&kick->act.scene->arena, subject->name)));
    }
}

void kick_report(Kick *kick)
{
    tell_comers(kick);
    if (kick->out_of_time)
        say(kick, "they kept coming until the rounds or the --timeout were used up");
    for (size_t i = 0; i < kick->subject_count; i++) {
        const DoorFacts *subject = &kick->subjects[i];

        tell_subject(kick, subject);
        if (subject->is_role || kick->blind || kick->act.scene->settings->quiet)
            continue;
        tell_autovacuum(kick, subject);
        tell_obstacles(kick, subject, false);
        tell_obstacles(kick, subject, true);
    }
}
