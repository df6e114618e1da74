/* SPDX-License-Identifier: PostgreSQL */
/* Act: what cancel, stop and terminate have in common, from targets to outcomes. */
#include "cmd/act.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/aim.h"
#include "cmd/confirm.h"
#include "cmd/poolers.h"
#include "cmd/report.h"
#include "loop/runner.h"

#define HOST_MAX 256

/* Everything that one action has in hand. */
typedef struct Act {
    Scene *scene;
    OrderKind kind;
    Aim aim;
    Engine *engine;
    Store *store;
    Report report;
} Act;

static size_t count_planned(const Engine *engine)
{
    size_t planned = 0;

    for (size_t i = 0; i < engine_target_count(engine); i++)
        planned += engine_target(engine, i)->state == TARGET_PLANNED;
    return planned;
}

/* What is refused by a guard is no match: it would never be signalled. */
static size_t count_matches(const Engine *engine)
{
    size_t matches = 0;

    for (size_t i = 0; i < engine_target_count(engine); i++)
        matches += engine_target(engine, i)->outcome != OUTCOME_REFUSED;
    return matches;
}

static void request_all(Act *act)
{
    const Scene *scene = act->scene;

    for (size_t i = 0; i < act->aim.count; i++) {
        const Aimed *aimed = &act->aim.targets[i];
        Order order = scene->settings->order;
        Plan plan = {.arena = &act->scene->arena};
        Event event = {.kind = EVENT_REQUEST,
                       .steady_us = clock_steady_us(),
                       .wall_us = clock_wall_us(),
                       .server_us = scene->server_us,
                       .session = aimed->session,
                       .order = &order,
                       .redirected_from = aimed->redirected_from};

        order.kind = act->kind;
        order.chosen_by = aimed->chosen_by;
        engine_step(act->engine, &event, &plan);
    }
}

static bool within_limit(const Act *act, Err *err)
{
    size_t matches = count_matches(act->engine);

    if (matches <= (size_t) act->scene->settings->limit)
        return true;
    (void) err_set(err, ERR_REFUSED, "%zu sessions match, more than --limit %d; nothing was sent",
                   matches, act->scene->settings->limit);
    return err_hint(err, "Narrow the filters, or allow that many with --limit %zu.", matches);
}

static size_t count_signalled(const Engine *engine)
{
    size_t signalled = 0;

    for (size_t i = 0; i < engine_target_count(engine); i++)
        signalled += engine_target(engine, i)->sent > 0;
    return signalled;
}

static bool asks(const Act *act)
{
    const Settings *settings = act->scene->settings;

    return count_planned(act->engine) > 0 && !settings->yes && !settings->dry_run &&
           confirm_possible();
}

/* Asks where there is somebody to ask; elsewhere one target needs no --yes, several do. */
static bool confirmed(const Act *act, Err *err)
{
    size_t planned = count_planned(act->engine);
    char question[128];

    if (planned == 0 || act->scene->settings->yes)
        return true;
    if (!confirm_possible()) {
        if (planned == 1)
            return true;
        (void) err_set(err, ERR_REFUSED,
                       "%zu sessions would be signalled, which needs --yes where no terminal "
                       "can ask; nothing was sent",
                       planned);
        return false;
    }
    (void) snprintf(question, sizeof(question), "%s %zu session%s?",
                    act->kind == ORDER_CANCEL ? "Cancel the statement of"
                    : act->kind == ORDER_STOP ? "Stop"
                                              : "Terminate",
                    planned, planned == 1 ? "" : "s");
    switch (confirm_ask(act->scene->loop, question)) {
    case CONFIRM_YES:
        return true;
    case CONFIRM_NO:
        return err_set(err, ERR_REFUSED, "not confirmed; nothing was sent");
    default:
        return err_set(err, ERR_INTERRUPTED, "interrupted; nothing was sent");
    }
}

static bool open_store(Act *act, Err *err)
{
    const char *path = act->scene->settings->audit;

    if (!path && !store_default_path(&act->scene->arena, &path, err))
        return false;
    return store_open(path, STORE_APPEND, &act->store, err);
}

/* The outcome of all: the first that applies of the exit statuses, as docs/design.md lists
 * them. */
static ErrCode overall(const Act *act)
{
    bool unresolved = false;
    bool refused = false;

    for (size_t i = 0; i < engine_target_count(act->engine); i++) {
        ErrCode code = outcome_exit(engine_target(act->engine, i)->outcome);

        unresolved = unresolved || code == ERR_UNRESOLVED;
        refused = refused || code == ERR_REFUSED;
    }
    if ((unresolved || refused) && loop_interrupts(act->scene->loop) > 0)
        return ERR_INTERRUPTED;
    if (unresolved)
        return ERR_UNRESOLVED;
    if (refused)
        return ERR_REFUSED;
    return act->aim.missing > 0 ? ERR_NO_TARGET : ERR_NONE;
}

static ErrCode perform(Act *act, Err *err)
{
    Scene *scene = act->scene;
    const Settings *settings = scene->settings;
    char run[RUN_ID_MAX];
    char host[HOST_MAX] = "unknown";
    RunnerSetup setup = {
        .loop = scene->loop,
        .link = scene->link,
        .store = act->store,
        .engine = act->engine,
        .world = &scene->world,
        .mandate = {.run = run,
                    .operator_name = scene->operator_name,
                    .host = host,
                    .reason = settings->reason,
                    .ticket = settings->ticket,
                    .log_on_server = !settings->no_server_log,
                    .utf8 = scene->utf8},
        .give_up_us = settings->order.timeout_us,
        .on_turn = report_turn,
        .context = &act->report,
    };
    Err log_err = {0};
    bool stored;

    setup.ret_log_err = &log_err;
    runner_make_id(run);
    (void) gethostname(host, sizeof(host) - 1);
    stored = runner_run(&setup, err);
    report_end(&act->report);
    report_unlogged(&log_err);
    if (stored)
        return overall(act);
    if (count_signalled(act->engine) > 0)
        (void) err_hint(
            err, "%zu of %zu sessions had been signalled by then; after that nothing was sent.",
            count_signalled(act->engine), engine_target_count(act->engine));
    return ERR_AUDIT;
}

/* From the plan on: show it, check it, ask, do it. */
static ErrCode carry_out(Act *act, Err *err)
{
    const Settings *settings = act->scene->settings;

    if (settings->dry_run || count_planned(act->engine) > 0)
        report_preview(&act->report, act->scene->server_us, asks(act));
    if (!within_limit(act, err))
        return err->code;
    if (settings->dry_run)
        return act->aim.missing > 0 ? ERR_NO_TARGET : ERR_NONE;
    if (!open_store(act, err) || !confirmed(act, err))
        return err->code;
    return perform(act, err);
}

/* Missing pids have been told one by one. */
static ErrCode no_target(const Aim *aim, OrderKind kind, Err *err)
{
    if (aim->missing > 0)
        return ERR_NO_TARGET;
    if (aim->passed_over == 0) {
        (void) err_set(err, ERR_NO_TARGET, "no session matches; nothing was sent");
        return ERR_NO_TARGET;
    }
    (void) err_set(err, ERR_NO_TARGET, "no session matches that %s applies to; nothing was sent",
                   order_name(kind));
    (void) err_hint(err, "%zu met the filters; of the first: %s.", aim->passed_over,
                    aim->passed_why);
    return ERR_NO_TARGET;
}

ErrCode act_run(Scene *scene, OrderKind kind, Err *err)
{
    Act act = {.scene = scene, .kind = kind};
    ErrCode status;

    if (!aim_given(scene->settings)) {
        (void) err_set(err, ERR_USAGE, "no target was given");
        (void) err_hint(err, "Name a pid, a session id or a filter; --all means every session.");
        return ERR_USAGE;
    }
    if (!scene_snapshot(scene, true, err) || !aim_resolve(scene, kind, &act.aim, err))
        return err->code;
    scene_warn_of_limits(scene);
    if (act.aim.count == 0)
        return no_target(&act.aim, kind, err);
    if (!scene_pooled(scene, err))
        return err->code;
    act.engine = engine_new(&scene->world, scene->settings->pace_per_s, clock_steady_us());
    request_all(&act);
    act.report = report_begin(act.engine, scene->settings, &scene->look);
    status = carry_out(&act, err);
    report_done(&act.report);
    engine_free(act.engine);
    store_close(act.store);
    return status;
}
