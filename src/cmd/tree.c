/* SPDX-License-Identifier: PostgreSQL */
/* tree: who blocks whom. */
#include "ui/tree.h"

#include <stdio.h>

#include "cmd/command.h"
#include "cmd/poolers.h"
#include "cmd/waiting.h"
#include "cmd/watching.h"
#include "ui/json.h"

static void print(const Scene *scene, FILE *out, const Waits *waits)
{
    const Settings *settings = scene->settings;

    if (settings->dot) {
        tree_print_dot(out, waits, scene->server_us);
        return;
    }
    if (!settings->json) {
        tree_print(out, waits, scene->server_us, &scene->look);
        return;
    }
    for (size_t i = 0; i < waits->count; i++)
        if (!json_print(out, tree_json(waits, &waits->nodes[i], scene->server_us)))
            return; /* the stream remembers why */
}

/* What is no part of the listing; while it is drawn over itself, there is nowhere else for it. */
static void remark(const Settings *settings, FILE *out, const char *text)
{
    (void) fprintf(settings->watch_us > 0 && !settings->json ? out : stderr, "%s\n", text);
}

static bool draw(Scene *scene, FILE *out, void *context, Err *err)
{
    const Settings *settings = scene->settings;
    Waiting waiting;

    (void) context;
    if (!scene_snapshot(scene, false, err) || !scene_pooled(scene, err) ||
        !waiting_learn(scene, &waiting, err))
        return false;
    if (!scene->world.superuser && !scene->world.sees_all)
        remark(settings, out,
               "pgquell: warning: only sessions of your own roles are looked at: it takes "
               "pg_read_all_stats to see who waits");
    if (waiting.waits.count == 0 && !settings->quiet && !settings->json)
        remark(settings, out, "nobody waits for a lock");
    if (waiting.waits.count > 0 || settings->dot)
        print(scene, out, &waiting.waits);
    return true;
}

static ErrCode run(Scene *scene, Err *err)
{
    const Settings *settings = scene->settings;

    if (settings->word_count > 0) {
        (void) err_set(err, ERR_USAGE, "unexpected word \"%s\"", settings->words[0]);
        return ERR_USAGE;
    }
    if (settings->dot && settings->json) {
        (void) err_set(err, ERR_USAGE, "--dot and --json exclude each other");
        return ERR_USAGE;
    }
    if (settings->watch_us > 0)
        return watching_run(scene, draw, NULL, err);
    return watching_once(scene, draw, NULL, err) ? ERR_NONE : err->code;
}

const Command command_tree = {
    .name = "tree",
    .summary = "who blocks whom, root blockers first",
    .arguments = "",
    .details =
        "Shows every session that waits for a lock below the one that it waits for: with what it "
        "asks for, what is held there, and for how long. Prepared transactions stand in the tree "
        "like sessions. On a terminal many that wait alike are counted.",
    .options = OPTION_TREE | OPTION_WATCH | OPTION_OUTPUT | OPTION_CONNECTION,
    .needs = NEEDS_CONNECTION,
    .run = run,
};
