/* SPDX-License-Identifier: PostgreSQL */
/* let-in: opens the doors that kick closed, as they were before. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cmd/act.h"
#include "cmd/keeper.h"
#include "ui/doors.h"

/* For a statement of a pgquell that is gone: longer than its statement_timeout. */
#define OTHERS_WAIT_US (35 * US_PER_S)
#define OTHERS_PAUSE_US (50 * US_PER_MS)

/* What there is to do. */
typedef struct LetIn {
    Act act;
    Keeper keeper;
    Valves valves;
    DoorTask *tasks;
    size_t count;
} LetIn;

static bool check_settings(const Settings *settings, Err *err)
{
    if (settings->word_count > 0) {
        (void) err_set(err, ERR_USAGE, "unexpected word \"%s\"", settings->words[0]);
        return err_hint(err, "A door is named with --database or --role; without, all are meant.");
    }
    if (settings->filter.text_counts[FILTER_APPLICATION] > 0)
        return err_set(err, ERR_USAGE, "an application has no door: name a --database or a --role");
    return true;
}

/* Whether it goes by one of these names, now or when it was closed. */
static bool is_named(const Filter *filter, FilterText which, const char *then, const char *now)
{
    for (size_t i = 0; i < filter->text_counts[which]; i++)
        if (text_matches(filter->texts[which][i], then) ||
            (now && text_matches(filter->texts[which][i], now)))
            return true;
    return false;
}

static bool is_meant(const Filter *filter, const DoorEntry *entry, const DoorFacts *facts)
{
    FilterText which = entry->door.lock == DOOR_ROLE_LIMIT ? FILTER_ROLE : FILTER_DATABASE;
    const char *now = entry->door.console ? entry->door.database : facts->name;

    return !filter_given(filter) || is_named(filter, which, entry->door.name, now);
}

/* `closed 2026-11-21T10:00:00Z by jane (OPS-1): upgrade`. */
static const char *history(const DoorEntry *entry, Arena *arena)
{
    char at[INSTANT_TEXT_MAX];
    size_t length = strcspn(instant_format(entry->at_us, at), ".");

    return arena_printf(
        arena, "%s %.*sZ by %s%s%s%s%s",
        entry->sure ? "closed" : "perhaps closed (no outcome is on record)", (int) length, at,
        entry->operator_name ? text_cleaned(arena, entry->operator_name) : "?",
        entry->ticket ? ", ticket " : "", entry->ticket ? text_cleaned(arena, entry->ticket) : "",
        entry->reason ? ", reason " : "", entry->reason ? text_cleaned(arena, entry->reason) : "");
}

/* Without its console there is nothing to be seen or done, which must not keep the other doors
 * shut.
 */
static DoorTask out_of_reach(const DoorEntry *entry, const Err *reason, Arena *arena)
{
    return (DoorTask){
        .door = entry->door,
        .facts = {.exists = true, .name = entry->door.name, .pooled = entry->door.after},
        .opens = true,
        .verdict = DOOR_REFUSE,
        .reason = arena_printf(arena, "its console cannot be reached: %s",
                               text_cleaned(arena, reason->message))};
}

static bool judge(LetIn *let_in, const DoorEntry *entry, DoorFacts *ret_facts, DoorTask *ret_task,
                  Err *err)
{
    Scene *scene = let_in->act.scene;
    const Door *door = &entry->door;

    if (!door->console) {
        if (!keeper_look_at(scene, door, ret_facts, err))
            return false;
    } else if (!valves_look(&let_in->valves, door, ret_facts, err)) {
        *ret_facts = (DoorFacts){.name = door->name};
        *ret_task = out_of_reach(entry, err, &scene->arena);
        return true;
    }
    *ret_task = door_open(&scene->world, ret_facts, door, &scene->arena);
    return true;
}

/* The server's doors first, then ENABLE, then RESUME: who is let through finds everything open. */
static int rank(const DoorEntry *entry)
{
    if (!entry->door.console)
        return 0;
    return entry->door.lock == DOOR_DISABLE ? 1 : 2;
}

static bool plan(LetIn *let_in, Err *err)
{
    Scene *scene = let_in->act.scene;
    const DoorBook *book = &let_in->keeper.book;

    let_in->tasks = ARENA_ARRAY(&scene->arena, DoorTask, book->count);
    for (size_t i = 0; i < 3 * book->count; i++) {
        const DoorEntry *entry = &book->entries[i % book->count];
        DoorTask *task = &let_in->tasks[let_in->count];
        DoorFacts facts;

        if (rank(entry) != (int) (i / book->count))
            continue;
        if (!judge(let_in, entry, &facts, task, err))
            return false;
        if (!is_meant(&scene->settings->filter, entry, &facts))
            continue;
        task->note = history(entry, &scene->arena);
        task->target = (int) let_in->count++;
    }
    return true;
}

/* Their consoles, as far as they can be reached; the record may tell of others. */
static void open_valves(LetIn *let_in)
{
    bool any = false;
    Err reason;

    for (size_t i = 0; i < let_in->keeper.book.count; i++)
        any = any || let_in->keeper.book.entries[i].door.console;
    if (any && !valves_open(&let_in->valves, &reason))
        (void) fprintf(stderr, "pgquell: warning: %s\n",
                       text_cleaned(&let_in->act.scene->arena, reason.message));
}

/* A statement that turns a door runs on without the pgquell that sent it. */
static bool others_are_at_it(const Scene *scene)
{
    for (size_t i = 0; i < scene->session_count; i++) {
        const Session *session = &scene->sessions[i];

        if (session->pid != scene->world.own_pid && session_is_active(session) &&
            session->application && text_matches("pgquell *", session->application))
            return true;
    }
    return false;
}

/* What is not known to be closed may be just being closed: that has to be over before it is looked
 * at. */
static bool settle(Scene *scene, const DoorBook *book, Err *err)
{
    int64_t deadline = clock_steady_us() + OTHERS_WAIT_US;
    bool sure = true;

    for (size_t i = 0; i < book->count; i++)
        sure = sure && book->entries[i].sure;
    while (!sure) {
        int64_t next = clock_steady_us() + OTHERS_PAUSE_US;

        if (!scene_snapshot(scene, false, err))
            return false;
        if (!others_are_at_it(scene))
            return true;
        if (clock_steady_us() >= deadline)
            return err_set(err, ERR_UNRESOLVED, "another pgquell is still turning a door");
        while (clock_steady_us() < next && loop_interrupts(scene->loop) == 0)
            loop_turn(scene->loop, next);
    }
    return true;
}

static ErrCode nothing_on_record(const LetIn *let_in, Err *err)
{
    bool named = filter_given(&let_in->act.scene->settings->filter);

    (void) err_set(err, ERR_NO_TARGET,
                   named ? "no such door of this cluster is closed on record"
                         : "no door of this cluster is closed on record");
    (void) err_hint(err, "The record is the audit store; --audit names another.");
    return ERR_NO_TARGET;
}

static size_t count_to_open(const LetIn *let_in)
{
    size_t count = 0;

    for (size_t i = 0; i < let_in->count; i++)
        count += let_in->tasks[i].verdict == DOOR_ACT;
    return count;
}

static void preview(const LetIn *let_in, bool asks)
{
    const Scene *scene = let_in->act.scene;
    const Settings *settings = scene->settings;
    bool seen = !settings->json && !settings->quiet;
    Look error_look = look_of(stderr);

    for (size_t i = 0; i < let_in->count; i++) {
        if (settings->dry_run || (asks && seen))
            keeper_tell(&let_in->keeper, &let_in->tasks[i]);
        if (asks && (!seen || !scene->look.terminal))
            doors_preview(stderr, &let_in->tasks[i], &error_look);
    }
}

/* One that cannot be opened does not keep the others shut. */
static ErrCode open_all(LetIn *let_in, Err *err)
{
    ErrCode status = ERR_NONE;

    for (size_t i = 0; i < let_in->count; i++) {
        DoorTask *task = &let_in->tasks[i];
        ErrCode one;

        if (!keeper_turn(&let_in->keeper, task, err)) {
            if (task->outcome == DOOR_OPENED)
                (void) err_hint(err, "The door was opened all the same.");
            return err->code;
        }
        keeper_tell(&let_in->keeper, task);
        one = door_outcome_exit(task->outcome);
        if (status == ERR_NONE || one == ERR_UNRESOLVED)
            status = one;
        if (loop_interrupts(let_in->act.scene->loop) > 0 && i + 1 < let_in->count)
            return ERR_INTERRUPTED;
    }
    return status;
}

static ErrCode run_let_in(LetIn *let_in, Err *err)
{
    Act *act = &let_in->act;
    size_t count;
    char question[64];

    if (!act_open_store(act, err))
        return err->code;
    let_in->keeper = (Keeper){.scene = act->scene,
                              .store = act->store,
                              .mandate = &act->mandate,
                              .valves = &let_in->valves};
    if (!keeper_begin(&let_in->keeper, err) || !settle(act->scene, &let_in->keeper.book, err))
        return err->code;
    open_valves(let_in);
    if (!plan(let_in, err))
        return err->code;
    if (let_in->count == 0)
        return nothing_on_record(let_in, err);
    count = count_to_open(let_in);
    preview(let_in, act_asks(act, count));
    if (act->scene->settings->dry_run)
        return ERR_NONE;
    (void) snprintf(question, sizeof(question), "Open %zu door%s?", count, count == 1 ? "" : "s");
    if (!act_confirm(act, count, "doors would be opened", question, err))
        return err->code;
    return open_all(let_in, err);
}

static ErrCode run(Scene *scene, Err *err)
{
    LetIn *let_in;
    Aim nobody = {0};
    ErrCode status;

    if (!check_settings(scene->settings, err))
        return err->code;
    let_in = ARENA_NEW(&scene->arena, LetIn);
    act_begin(&let_in->act, scene, ORDER_TERMINATE, &nobody);
    valves_init(&let_in->valves, scene);
    status = run_let_in(let_in, err);
    valves_done(&let_in->valves);
    act_end(&let_in->act);
    return status;
}

const Command command_let_in = {
    .name = "let-in",
    .summary = "open the doors that kick closed",
    .arguments = "[--database D | --role R]",
    .details =
        "Gives each database and role whose door \"pgquell kick --keep-out\" closed the setting "
        "back that it had before, as the audit store has it; also after a crash, and from another "
        "machine with the same store. Without a name, every door of this cluster that is closed "
        "on record. What somebody has changed since is told and left alone.",
    .options = OPTION_WHO | OPTION_ACTION | OPTION_OUTPUT | OPTION_CONNECTION,
    .needs = NEEDS_CONNECTION,
    .run = run,
};
