/* SPDX-License-Identifier: PostgreSQL */
/* demo: the whole story on a throw-away cluster. */
#include <stdio.h>

#include "cmd/command.h"
#include "cmd/demo_stage.h"
#include "cmd/demo_story.h"

static void print_opening(const Stage *stage)
{
    (void) printf("A private PostgreSQL cluster runs in %s%s%s.\n", stage->tree.path,
                  stage->user.name ? ", as user " : "", stage->user.name ? stage->user.name : "");
    (void) printf("$ cd %s; export PGHOST=$PWD PGPORT=5432 PGUSER=postgres\n", stage->tree.path);
}

static bool perform(Stage *stage, Scene *scene, Err *err)
{
    (void) fputs("Making a private PostgreSQL cluster ...\n", stdout);
    (void) fflush(stdout);
    if (!stage_open(stage, &scene->arena, err) || !story_set_up(stage, err))
        return false;
    print_opening(stage);
    return story_tell(stage, &scene->look, err);
}

/* What went wrong on the stage is the error; what stays behind is told with it. */
static bool close_stage(Stage *stage, bool good, Err *err)
{
    Err own;

    if (stage_close(stage, &own)) {
        if (!good && err->code == ERR_INTERRUPTED)
            (void) err_set(err, ERR_INTERRUPTED, "interrupted; the cluster was removed");
        return good;
    }
    if (good)
        *err = own;
    else
        (void) err_hint(err, "Moreover, it %s.", own.message);
    return false;
}

static ErrCode run(Scene *scene, Err *err)
{
    int64_t begun_us = clock_steady_us();
    char elapsed[DURATION_TEXT_MAX];
    bool good;
    Stage stage;

    if (scene->settings->word_count > 0) {
        (void) err_set(err, ERR_USAGE, "unexpected word \"%s\"", scene->settings->words[0]);
        return ERR_USAGE;
    }
    good = perform(&stage, scene, err);
    if (!close_stage(&stage, good, err))
        return err->code;
    (void) printf("\nAll %zu steps came out as they have to, in %s. Nothing is left behind.\n",
                  story_step_count, duration_format(clock_steady_us() - begun_us, elapsed));
    return ERR_NONE;
}

const Command command_demo = {
    .name = "demo",
    .summary = "show what pgquell does, on a throw-away cluster",
    .arguments = "",
    .details =
        "Makes a private cluster in a temporary directory, reachable over a socket in it only, "
        "with sessions in trouble: a runaway report, a forgotten transaction that blocks "
        "others, a function that swallows cancels. Deals with each, shows the audit trail, "
        "and removes everything, also on Ctrl-C. Exit status 1 when a step does not come out "
        "as it has to. Needs Debian's package postgresql-15, or another server's programs in "
        "PATH; started by root, the server runs as user postgres or nobody.",
    .options = 0,
    .needs = NEEDS_NOTHING,
    .run = run,
};
