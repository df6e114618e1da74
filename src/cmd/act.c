/* SPDX-License-Identifier: PostgreSQL */
/* Act: what cancel, stop, terminate and kick have in common, from targets to outcomes. */
#include "cmd/act.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/confirm.h"
#include "cmd/foresight.h"
#include "cmd/poolers.h"
#include "core/advice.h"

size_t act_planned(const Act *act)
{
    size_t planned = 0;

    for (size_t i = 0; i < engine_target_count(act->engine); i++)
        planned += engine_target(act->engine, i)->state == TARGET_PLANNED;
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

void act_request(Act *act, const Aim *aim)
{
    const Scene *scene = act->scene;

    for (size_t i = 0; i < aim->count; i++) {
        const Aimed *aimed = &aim->targets[i];
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

bool act_asks(const Act *act, size_t count)
{
    const Settings *settings = act->scene->settings;

    return count > 0 && !settings->yes && !settings->dry_run && confirm_possible();
}

bool act_confirm(const Act *act, size_t count, const char *what, const char *question, Err *err)
{
    if (count == 0 || act->scene->settings->yes)
        return true;
    if (!confirm_possible())
        return count == 1 || err_set(err, ERR_REFUSED,
                                     "%zu %s, which needs --yes where no terminal can ask; nothing "
                                     "was sent",
                                     count, what);
    switch (confirm_ask(act->scene->loop, question)) {
    case CONFIRM_YES:
        return true;
    case CONFIRM_NO:
        return err_set(err, ERR_REFUSED, "not confirmed; nothing was sent");
    default:
        return err_set(err, ERR_INTERRUPTED, "interrupted; nothing was sent");
    }
}

static bool confirmed(const Act *act, Err *err)
{
    size_t planned = act_planned(act);
    char question[128];

    (void) snprintf(question, sizeof(question), "%s %zu session%s?",
                    act->kind == ORDER_CANCEL ? "Cancel the statement of"
                    : act->kind == ORDER_STOP ? "Stop"
                                              : "Terminate",
                    planned, planned == 1 ? "" : "s");
    return act_confirm(act, planned, "sessions would be signalled", question, err);
}

bool act_open_store(Act *act, Err *err)
{
    const char *path = act->scene->settings->audit;

    if (!path && !store_default_path(&act->scene->arena, &path, err))
        return false;
    return store_open(path, STORE_APPEND, &act->store, err);
}

ErrCode act_status(const Act *act)
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

bool act_perform(Act *act, Err *err)
{
    Scene *scene = act->scene;
    Err log_err = {0};
    RunnerSetup setup = {
        .loop = scene->loop,
        .link = scene->link,
        .store = act->store,
        .engine = act->engine,
        .world = &scene->world,
        .mandate = act->mandate,
        .ret_log_err = &log_err,
        .give_up_us = scene->settings->order.timeout_us,
        .on_turn = report_turn,
        .context = &act->report,
    };
    bool stored = runner_run(&setup, err);

    report_rest(&act->report);
    report_unlogged(&log_err);
    if (!stored && count_signalled(act->engine) > 0)
        (void) err_hint(
            err, "%zu of %zu sessions had been signalled by then; after that nothing was sent.",
            count_signalled(act->engine), engine_target_count(act->engine));
    return stored;
}

/* From the plan on: show it, check it, ask, do it. */
static ErrCode carry_out(Act *act, Err *err)
{
    const Settings *settings = act->scene->settings;
    size_t planned = act_planned(act);

    if (settings->dry_run || planned > 0)
        report_preview(&act->report, act->scene->server_us, act_asks(act, planned));
    if (!within_limit(act, err))
        return err->code;
    if (settings->dry_run)
        return act->aim.missing > 0 ? ERR_NO_TARGET : ERR_NONE;
    if (!act_open_store(act, err) || !confirmed(act, err))
        return err->code;
    if (!act_perform(act, err))
        return ERR_AUDIT;
    report_end(&act->report);
    return act_status(act);
}

/* Nobody can be signalled where a prepared transaction is what all wait for. */
static void hint_at_prepared(Scene *scene, Err *err)
{
    Foresight foresight = foresight_begin(scene);
    const Waits *waits = &foresight.waiting.waits;

    for (size_t i = 0; i < waits->count; i++) {
        const WaitNode *node = &waits->nodes[i];

        if (!node->prepared || node->behind == 0)
            continue;
        (void) err_hint(err,
                        "%zu session%s wait%s behind a prepared transaction, which no signal "
                        "reaches: `%s` ends it.",
                        node->behind, node->behind == 1 ? "" : "s", node->behind == 1 ? "s" : "",
                        advice_rollback(node->prepared->gid, &scene->arena));
        return; /* the first one has the most behind it */
    }
}

/* Missing pids have been told one by one. */
static ErrCode no_target(Scene *scene, const Aim *aim, OrderKind kind, Err *err)
{
    if (aim->missing > 0)
        return ERR_NO_TARGET;
    if (aim->passed_over == 0) {
        (void) err_set(err, ERR_NO_TARGET, "no session matches; nothing was sent");
        if (scene->settings->filter.blocking > 0)
            hint_at_prepared(scene, err);
        return ERR_NO_TARGET;
    }
    (void) err_set(err, ERR_NO_TARGET, "no session matches that %s applies to; nothing was sent",
                   order_name(kind));
    (void) err_hint(err, "%zu met the filters; of the first: %s.", aim->passed_over,
                    aim->passed_why);
    return ERR_NO_TARGET;
}

static void make_mandate(Act *act)
{
    const Scene *scene = act->scene;

    runner_make_id(act->run);
    (void) snprintf(act->host, sizeof(act->host), "unknown");
    (void) gethostname(act->host, sizeof(act->host) - 1);
    act->mandate = (Mandate){.run = act->run,
                             .operator_name = scene->operator_name,
                             .host = act->host,
                             .reason = scene->settings->reason,
                             .ticket = scene->settings->ticket,
                             .log_on_server = !scene->settings->no_server_log,
                             .utf8 = scene->utf8};
}

void act_begin(Act *act, Scene *scene, OrderKind kind, const Aim *aim)
{
    Foresight foresight = foresight_begin(scene);

    memset(act, 0, sizeof(*act));
    act->scene = scene;
    act->kind = kind;
    act->aim = *aim;
    act->engine = engine_new(&scene->world, scene->settings->pace_per_s, clock_steady_us());
    make_mandate(act);
    act_request(act, aim);
    if (count_matches(act->engine) <= (size_t) scene->settings->limit) /* else nothing is sent */
        foresight_tell(&foresight, act->engine);
    act->report = report_begin(act->engine, scene->settings, &scene->look);
}

void act_end(Act *act)
{
    report_done(&act->report);
    engine_free(act->engine);
    store_close(act->store);
}

ErrCode act_run(Scene *scene, OrderKind kind, Err *err)
{
    Aim aim;
    Act act;
    ErrCode status;

    if (!aim_given(scene->settings)) {
        (void) err_set(err, ERR_USAGE, "no target was given");
        (void) err_hint(err, "Name a pid, a session id or a filter; --all means every session.");
        return ERR_USAGE;
    }
    if (!scene_snapshot(scene, true, err) || !aim_resolve(scene, kind, &aim, err))
        return err->code;
    scene_warn_of_limits(scene);
    if (aim.count == 0)
        return no_target(scene, &aim, kind, err);
    if (!scene_pooled(scene, err))
        return err->code;
    act_begin(&act, scene, kind, &aim);
    status = carry_out(&act, err);
    act_end(&act);
    return status;
}
