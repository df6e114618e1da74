/* SPDX-License-Identifier: PostgreSQL */
/* Scene: connects, and learns what a command has to know. */
#include "cmd/scene.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cmd/password.h"

#define CONNECT_TIMEOUT_US (15 * US_PER_S)
#define APPLICATION_NAME_MAX 64 /* PostgreSQL's NAMEDATALEN, terminator included */

/* The person behind it: sudo's user rather than root. */
static const char *system_user(Arena *arena)
{
    const char *sudo = getenv("SUDO_USER");
    const struct passwd *entry;

    if (sudo && sudo[0] != '\0' && geteuid() == 0)
        return sudo;
    entry = getpwuid(geteuid());
    if (entry)
        return arena_strdup(arena, entry->pw_name);
    return arena_printf(arena, "uid %u", (unsigned int) geteuid());
}

void scene_init(Scene *scene, Settings *settings)
{
    memset(scene, 0, sizeof(*scene));
    scene->settings = settings;
    arena_init(&scene->arena);
    scene->look = look_of(stdout);
    scene->names = names_new();
    scene->operator_name =
        settings->operator_name ? settings->operator_name : system_user(&scene->arena);
}

void scene_done(Scene *scene)
{
    if (scene->loop && scene->link)
        loop_remove(scene->loop, scene->link);
    link_free(scene->link);
    loop_free(scene->loop);
    names_free(scene->names);
    arena_done(&scene->arena);
}

/* What the server shows of us: `pgquell <operator> <ticket>`, cut to what it keeps. */
static const char *application_name(Scene *scene)
{
    const char *ticket = scene->settings->ticket;
    char *name = arena_printf(&scene->arena, "pgquell %s%s%s",
                              text_as_ascii(&scene->arena, scene->operator_name), ticket ? " " : "",
                              ticket ? text_as_ascii(&scene->arena, ticket) : "");

    if (strlen(name) >= APPLICATION_NAME_MAX)
        name[APPLICATION_NAME_MAX - 1] = '\0';
    return name;
}

/* Then libpq decides, as for psql. */
static bool environment_names_database(void)
{
    return getenv("PGDATABASE") || getenv("PGSERVICE");
}

/* In libpq a later parameter overrides an earlier one: what people may set themselves comes first.
 */
static void make_params(Scene *scene)
{
    const Settings *settings = scene->settings;
    ConninfoChanges changes = {settings->host, settings->port, settings->user, settings->dbname};
    LinkParams *params = &scene->params;

    scene->application_name = application_name(scene);
    link_params_add(params, "keepalives_idle", "10");
    link_params_add(params, "keepalives_interval", "5");
    link_params_add(params, "keepalives_count", "3");
    link_params_add(params, "tcp_user_timeout", "30000");
    conninfo_add_params(params, &scene->arena, &scene->cluster, &changes,
                        environment_names_database() ? NULL : "postgres");
    link_params_add(params, "application_name", scene->application_name);
    /* No conversion, so that no foreign-encoded text can fail a sample. */
    link_params_add(params, "client_encoding", "SQL_ASCII");
}

static bool connect_once(Scene *scene, Err *err)
{
    if (scene->link)
        loop_remove(scene->loop, scene->link);
    link_free(scene->link);
    scene->link = link_new(&scene->params);
    loop_add(scene->loop, scene->link);
    return loop_connect(scene->loop, scene->link, CONNECT_TIMEOUT_US, err);
}

/* What a full server says. libpq does not tell the SQLSTATE (53300) of a failed connection, so the
 * words of 10 to 18 are looked for. Source: manual, "Connection Settings". */
static void explain_slots(Err *err)
{
    if (strstr(err->message, "remaining connection slots are reserved"))
        (void) err_hint(
            err, "Ordinary roles stop at max_connections less superuser_reserved_connections (and, "
                 "from 16 on, reserved_connections). Connect as a superuser, or from 16 on as a "
                 "member of pg_use_reserved_connections.");
    else if (strstr(err->message, "too many clients already"))
        (void) err_hint(
            err, "Every slot is taken, also those reserved for superusers: a client has to leave "
                 "first.");
    else if (strstr(err->message, "too many connections for"))
        (void) err_hint(
            err, "It has a CONNECTION LIMIT of its own: connect as another role or to another "
                 "database.");
}

static void explain_password(Err *err)
{
    if (strstr(err->message, "no password supplied"))
        (void) err_hint(err, "Ask for one with -W, or give it in ~/.pgpass or PGPASSWORD.");
}

static bool connect_with_password(Scene *scene, Err *err)
{
    const Settings *settings = scene->settings;
    bool asked = settings->ask_password;

    if (asked)
        link_params_add(&scene->params, "password",
                        password_ask(scene->loop, &scene->arena, settings->user));
    if (connect_once(scene, err))
        return true;
    if (!link_needs_password(scene->link) || settings->never_password || asked)
        return false;
    link_params_add(&scene->params, "password",
                    password_ask(scene->loop, &scene->arena, settings->user));
    return connect_once(scene, err);
}

static bool learn_world(Scene *scene, Err *err)
{
    WorldAnswer *world = ARENA_NEW(&scene->arena, WorldAnswer);
    SystemAnswer *system = ARENA_NEW(&scene->arena, SystemAnswer);
    Err ignored;

    world->answer.arena = system->answer.arena = &scene->arena;
    ask_world(scene->link, world);
    ask_system(scene->link, system);
    if (!loop_await(scene->loop, scene->link, &world->answer, err)) {
        if (err->code != ERR_INTERRUPTED)
            err->code = ERR_CONNECTION;
        return false;
    }
    scene->world = world->world;
    scene->world.protections = &scene->protections;
    scene->utf8 = world->utf8;
    if (loop_await(scene->loop, scene->link, &system->answer, &ignored))
        scene->world.system_identifier = system->system_identifier;
    return true;
}

bool scene_connect(Scene *scene, Err *err)
{
    if (!loop_new(&scene->loop, err))
        return false;
    make_params(scene);
    if (!connect_with_password(scene, err)) {
        explain_slots(err);
        explain_password(err);
        return false;
    }
    return learn_world(scene, err);
}

bool scene_reconnect(Scene *scene, Err *err)
{
    uint64_t identifier = scene->world.system_identifier;

    if (link_state(scene->link) == LINK_READY)
        return true;
    if (!loop_connect(scene->loop, scene->link, CONNECT_TIMEOUT_US, err) ||
        !learn_world(scene, err))
        return false;
    if (scene->world.system_identifier == identifier)
        return true;
    return err_set(err, ERR_CONNECTION,
                   "another server answers by now: its system identifier is "
                   "not the one before");
}

static bool anybody_waits(const Scene *scene)
{
    for (size_t i = 0; i < scene->session_count; i++)
        if (session_waits(&scene->sessions[i], "Lock", NULL))
            return true;
    return false;
}

bool scene_await(Scene *scene, const Answer *answer, Err *err)
{
    if (loop_await(scene->loop, scene->link, answer, err))
        return true;
    if (err->code != ERR_INTERRUPTED)
        err->code = ERR_CONNECTION;
    return false;
}

/* A lock on a catalog keeps names from us, and need not keep us from all else. */
static bool await_names(Scene *scene, NamesAnswer *names, Err *err)
{
    if (scene_await(scene, &names->answer, err)) {
        names_learn(scene->names, names->sessions, names->count);
        return true;
    }
    if (!names->answer.failed || names->answer.lost)
        return false;
    names_recall(scene->names, names->sessions, names->count);
    return true;
}

bool scene_await_until(Scene *scene, const Answer *answer, int64_t deadline_us)
{
    while (!answer->done && clock_steady_us() < deadline_us && loop_interrupts(scene->loop) == 0)
        loop_turn(scene->loop, deadline_us);
    return answer->done && !answer->failed;
}

bool scene_snapshot(Scene *scene, bool burdens, Err *err)
{
    SessionsAnswer *sessions = ARENA_NEW(&scene->arena, SessionsAnswer);
    NamesAnswer *names = ARENA_NEW(&scene->arena, NamesAnswer);
    BurdensAnswer *answer = ARENA_NEW(&scene->arena, BurdensAnswer);

    sessions->answer.arena = names->answer.arena = answer->answer.arena = &scene->arena;
    ask_sessions(scene->link, sessions);
    if (!scene_await(scene, &sessions->answer, err))
        return false;
    scene->sessions = names->sessions = answer->sessions = sessions->sessions;
    scene->session_count = names->count = answer->count = sessions->count;
    scene->server_us = sessions->server_us;
    names->world = &scene->world;
    ask_names(scene->link, names);
    if (burdens || anybody_waits(scene))
        ask_burdens(scene->link, answer);
    else
        answer->answer.done = true;
    if (!await_names(scene, names, err) || !scene_await(scene, &answer->answer, err))
        return false;
    scene->blocking = (Blocking){answer->edges, answer->edge_count};
    return true;
}

void scene_warn_of_limits(const Scene *scene)
{
    unsigned int hits = scene->settings->filter.match_limit_hits;

    if (hits > 0)
        (void) fprintf(
            stderr,
            "pgquell: warning: the regular expression gave up on %u session%s, which %s not "
            "counted as matching\n",
            hits, hits == 1 ? "" : "s", hits == 1 ? "is" : "are");
}
