/* SPDX-License-Identifier: PostgreSQL */
/* Door: how it is closed, and what opening it again asks. */
#include "core/door.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "core/privilege.h"

#define LIMIT_OF_INVALID (-2) /* pg_database.datconnlimit after an interrupted DROP DATABASE */
#define VERSION_ADMIN_OPTION 160000 /* from then on CREATEROLE alone does not do */

static const struct LockRow {
    const char *kind;
    const char *key;
    bool flag;
    const char *closing; /* what closes it, in SQL or in the console's words */
    const char *opening; /* what opens it, where that is no value */
    int closed;          /* the value that it is closed with */
    int open;            /* what it usually has */
} locks[DOOR_LOCKS] = {
    [DOOR_CONNECTIONS] = {"database", "allow_connections", true, "ALLOW_CONNECTIONS", NULL, 0, 1},
    [DOOR_LIMIT] = {"database", "connection_limit", false, "CONNECTION LIMIT", NULL, 0, -1},
    [DOOR_ROLE_LIMIT] = {"role", "connection_limit", false, "CONNECTION LIMIT", NULL, 0, -1},
    [DOOR_PAUSE] = {"pgbouncer", "paused", true, "PAUSE", "RESUME", 1, 0},
    [DOOR_DISABLE] = {"pgbouncer", "disabled", true, "DISABLE", "ENABLE", 1, 0},
};

const char *door_kind(DoorLock lock)
{
    assert(lock < DOOR_LOCKS);
    return locks[lock].kind;
}

const char *door_key(DoorLock lock)
{
    assert(lock < DOOR_LOCKS);
    return locks[lock].key;
}

bool door_is_flag(DoorLock lock)
{
    assert(lock < DOOR_LOCKS);
    return locks[lock].flag;
}

const char *door_outcome_name(DoorOutcome outcome)
{
    static const char *const names[] = {
        [DOOR_PENDING] = NULL,      [DOOR_CLOSED] = "closed",   [DOOR_OPENED] = "opened",
        [DOOR_OVER] = "over",       [DOOR_REFUSED] = "refused", [DOOR_DENIED] = "denied",
        [DOOR_UNKNOWN] = "unknown",
    };

    assert(outcome <= DOOR_UNKNOWN);
    return names[outcome];
}

ErrCode door_outcome_exit(DoorOutcome outcome)
{
    switch (outcome) {
    case DOOR_REFUSED:
    case DOOR_DENIED:
        return ERR_REFUSED;
    case DOOR_UNKNOWN:
        return ERR_UNRESOLVED;
    default:
        return ERR_NONE;
    }
}

static const char *value_text(DoorLock lock, int value, Arena *arena)
{
    if (locks[lock].flag)
        return value ? "true" : "false";
    return arena_printf(arena, "%d", value);
}

/* `ALLOW_CONNECTIONS false`, `CONNECTION LIMIT 5`, `PAUSE`. */
static const char *setting_text(DoorLock lock, int value, Arena *arena)
{
    const struct LockRow *row = &locks[lock];

    if (row->opening)
        return value == row->closed ? row->closing : row->opening;
    return arena_printf(arena, "%s %s", row->closing, value_text(lock, value, arena));
}

const char *door_remedy(const Door *door, bool opens, Arena *arena)
{
    return setting_text(door->lock, opens ? door->before : door->after, arena);
}

const char *door_subject(const Door *door, Arena *arena)
{
    const char *name = text_cleaned(arena, door->name);

    if (door->console)
        return arena_printf(arena, "pgbouncer %s database %s", text_cleaned(arena, door->console),
                            name);
    return arena_printf(arena, "%s %s", door_kind(door->lock), name);
}

int door_value(DoorLock lock, const DoorFacts *facts)
{
    assert(lock < DOOR_LOCKS);
    if (locks[lock].opening)
        return facts->pooled;
    return lock == DOOR_CONNECTIONS ? facts->allow_connections : facts->connection_limit;
}

int door_now(const DoorTask *task)
{
    return door_value(task->door.lock, &task->facts);
}

/* Always in quotes, so that a reserved word does not need to be known. */
static const char *quoted(const char *name, Arena *arena)
{
    const char *clean = text_cleaned(arena, name);
    StrBuf buf;
    const char *text;

    strbuf_init(&buf);
    for (const char *c = clean; *c; c++) {
        if (*c == '"')
            strbuf_add_char(&buf, '"');
        strbuf_add_char(&buf, *c);
    }
    text = arena_printf(arena, "\"%s\"", buf.text);
    strbuf_done(&buf);
    return text;
}

const char *door_sql(const Door *door, int value, Arena *arena)
{
    const char *name = quoted(door->name, arena);
    const char *setting = setting_text(door->lock, value, arena);

    if (locks[door->lock].opening)
        return arena_printf(arena, "%s %s", setting, name);
    return arena_printf(arena, "ALTER %s %s %s",
                        door->lock == DOOR_ROLE_LIMIT ? "ROLE" : "DATABASE", name, setting);
}

const char *door_of_application(void)
{
    return "an application has no door: a client calls itself what it likes, so --keep-out goes "
           "with --database or --role";
}

static DoorTask decide(DoorTask task, DoorVerdict verdict, const char *reason)
{
    task.verdict = verdict;
    task.reason = reason;
    return task;
}

static DoorTask task_of(const DoorFacts *facts, const Door *door)
{
    return (DoorTask){.door = *door, .facts = *facts};
}

/* What is asked of both ways to turn a door: that it can be written and is ours. */
static const char *standby_reason(const World *world)
{
    return world->standby ? "this server is a standby, where nothing can be written: turn the door "
                            "on the primary"
                          : NULL;
}

static const char *database_denied(const World *world, const DoorFacts *facts, Arena *arena)
{
    const char *own = privilege_quote(arena, world->current_role);
    const char *owner = privilege_quote(arena, facts->owner ? facts->owner : "");

    return arena_printf(arena,
                        "role %s may not alter database %s: only its owner %s may, or a member: "
                        "GRANT %s TO %s",
                        own, text_cleaned(arena, facts->name), owner, owner, own);
}

static const char *role_denied(const World *world, const DoorFacts *facts, Arena *arena)
{
    const char *own = privilege_quote(arena, world->current_role);
    const char *role = privilege_quote(arena, facts->name);

    if (facts->superuser)
        return arena_printf(arena, "role %s is a superuser, which only a superuser may alter",
                            role);
    if (world->server_version >= VERSION_ADMIN_OPTION)
        return arena_printf(arena,
                            "role %s may not alter role %s: that takes ALTER ROLE %s CREATEROLE "
                            "and GRANT %s TO %s WITH ADMIN OPTION",
                            own, role, own, role, own);
    return arena_printf(arena, "role %s may not alter role %s: ALTER ROLE %s CREATEROLE", own, role,
                        own);
}

static const char *denied(const World *world, const DoorFacts *facts, Arena *arena)
{
    return facts->is_role ? role_denied(world, facts, arena) : database_denied(world, facts, arena);
}

/* Whom CONNECTION LIMIT 0 of a database lets in. */
static const char *let_through(const DoorFacts *facts, Arena *arena)
{
    return facts->superusers ? arena_printf(arena, "superusers can still enter (%s)",
                                            text_cleaned(arena, facts->superusers))
                             : "superusers can still enter";
}

static DoorTask close_role(const World *world, DoorTask task, Arena *arena)
{
    const DoorFacts *facts = &task.facts;
    const char *name = text_cleaned(arena, facts->name);

    if (facts->superuser)
        return decide(task, DOOR_REFUSE,
                      arena_printf(arena,
                                   "role %s is a superuser, whom no CONNECTION LIMIT holds: it has "
                                   "no door",
                                   name));
    if (facts->current)
        return decide(task, DOOR_REFUSE,
                      arena_printf(arena,
                                   "role %s is the one we are logged in as: with its door closed "
                                   "we could not come back to open it",
                                   name));
    if (facts->connection_limit == 0)
        return decide(task, DOOR_LEAVE, "its CONNECTION LIMIT is 0 already");
    if (!facts->alterable)
        return decide(task, DOOR_DENY, denied(world, facts, arena));
    return decide(task, DOOR_ACT,
                  arena_printf(arena,
                               "CONNECTION LIMIT %d -> 0: nobody can log in as role %s, to any "
                               "database",
                               facts->connection_limit, name));
}

static DoorTask close_database(const World *world, DoorTask task, Arena *arena)
{
    const DoorFacts *facts = &task.facts;

    if (facts->connection_limit == LIMIT_OF_INVALID)
        return decide(task, DOOR_LEAVE,
                      "its DROP DATABASE was interrupted: nobody can enter, and dropping it is all "
                      "that is left");
    if (!facts->allow_connections)
        return decide(task, DOOR_LEAVE, "its ALLOW_CONNECTIONS is false already");
    if (facts->current && facts->connection_limit == 0)
        return decide(task, DOOR_LEAVE,
                      arena_printf(arena, "its CONNECTION LIMIT is 0 already: %s",
                                   let_through(facts, arena)));
    if (!facts->alterable)
        return decide(task, DOOR_DENY, denied(world, facts, arena));
    if (facts->current)
        return decide(
            task, DOOR_ACT,
            arena_printf(arena,
                         "CONNECTION LIMIT %d -> 0, since ALLOW_CONNECTIONS cannot be set from "
                         "within, and we are connected to it (-d names another): %s",
                         facts->connection_limit, let_through(facts, arena)));
    return decide(task, DOOR_ACT,
                  "ALLOW_CONNECTIONS true -> false: nobody can enter, not even superusers");
}

/* What was so already: whether `let-in` will open it, or somebody else has closed it. */
static const char *left_note(const Door *recorded, const Door *door, Arena *arena)
{
    if (recorded)
        return arena_printf(arena, "on record: \"let-in\" sets %s back",
                            setting_text(recorded->lock, recorded->before, arena));
    return arena_printf(arena, "not by pgquell, so \"let-in\" will not open it; that is: %s",
                        door_sql(door, locks[door->lock].open, arena));
}

DoorTask door_close(const World *world, const DoorFacts *facts, const Door *recorded, Arena *arena)
{
    Door door = {.lock = DOOR_CONNECTIONS, .name = facts->name, .oid = facts->oid};
    const char *standby = standby_reason(world);
    DoorTask task;

    if (facts->is_role)
        door.lock = DOOR_ROLE_LIMIT;
    else if (facts->current && facts->allow_connections)
        door.lock = DOOR_LIMIT;
    door.before = door_value(door.lock, facts);
    door.after = locks[door.lock].closed;
    task = task_of(facts, &door);
    if (!facts->exists)
        return decide(task, DOOR_MISSING,
                      arena_printf(arena, "%s does not exist", door_subject(&door, arena)));
    if (standby)
        return decide(task, DOOR_REFUSE, standby);
    task = facts->is_role ? close_role(world, task, arena) : close_database(world, task, arena);
    if (task.verdict == DOOR_LEAVE && facts->connection_limit != LIMIT_OF_INVALID)
        task.note = left_note(recorded, &door, arena);
    return task;
}

DoorTask door_close_pool(const DoorFacts *facts, const Door *door, const Door *recorded,
                         Arena *arena)
{
    DoorTask task = task_of(facts, door);
    const char *console;

    assert(door->console && locks[door->lock].opening);
    console = text_cleaned(arena, door->console);
    task.door.before = facts->pooled;
    task.door.after = locks[door->lock].closed;
    if (facts->pooled == task.door.after) {
        task.note = left_note(recorded, &task.door, arena);
        return decide(task, DOOR_LEAVE,
                      arena_printf(arena, "it is %s at %s already", door_key(door->lock), console));
    }
    if (door->lock == DOOR_PAUSE)
        return decide(
            task, DOOR_ACT,
            arena_printf(arena, "PAUSE at %s: queries of its clients wait until RESUME", console));
    return decide(
        task, DOOR_ACT,
        arena_printf(arena, "DISABLE at %s: new clients are refused until ENABLE", console));
}

DoorTask door_open(const World *world, const DoorFacts *facts, const Door *recorded, Arena *arena)
{
    const char *standby = recorded->console ? NULL : standby_reason(world);
    DoorTask task = task_of(facts, recorded);
    int now;

    assert(recorded->before != recorded->after);
    task.opens = true;
    if (!facts->exists)
        return decide(task, DOOR_LEAVE, "it is gone: there is nothing to open");
    task.door.name = facts->name;
    now = door_value(recorded->lock, facts);
    if (now == recorded->before)
        return decide(task, DOOR_LEAVE,
                      arena_printf(arena, "it has %s, as before: there is nothing to open",
                                   setting_text(recorded->lock, now, arena)));
    if (now != recorded->after)
        return decide(
            task, DOOR_REFUSE,
            arena_printf(arena,
                         "somebody has changed it since: it has %s, where pgquell had set %s; what "
                         "was there before comes back with: %s",
                         setting_text(recorded->lock, now, arena),
                         setting_text(recorded->lock, recorded->after, arena),
                         door_sql(&task.door, recorded->before, arena)));
    if (standby)
        return decide(task, DOOR_REFUSE, standby);
    if (!facts->alterable)
        return decide(task, DOOR_DENY, denied(world, facts, arena));
    if (recorded->console)
        return decide(task, DOOR_ACT,
                      arena_printf(arena, "%s at %s",
                                   setting_text(recorded->lock, recorded->before, arena),
                                   text_cleaned(arena, recorded->console)));
    return decide(task, DOOR_ACT,
                  arena_printf(arena, "%s -> %s, as before",
                               setting_text(recorded->lock, now, arena),
                               value_text(recorded->lock, recorded->before, arena)));
}
