/* SPDX-License-Identifier: PostgreSQL */
/* kick: everyone out of a database but ourselves, with the door held shut where that is asked. */
#include "cmd/kick.h"

#include <stdio.h>

#include "cmd/poolers.h"
#include "ui/doors.h"

static bool any_pattern(const Filter *filter, FilterText which, const char **ret_pattern)
{
    for (size_t i = 0; i < filter->text_counts[which]; i++)
        if (kick_is_pattern(filter->texts[which][i])) {
            *ret_pattern = filter->texts[which][i];
            return true;
        }
    return false;
}

static bool check_door_options(const Settings *settings, Err *err)
{
    const Filter *filter = &settings->filter;
    const char *pattern;

    if (!settings->keep_out && !settings->pause && !settings->disable)
        return true;
    if (settings->keep_out && filter->text_counts[FILTER_APPLICATION] > 0)
        return err_set(err, ERR_REFUSED, "%s", door_of_application());
    if (!any_pattern(filter, FILTER_DATABASE, &pattern) &&
        !any_pattern(filter, FILTER_ROLE, &pattern))
        return true;
    (void) err_set(err, ERR_USAGE, "--%s takes no pattern, such as \"%s\"",
                   settings->keep_out ? "keep-out"
                   : settings->pause  ? "pause"
                                      : "disable",
                   pattern);
    return err_hint(err, "Name each database or role whose door is to be closed.");
}

static bool check_settings(const Settings *settings, Err *err)
{
    if (settings->word_count > 0) {
        (void) err_set(err, ERR_USAGE, "unexpected word \"%s\"", settings->words[0]);
        return err_hint(err, "Whom to kick out is said with --database, --role or --application; "
                             "\"pgquell terminate\" takes pids.");
    }
    if (!filter_given(&settings->filter)) {
        (void) err_set(err, ERR_USAGE, "nobody to kick out was named");
        return err_hint(err, "Name a --database, a --role or an --application.");
    }
    if (settings->order.scope != SCOPE_DEFAULT && settings->order.scope != SCOPE_SESSION)
        return err_set(err, ERR_USAGE, "--scope does not go with kick, which ends sessions");
    if (settings->pause || settings->disable) {
        const char *option = settings->pause ? "pause" : "disable";

        if (settings->pgbouncer_count == 0)
            return err_set(err, ERR_USAGE,
                           "--%s needs --pgbouncer, or a --cluster that is configured with one",
                           option);
        if (settings->filter.text_counts[FILTER_DATABASE] == 0)
            return err_set(err, ERR_USAGE, "--%s goes with --database", option);
    }
    return check_door_options(settings, err);
}

/* In a dry run the trail is only read, and there need not be one. */
static bool open_store(Act *act, Err *err)
{
    const char *path = act->scene->settings->audit;
    Err ignored;

    if (!act->scene->settings->dry_run)
        return act_open_store(act, err);
    if (!path && !store_default_path(&act->scene->arena, &path, &ignored))
        return true;
    if (!store_open(path, STORE_READ, &act->store, &ignored))
        act->store = NULL;
    return true;
}

static void preview(Kick *kick, bool asks)
{
    Act *act = &kick->act;
    const Scene *scene = act->scene;
    const Settings *settings = scene->settings;
    bool seen = !settings->json && !settings->quiet;
    Look error_look = look_of(stderr);

    for (size_t i = 0; i < kick->door_count; i++) {
        if (seen || settings->dry_run)
            keeper_tell(&kick->keeper, &kick->doors[i]);
        if (asks && (!seen || !scene->look.terminal))
            doors_preview(stderr, &kick->doors[i], &error_look);
    }
    if (engine_target_count(act->engine) > 0 && (settings->dry_run || act_planned(act) > 0))
        report_preview(&act->report, scene->server_us, asks);
}

static bool within_limit(const Kick *kick, Err *err)
{
    const Settings *settings = kick->act.scene->settings;
    size_t planned = act_planned(&kick->act);

    if (!settings->given[OPT_LIMIT] || planned <= (size_t) settings->limit)
        return true;
    return err_set(err, ERR_REFUSED, "%zu sessions match, more than --limit %d; nothing was sent",
                   planned, settings->limit);
}

static bool confirmed(const Kick *kick, Err *err)
{
    size_t doors = kick_doors_to_close(kick);
    size_t sessions = act_planned(&kick->act);
    char question[160];

    if (doors > 0)
        (void) snprintf(question, sizeof(question),
                        "Close %zu door%s and terminate %zu session%s%s?", doors,
                        doors == 1 ? "" : "s", sessions, sessions == 1 ? "" : "s",
                        kick->keeps ? ", and whoever comes" : "");
    else
        (void) snprintf(question, sizeof(question), "Terminate %zu session%s?", sessions,
                        sessions == 1 ? "" : "s");
    return act_confirm(&kick->act, doors + sessions, "doors and sessions would be dealt with",
                       question, err);
}

/* The exit status: that of the targets, and of who is still coming. */
static ErrCode status_of(const Kick *kick)
{
    ErrCode status = act_status(&kick->act);

    if (loop_interrupts(kick->act.scene->loop) > 0)
        return ERR_INTERRUPTED;
    if (kick->blind || (kick->keeps && kick->left > 0))
        return ERR_UNRESOLVED;
    return status;
}

/* The doors are closed. A PgBouncer is held for as long as the server's door only, whatever happens
 * in between. */
static ErrCode empty(Kick *kick, Err *err)
{
    bool drained = kick_drain(kick, err);
    Err open_err;
    bool opened = kick->keeps || kick_open_doors(kick, false, &open_err);
    ErrCode status;

    if (!drained)
        return err->code;
    report_end(&kick->act.report);
    kick_report(kick);
    status = status_of(kick);
    if (opened)
        return status;
    *err = open_err;
    return err->code == ERR_REFUSED && status != ERR_NONE ? status : err->code;
}

static ErrCode carry_out(Kick *kick, Err *err)
{
    Act *act = &kick->act;
    size_t count = kick_doors_to_close(kick) + act_planned(act);

    preview(kick, act_asks(act, count));
    if (!kick_check_doors(kick, err) || !within_limit(kick, err))
        return err->code;
    if (act->scene->settings->dry_run)
        return ERR_NONE;
    if (!confirmed(kick, err) || !kick_close_doors(kick, err))
        return err->code;
    return empty(kick, err);
}

static ErrCode nobody(const Aim *aim, Err *err)
{
    (void) err_set(err, ERR_NO_TARGET, "no session matches; nothing was sent");
    if (aim->passed_over > 0)
        (void) err_hint(err, "%zu met the filters; of the first: %s.", aim->passed_over,
                        aim->passed_why);
    return ERR_NO_TARGET;
}

static ErrCode run_kick(Kick *kick, const Aim *aim, Err *err)
{
    Act *act = &kick->act;

    if (!kick_find_subjects(kick, err))
        return err->code;
    if (aim->count == 0 && kick->subject_count == 0)
        return nobody(aim, err);
    if (!scene_pooled(act->scene, err) || !open_store(act, err))
        return err->code;
    kick->keeper = (Keeper){.scene = act->scene,
                            .store = act->store,
                            .mandate = &act->mandate,
                            .valves = &kick->valves};
    if (!keeper_begin(&kick->keeper, err) || !kick_plan_doors(kick, err))
        return err->code;
    act->mandate.command = "kick";
    act->mandate.first_target = 2 * (int) kick->door_count; /* each is closed, and opened */
    return carry_out(kick, err);
}

static ErrCode run(Scene *scene, Err *err)
{
    Kick *kick;
    Aim aim;
    ErrCode status;

    if (!check_settings(scene->settings, err))
        return err->code;
    if (!scene_snapshot(scene, true, err) || !aim_resolve(scene, ORDER_TERMINATE, &aim, err))
        return err->code;
    kick = ARENA_NEW(&scene->arena, Kick);
    comers_init(&kick->comers);
    valves_init(&kick->valves, scene);
    act_begin(&kick->act, scene, ORDER_TERMINATE, &aim);
    status = run_kick(kick, &aim, err);
    valves_done(&kick->valves);
    act_end(&kick->act);
    return status;
}

const Command command_kick = {
    .name = "kick",
    .summary = "empty a database, and keep it empty",
    .arguments = "--database D | --role R | --application A",
    .details =
        "Terminates everyone in a database, or every session of a role or an application, but "
        "ourselves, other pgquells and what is protected. --keep-out closes the door first "
        "(ALLOW_CONNECTIONS false, or CONNECTION LIMIT 0) and ends who comes meanwhile; \"pgquell "
        "let-in\" opens it again. Several of them must all hold; a door is closed for each "
        "database and role. There is no limit unless --limit gives one.",
    .options = OPTION_WHO | OPTION_DOOR | OPTION_ACTION | OPTION_OUTPUT | OPTION_CONNECTION,
    .needs = NEEDS_CONNECTION,
    .run = run,
};
