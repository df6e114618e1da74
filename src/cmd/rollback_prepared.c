/* SPDX-License-Identifier: PostgreSQL */
/* rollback-prepared: ends prepared transactions, which no signal reaches. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/shell.h"
#include "base/text.h"
#include "cmd/act.h"
#include "cmd/waiting.h"
#include "core/advice.h"
#include "loop/rollbacks.h"
#include "pg/ask_rollback.h"
#include "ui/rollbacks.h"

#define STAKES_US (2 * US_PER_S) /* how long is waited for what they hold */
#define SHOWN_MAX 5              /* GIDs that a hint lists */

/* Everything that the command has in hand. */
typedef struct Undoing {
    Scene *scene;
    Waiting waiting;
    const Prepared **chosen;
    size_t count;
    size_t missing; /* GIDs that there are not; told on standard error */
    Rollback *rollbacks;
} Undoing;

static Session stand_in_of(const Undoing *undoing, const Prepared *prepared)
{
    const Waits *waits = &undoing->waiting.waits;
    int waiters = 0;

    for (size_t i = 0; i < waits->count; i++)
        if (waits->nodes[i].prepared == prepared)
            waiters = (int) waits->nodes[i].children;
    return rollback_stand_in(prepared, waiters);
}

static bool meets_filters(const Undoing *undoing, const Prepared *prepared)
{
    const Scene *scene = undoing->scene;
    Session stand_in = stand_in_of(undoing, prepared);

    return filter_matches(&scene->settings->filter, &stand_in, scene->server_us);
}

/* One that filters do not pick, and that is refused where it is named. */
static bool is_protected(const Undoing *undoing, const Prepared *prepared)
{
    const Scene *scene = undoing->scene;
    Session stand_in = stand_in_of(undoing, prepared);

    return !(scene->settings->order.allow & ALLOW_PROTECTED) &&
           protect_find(scene->world.protections, &stand_in);
}

static void add(Undoing *undoing, const Prepared *prepared)
{
    for (size_t i = 0; i < undoing->count; i++)
        if (undoing->chosen[i] == prepared)
            return;
    undoing->chosen[undoing->count++] = prepared;
}

static const Prepared *of_gid(const Waiting *waiting, const char *gid)
{
    for (size_t i = 0; i < waiting->prepared_count; i++)
        if (strcmp(waiting->prepared[i].gid, gid) == 0)
            return &waiting->prepared[i];
    return NULL;
}

/* The one that may be meant, and those that there are. */
static const char *those_there_are(const Undoing *undoing, const char *gid)
{
    const Waiting *waiting = &undoing->waiting;
    Arena *arena = &undoing->scene->arena;
    const char **gids = ARENA_ARRAY(arena, const char *, waiting->prepared_count + 1);
    const char *nearest;
    const char *text = "There are:";

    if (waiting->prepared_count == 0)
        return "There is no prepared transaction at all.";
    for (size_t i = 0; i < waiting->prepared_count; i++) {
        gids[i] = waiting->prepared[i].gid;
        if (i < SHOWN_MAX)
            text =
                arena_printf(arena, "%s%s %s", text, i > 0 ? "," : "", shell_word(arena, gids[i]));
    }
    if (waiting->prepared_count > SHOWN_MAX)
        text = arena_printf(arena, "%s and %zu more", text, waiting->prepared_count - SHOWN_MAX);
    nearest = text_nearest(gid, gids, waiting->prepared_count);
    if (!nearest)
        return arena_printf(arena, "%s.", text);
    return arena_printf(arena, "Did you mean %s? %s.", shell_word(arena, nearest), text);
}

static void tell_missing(Undoing *undoing, const char *gid, const char *what)
{
    undoing->missing++;
    (void) fprintf(stderr, "pgquell: error: prepared transaction %s %s\n",
                   shell_word(&undoing->scene->arena, gid), what);
}

static void choose_words(Undoing *undoing)
{
    const Settings *settings = undoing->scene->settings;

    for (size_t i = 0; i < settings->word_count; i++) {
        const char *gid = settings->words[i];
        const Prepared *prepared = of_gid(&undoing->waiting, gid);

        if (!prepared) {
            tell_missing(undoing, gid, "does not exist");
            (void) fprintf(stderr, "pgquell: hint: %s\n", those_there_are(undoing, gid));
        } else if (!meets_filters(undoing, prepared)) {
            tell_missing(undoing, gid, "does not match the filters");
        } else {
            add(undoing, prepared);
        }
    }
}

static void choose(Undoing *undoing)
{
    const Settings *settings = undoing->scene->settings;
    const Waiting *waiting = &undoing->waiting;

    undoing->chosen =
        ARENA_ARRAY(&undoing->scene->arena, const Prepared *, waiting->prepared_count + 1);
    if (settings->word_count > 0)
        choose_words(undoing);
    for (size_t i = 0; settings->word_count == 0 && i < waiting->prepared_count; i++)
        if (meets_filters(undoing, &waiting->prepared[i]) &&
            !is_protected(undoing, &waiting->prepared[i]))
            add(undoing, &waiting->prepared[i]);
}

static int age_of(const PreparedStakesAnswer *stakes, uint32_t xid)
{
    for (size_t i = 0; i < stakes->age_count; i++)
        if (stakes->ages[i].xid == xid)
            return stakes->ages[i].xids_back;
    return COUNT_UNKNOWN;
}

static void judge(Undoing *undoing, const PreparedStakesAnswer *stakes, bool known, size_t index,
                  const Ending *ending)
{
    Scene *scene = undoing->scene;
    const Prepared *prepared = undoing->chosen[index];
    int modes[LOCK_MODES] = {0};
    RollbackFacts facts = {
        .world = &scene->world,
        .allow = scene->settings->order.allow,
        .prepared = prepared,
        .modes = known ? modes : NULL,
        .xids_back = known ? age_of(stakes, prepared->xid) : COUNT_UNKNOWN,
        .waits = &undoing->waiting.waits,
        .locks = undoing->waiting.locks,
        .lock_count = undoing->waiting.lock_count,
        .ending = ending,
        .now_us = scene->server_us,
    };

    for (size_t i = 0; known && i < stakes->lock_count; i++) {
        const HeldLocks *held = &stakes->locks[i];

        if (held->prepared_xid != prepared->xid)
            continue;
        if (held->advisory)
            facts.advisory_locks += held->count;
        else
            modes[held->mode] += held->count;
    }
    undoing->rollbacks[index] = rollback_judge(&facts, &scene->arena);
}

static void judge_all(Undoing *undoing)
{
    Scene *scene = undoing->scene;
    PreparedStakesAnswer *stakes = ARENA_NEW(&scene->arena, PreparedStakesAnswer);
    uint32_t *xids = ARENA_ARRAY(&scene->arena, uint32_t, undoing->count);
    Ending ending = {.xids = xids, .xid_count = undoing->count};
    bool known;

    stakes->answer.arena = &scene->arena;
    ask_prepared_stakes(scene->link, stakes);
    known = scene_await_until(scene, &stakes->answer, clock_steady_us() + STAKES_US);
    undoing->rollbacks = ARENA_ARRAY(&scene->arena, Rollback, undoing->count);
    for (size_t i = 0; i < undoing->count; i++)
        xids[i] = undoing->chosen[i]->xid;
    for (size_t i = 0; i < undoing->count; i++)
        judge(undoing, stakes, known, i, &ending);
}

static void tell(void *context, const Rollback *rollback)
{
    const Scene *scene = context;

    if (scene->settings->json)
        (void) !json_print(stdout, rollbacks_json(rollback)); /* the stream remembers a failure */
    else if (!scene->settings->quiet)
        rollbacks_result(stdout, rollback, &scene->look);
    (void) fflush(stdout);
}

/* As actions are shown: where the operator is about to be asked, on standard error if it would not
 * be seen on standard output. */
static void show(const Undoing *undoing, bool asks)
{
    Scene *scene = undoing->scene;
    const Settings *settings = scene->settings;
    Look error_look = look_of(stderr);

    for (size_t i = 0; settings->json && settings->dry_run && i < undoing->count; i++)
        tell(scene, &undoing->rollbacks[i]);
    if (!settings->json && !settings->quiet)
        rollbacks_preview(stdout, undoing->rollbacks, undoing->count, scene->server_us,
                          &scene->look);
    if (asks && (settings->json || settings->quiet || !scene->look.terminal))
        rollbacks_preview(stderr, undoing->rollbacks, undoing->count, scene->server_us,
                          &error_look);
}

static bool within_limit(const Undoing *undoing, Err *err)
{
    if (undoing->count <= (size_t) undoing->scene->settings->limit)
        return true;
    (void) err_set(err, ERR_REFUSED,
                   "%zu prepared transactions match, more than --limit %d; nothing was sent",
                   undoing->count, undoing->scene->settings->limit);
    return err_hint(err, "Narrow the filters, or allow that many with --limit %zu.",
                    undoing->count);
}

static ErrCode status_of(const Undoing *undoing)
{
    bool unresolved = false;
    bool refused = false;

    for (size_t i = 0; i < undoing->count; i++) {
        ErrCode code = outcome_exit(undoing->rollbacks[i].outcome);

        unresolved = unresolved || code == ERR_UNRESOLVED;
        refused = refused || code == ERR_REFUSED;
    }
    if ((unresolved || refused) && loop_interrupts(undoing->scene->loop) > 0)
        return ERR_INTERRUPTED;
    if (unresolved)
        return ERR_UNRESOLVED;
    if (refused)
        return ERR_REFUSED;
    return undoing->missing > 0 ? ERR_NO_TARGET : ERR_NONE;
}

static ErrCode perform(Undoing *undoing, const Act *act, Err *err)
{
    Scene *scene = undoing->scene;
    Err log_err = {0};
    RollbacksSetup setup = {
        .loop = scene->loop,
        .link = scene->link,
        .store = act->store,
        .world = &scene->world,
        .mandate = &act->mandate,
        .list = undoing->rollbacks,
        .count = undoing->count,
        .timeout_us = scene->settings->order.timeout_us,
        .on_done = tell,
        .context = scene,
        .ret_log_err = &log_err,
    };
    bool stored = rollbacks_run(&setup, err);

    report_unlogged(&log_err);
    return stored ? status_of(undoing) : ERR_AUDIT;
}

static ErrCode carry_out(Undoing *undoing, Act *act, Err *err)
{
    const Settings *settings = undoing->scene->settings;
    size_t planned = 0;
    char question[64];

    for (size_t i = 0; i < undoing->count; i++)
        planned += undoing->rollbacks[i].planned;
    if (settings->dry_run || planned > 0)
        show(undoing, act_asks(act, planned));
    if (!within_limit(undoing, err))
        return err->code;
    if (settings->dry_run)
        return undoing->missing > 0 ? ERR_NO_TARGET : ERR_NONE;
    (void) snprintf(question, sizeof(question), "Roll back %zu prepared transaction%s?", planned,
                    planned == 1 ? "" : "s");
    if (!act_open_store(act, err) ||
        !act_confirm(act, planned, "prepared transactions would be rolled back", question, err))
        return err->code;
    return perform(undoing, act, err);
}

static ErrCode nothing_chosen(const Undoing *undoing, Err *err)
{
    if (undoing->missing == 0) /* else it was told, one by one */
        (void) err_set(err, ERR_NO_TARGET, "no prepared transaction matches; nothing was sent");
    return ERR_NO_TARGET;
}

static ErrCode begin(Undoing *undoing, Err *err)
{
    static const Aim no_session = {0};
    ErrCode status;
    Act act;

    choose(undoing);
    if (undoing->count == 0)
        return nothing_chosen(undoing, err);
    judge_all(undoing);
    act_begin(&act, undoing->scene, ORDER_TERMINATE, &no_session);
    status = carry_out(undoing, &act, err);
    act_end(&act);
    return status;
}

static ErrCode run(Scene *scene, Err *err)
{
    Undoing undoing = {.scene = scene};

    if (!aim_given(scene->settings)) {
        (void) err_set(err, ERR_USAGE, "no prepared transaction was given");
        (void) err_hint(err, "Name a GID or a filter; --all means every prepared transaction.");
        return ERR_USAGE;
    }
    if (scene->world.standby) {
        (void) err_set(err, ERR_REFUSED,
                       "this server is a standby, where prepared transactions "
                       "neither show nor can be ended; nothing was sent");
        (void) err_hint(err, "Connect to the primary.");
        return ERR_REFUSED;
    }
    if (!scene_snapshot(scene, false, err) || !waiting_learn(scene, &undoing.waiting, err))
        return err->code;
    return begin(&undoing, err);
}

const Command command_rollback_prepared = {
    .name = "rollback-prepared",
    .summary = "roll prepared transactions back",
    .arguments = "GID...",
    .details =
        "Rolls prepared transactions back, each in its own database, after a look whether it still "
        "is the one that was chosen, and looks until it is gone. A target is a GID, or what the "
        "filters pick: --role is its owner, --in-state-longer the time since it was prepared. A "
        "transaction manager may still mean to commit it: look there first.",
    .options = OPTION_PREPARED | OPTION_ROLLBACK | OPTION_OUTPUT | OPTION_CONNECTION,
    .needs = NEEDS_CONNECTION,
    .run = run,
};
