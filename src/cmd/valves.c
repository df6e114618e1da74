/* SPDX-License-Identifier: PostgreSQL */
/* Valves: databases at PgBouncers, paused and disabled through their consoles. */
#include "cmd/valves.h"

#include <string.h>

#include "base/text.h"

#define CONSOLE_WAIT_US (5 * US_PER_S) /* for a connection or an answer */
#define LOOK_PAUSE_US (5 * US_PER_MS)  /* between looks whether a PAUSE is in force */

void valves_init(Valves *valves, Scene *scene)
{
    *valves = (Valves){.scene = scene};
}

static void drop_link(Valves *valves, Link *link)
{
    if (!link)
        return;
    loop_remove(valves->scene->loop, link);
    link_free(link);
}

/* A PAUSE stays when its connection goes away. */
void valves_done(Valves *valves)
{
    for (size_t i = 0; i < valves->pause_count; i++)
        drop_link(valves, valves->pauses[i]);
    for (size_t i = 0; i < valves->count; i++)
        drop_link(valves, valves->consoles[i].link);
    valves->count = valves->pause_count = 0;
}

static bool connect_link(Valves *valves, Link *link, Err *err)
{
    int64_t deadline = clock_steady_us() + CONSOLE_WAIT_US;

    link_start(link);
    while (link_state(link) != LINK_READY && link_state(link) != LINK_BROKEN &&
           clock_steady_us() < deadline)
        loop_turn(valves->scene->loop, deadline);
    if (link_state(link) == LINK_READY)
        return true;
    if (link_state(link) == LINK_BROKEN)
        *err = *link_error(link);
    else
        (void) err_set(err, ERR_CONNECTION, "no answer within %d s",
                       (int) (CONSOLE_WAIT_US / US_PER_S));
    return false;
}

static bool await(Valves *valves, Link *link, const Answer *answer, Err *err)
{
    int64_t deadline = clock_steady_us() + CONSOLE_WAIT_US;

    while (!answer->done && clock_steady_us() < deadline)
        loop_turn(valves->scene->loop, deadline);
    if (!answer->done)
        link_stop(link);
    if (answer->failed)
        *err = answer->err;
    return !answer->failed;
}

/* A link of its own to a console; NULL where there is none, or no room. */
static Link *new_link(Valves *valves, const char *conninfo, Err *err)
{
    Scene *scene = valves->scene;
    Bouncer bouncer;

    if (!loop_has_room(scene->loop)) {
        (void) err_set(err, ERR_UNRESOLVED, "too many connections are open");
        return NULL;
    }
    if (!bouncer_open(&scene->arena, conninfo, scene->application_name, &bouncer, err))
        return NULL;
    loop_add(scene->loop, bouncer.link);
    if (connect_link(valves, bouncer.link, err))
        return bouncer.link;
    drop_link(valves, bouncer.link);
    return NULL;
}

static bool read_databases(Valves *valves, Console *console, Err *err)
{
    Arena *arena = &valves->scene->arena;
    BouncerDatabasesAnswer *answer = ARENA_NEW(arena, BouncerDatabasesAnswer);

    if (link_state(console->link) != LINK_READY && !connect_link(valves, console->link, err))
        return false;
    answer->answer.arena = arena;
    ask_bouncer_databases(console->link, answer);
    if (!await(valves, console->link, &answer->answer, err))
        return false;
    console->databases = answer->databases;
    console->database_count = answer->count;
    return true;
}

static bool open_console(Valves *valves, const char *conninfo, Err *err)
{
    Arena *arena = &valves->scene->arena;
    Console console = {.conninfo = conninfo};

    if (valves->count == PGBOUNCERS_MAX)
        return err_set(err, ERR_USAGE, "too many PgBouncers");
    console.link = new_link(valves, conninfo, err);
    if (!console.link)
        return false;
    console.address = bouncer_address(console.link, arena);
    console.role = arena_strdup(arena, link_parameter(console.link, "user"));
    valves->consoles[valves->count++] = console;
    return read_databases(valves, &valves->consoles[valves->count - 1], err);
}

static bool is_open(const Valves *valves, const char *conninfo)
{
    for (size_t i = 0; i < valves->count; i++)
        if (strcmp(valves->consoles[i].conninfo, conninfo) == 0)
            return true;
    return false;
}

static void explain(const Err *reason, Err *err)
{
    if (reason->code == ERR_USAGE) {
        *err = *reason;
        return;
    }
    (void) err_set(err, ERR_CONNECTION, "could not use the console of a PgBouncer: %s",
                   reason->message);
    (void) err_hint(err, "%s", reason->hint);
}

bool valves_open(Valves *valves, Err *err)
{
    const Settings *settings = valves->scene->settings;
    bool all = true;
    Err reason;

    for (size_t i = 0; i < settings->pgbouncer_count; i++) {
        if (is_open(valves, settings->pgbouncers[i]) ||
            open_console(valves, settings->pgbouncers[i], &reason))
            continue;
        if (all)
            explain(&reason, err);
        all = false;
    }
    return all;
}

/* A word of a conninfo string. */
static const char *conninfo_word(const char *word, Arena *arena)
{
    StrBuf buf;
    const char *text;

    strbuf_init(&buf);
    strbuf_add_char(&buf, '\'');
    for (const char *c = word; *c; c++) {
        if (*c == '\'' || *c == '\\')
            strbuf_add_char(&buf, '\\');
        strbuf_add_char(&buf, *c);
    }
    strbuf_add_char(&buf, '\'');
    text = arena_strdup(arena, buf.text);
    strbuf_done(&buf);
    return text;
}

/* What the record has of a console: its address and whom we were there, never a password. */
static const char *recorded_conninfo(const Door *door, Arena *arena)
{
    const char *colon = strrchr(door->console, ':');
    size_t length = colon ? (size_t) (colon - door->console) : strlen(door->console);
    const char *host = arena_strndup(arena, door->console, length);
    const char *text = "";

    if (strcmp(host, "[local]") != 0)
        text = arena_printf(arena, "host=%s ", conninfo_word(host, arena));
    if (colon && colon[1] != '\0')
        text = arena_printf(arena, "%sport=%s ", text, conninfo_word(colon + 1, arena));
    if (door->console_role)
        text = arena_printf(arena, "%suser=%s", text, conninfo_word(door->console_role, arena));
    return text;
}

static Console *console_of(Valves *valves, const Door *door)
{
    for (size_t i = 0; i < valves->count; i++)
        if (strcmp(valves->consoles[i].address, door->console) == 0)
            return &valves->consoles[i];
    return NULL;
}

static DoorFacts facts_of(const Console *console, const Door *door)
{
    DoorFacts facts = {.name = door->name, .alterable = true};

    for (size_t i = 0; i < console->database_count; i++) {
        const BouncerDatabase *database = &console->databases[i];

        if (strcmp(database->name, door->name) != 0)
            continue;
        facts.exists = true;
        facts.pooled = door->lock == DOOR_PAUSE ? database->paused : database->disabled;
    }
    return facts;
}

bool valves_look(Valves *valves, const Door *door, DoorFacts *ret_facts, Err *err)
{
    Console *console = console_of(valves, door);

    if (!console) {
        if (!open_console(valves, recorded_conninfo(door, &valves->scene->arena), err))
            return false;
        console = console_of(valves, door);
    }
    if (!console)
        return err_set(err, ERR_CONNECTION, "its console is found under another address by now");
    if (!read_databases(valves, console, err))
        return false;
    *ret_facts = facts_of(console, door);
    return true;
}

/* Sends the PAUSE and looks, over the other link, until it is in force. */
static bool pause(Valves *valves, Console *console, const Door *door, Err *err)
{
    int64_t deadline = clock_steady_us() + CONSOLE_WAIT_US;
    Answer *answer = ARENA_NEW(&valves->scene->arena, Answer);
    Link *link;

    if (valves->pause_count == VALVES_PAUSES_MAX)
        return err_set(err, ERR_REFUSED, "at most %d databases are paused by one run",
                       VALVES_PAUSES_MAX);
    link = new_link(valves, console->conninfo, err);
    if (!link)
        return false;
    valves->pauses[valves->pause_count++] = link;
    answer->arena = &valves->scene->arena;
    ask_bouncer_verb(link, answer, BOUNCER_PAUSE, door->name);
    while (clock_steady_us() < deadline) {
        int64_t next = clock_steady_us() + LOOK_PAUSE_US;

        if (answer->failed) {
            *err = answer->err;
            return false;
        }
        if (!read_databases(valves, console, err))
            return false;
        if (facts_of(console, door).pooled)
            return true;
        while (clock_steady_us() < next)
            loop_turn(valves->scene->loop, next);
    }
    return err_set(err, ERR_CONNECTION, "it is not paused after %d s",
                   (int) (CONSOLE_WAIT_US / US_PER_S));
}

static bool command(Valves *valves, Console *console, const DoorTask *task, Err *err)
{
    static const BouncerVerb verbs[][2] = {
        [DOOR_PAUSE] = {BOUNCER_PAUSE, BOUNCER_RESUME},
        [DOOR_DISABLE] = {BOUNCER_DISABLE, BOUNCER_ENABLE},
    };
    Answer *answer = ARENA_NEW(&valves->scene->arena, Answer);

    if (task->door.lock == DOOR_PAUSE && !task->opens)
        return pause(valves, console, &task->door, err);
    answer->arena = &valves->scene->arena;
    ask_bouncer_verb(console->link, answer, verbs[task->door.lock][task->opens], task->door.name);
    return await(valves, console->link, answer, err) && read_databases(valves, console, err);
}

void valves_turn(Valves *valves, DoorTask *task)
{
    Arena *arena = &valves->scene->arena;
    Console *console = console_of(valves, &task->door);
    int wanted = task->opens ? task->door.before : task->door.after;
    const char *failure = NULL;
    DoorFacts facts = {0};
    Err err;

    if (!console)
        (void) err_set(&err, ERR_CONNECTION, "its console is not connected");
    if (!console || !command(valves, console, task, &err))
        failure = arena_printf(arena, "%s%s%s", text_cleaned(arena, err.message),
                               err.hint[0] ? ": " : "", text_cleaned(arena, err.hint));
    if (console && valves_look(valves, &task->door, &facts, &err) && facts.pooled == wanted) {
        task->outcome = task->opens ? DOOR_OPENED : DOOR_CLOSED;
        return;
    }
    task->outcome = facts.exists ? DOOR_REFUSED : DOOR_UNKNOWN;
    task->note = failure ? failure : "it was told so, but is not so";
}
