/* SPDX-License-Identifier: PostgreSQL */
/* log prune: removes the oldest actions that have ended from the trail, on record. */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "audit/prune.h"
#include "base/text.h"
#include "base/timefmt.h"
#include "cmd/confirm.h"
#include "cmd/log_parts.h"
#include "cmd/prune_limit.h"
#include "loop/runner.h"
#include "ui/json.h"

#define HOST_MAX 256
#define BYTES_PER_KB 1024

/* Everything that one prune has in hand. */
typedef struct Prune {
    Scene *scene;
    int64_t now_us;
    int64_t before_us;
    PruneLimit limit;
    StorePruned pruned; /* what came of it */
    bool overtaken;     /* by another prune */
    int64_t freed;      /* bytes; may be negative: the record of a small prune takes room, too */
} Prune;

static const char *plural(int64_t count)
{
    return count == 1 ? "" : "s";
}

/* `12 actions (63 records) up to 2026-08-23T10:00:00.000000Z`. */
static const char *what_goes(const Prune *prune)
{
    const PruneLimit *limit = &prune->limit;
    char until[INSTANT_TEXT_MAX];

    return arena_printf(&prune->scene->arena, "%zu action%s (%" PRId64 " record%s) up to %s",
                        limit->actions, plural((int64_t) limit->actions), limit->records,
                        plural(limit->records), instant_format(limit->until_us, until));
}

static const char *before(const Prune *prune)
{
    char at[INSTANT_TEXT_MAX];

    return arena_strdup(&prune->scene->arena, instant_format(prune->before_us, at));
}

static void put(json_t *object, const char *key, const char *text, Arena *arena)
{
    json_object_set_new(object, key, text ? json_string(text_as_utf8(arena, text)) : json_null());
}

static void put_instant(json_t *object, const char *key, int64_t at_us)
{
    char at[INSTANT_TEXT_MAX];

    json_object_set_new(object, key, json_string(instant_format(at_us, at)));
}

static void put_age(json_t *object, const Prune *prune)
{
    json_object_set_new(
        object, "older_than_s",
        json_real((double) prune->scene->settings->older_than_us / (double) US_PER_S));
    put_instant(object, "before", prune->before_us);
}

/* Who and why, for the record; the store adds what goes. */
static const char *record_body(const Prune *prune)
{
    const Settings *settings = prune->scene->settings;
    Arena *arena = &prune->scene->arena;
    json_t *object = json_object();
    char host[HOST_MAX] = "unknown";

    (void) gethostname(host, sizeof(host) - 1);
    put(object, "command", "log prune", arena);
    put(object, "scope", "trail", arena);
    put(object, "reason",
        arena_printf(arena, "%s removed, all from before %s", what_goes(prune), before(prune)),
        arena);
    put(object, "operator", prune->scene->operator_name, arena);
    put(object, "host", host, arena);
    put(object, "operator_reason", settings->reason, arena);
    put(object, "ticket", settings->ticket, arena);
    put_age(object, prune);
    put_instant(object, "until", prune->limit.until_us);
    json_object_set_new(object, "actions", json_integer((json_int_t) prune->limit.actions));
    return json_text(arena, object);
}

/* What went, or in a dry run would go; where that is nothing, the counts are 0 and the rest is
 * null. */
static json_t *prune_json(const Prune *prune)
{
    const PruneLimit *limit = &prune->limit;
    const StorePruned *pruned = &prune->pruned;
    Arena *arena = &prune->scene->arena;
    json_t *object = json_object();
    bool any = limit->through > 0;

    json_object_set_new(object, "dry_run", json_boolean(prune->scene->settings->dry_run));
    put_age(object, prune);
    json_object_set_new(object, "actions", json_integer((json_int_t) limit->actions));
    json_object_set_new(object, "records", json_integer(limit->records));
    json_object_set_new(object, "from", any ? json_integer(limit->first) : json_null());
    json_object_set_new(object, "to", any ? json_integer(limit->through) : json_null());
    if (any)
        put_instant(object, "until", limit->until_us);
    else
        json_object_set_new(object, "until", json_null());
    put(object, "hash", any ? limit->hash : NULL, arena);
    json_object_set_new(object, "record",
                        pruned->records > 0 ? json_integer(pruned->anchor.recorded) : json_null());
    json_object_set_new(object, "freed_bytes",
                        pruned->records > 0 ? json_integer(prune->freed) : json_null());
    put(object, "kept_by", limit->keeper, arena);
    return object;
}

static void print_keeper(const Prune *prune)
{
    Scene *scene = prune->scene;

    if (prune->limit.keeper)
        (void) printf("kept: %s, and what follows it\n",
                      look_text(&scene->look, &scene->arena, prune->limit.keeper));
}

static void print_nothing(const Prune *prune)
{
    Scene *scene = prune->scene;

    if (prune->overtaken)
        (void) puts("nothing to prune: another prune was faster");
    else if (prune->limit.keeper)
        (void) printf("nothing to prune because of %s\n",
                      look_text(&scene->look, &scene->arena, prune->limit.keeper));
    else
        (void) printf("nothing to prune: no action ended before %s\n", before(prune));
}

/* A part of the last line; nothing where so little went that its record took more. */
static const char *freed_text(const Prune *prune)
{
    int64_t kb = prune->freed / BYTES_PER_KB;

    if (kb <= 0)
        return "";
    return arena_printf(&prune->scene->arena, "; %" PRId64 " kB given back", kb);
}

static void report(const Prune *prune)
{
    const Settings *settings = prune->scene->settings;
    bool done = prune->pruned.records > 0;

    if (settings->json) {
        if (!json_print(stdout, prune_json(prune)))
            return; /* the stream remembers why */
    } else if (settings->quiet) {
        return;
    } else if (prune->limit.through == 0) {
        print_nothing(prune);
    } else {
        (void) printf("%s %s%s\n", done ? "pruned" : "would prune", what_goes(prune),
                      done ? freed_text(prune) : "");
        print_keeper(prune);
    }
}

/* What is broken is evidence, which a prune would take away. */
static bool check_intact(Scene *scene, Store *store, Err *err)
{
    StoreVerdict verdict;

    if (!store_verify(store, &scene->arena, &verdict, err))
        return false;
    if (verdict.broken_at == 0)
        return true;
    (void) err_set(err, ERR_UNRESOLVED,
                   "the audit trail is broken at record %" PRId64 "; nothing was pruned",
                   verdict.broken_at);
    return err_hint(err, "%s Keep the file for examination, and go on with another store.",
                    verdict.fault);
}

static bool confirmed(const Prune *prune, Err *err)
{
    Scene *scene = prune->scene;

    if (scene->settings->yes)
        return true;
    if (!confirm_possible())
        return err_set(err, ERR_REFUSED,
                       "%s would be pruned, which needs --yes where no terminal can ask; nothing "
                       "was pruned",
                       what_goes(prune));
    if (!scene->loop && !loop_new(&scene->loop, err))
        return false;
    switch (confirm_ask(scene->loop, arena_printf(&scene->arena, "Prune %s?", what_goes(prune)))) {
    case CONFIRM_YES:
        return true;
    case CONFIRM_NO:
        return err_set(err, ERR_REFUSED, "not confirmed; nothing was pruned");
    default:
        return err_set(err, ERR_INTERRUPTED, "interrupted; nothing was pruned");
    }
}

/* What was removed stays so, whatever becomes of its room. */
static void give_room_back(Prune *prune, Store *store, int64_t size)
{
    bool whole = false;
    Err err;

    if (!store_shrink(store, &whole, &err))
        (void) fprintf(stderr, "pgquell: warning: its room was not given back: %s\n",
                       text_cleaned(&prune->scene->arena, err.message));
    else if (!whole)
        (void) fputs("pgquell: warning: another process is reading the trail; until it is done, "
                     "what was removed can still be found in the files\n",
                     stderr);
    prune->freed = size - store_size(store);
}

static bool carry_out(Prune *prune, Err *err)
{
    Scene *scene = prune->scene;
    char run[RUN_ID_MAX];
    StorePrune wanted = {.from = prune->limit.first,
                         .through = prune->limit.through,
                         .hash = prune->limit.hash,
                         .at_us = prune->now_us,
                         .run = run,
                         .body = record_body(prune)};
    Store *store;
    int64_t size;
    bool done;

    runner_make_id(run);
    if (!store_open(scene->settings->audit, STORE_APPEND, &store, err))
        return false;
    size = store_size(store);
    done = store_prune(store, &wanted, &scene->arena, &prune->pruned, err);
    if (done && prune->pruned.records > 0)
        give_room_back(prune, store, size);
    store_close(store);
    return done;
}

/* The trail that is verified is the one that the decision is about. */
static bool decide(Prune *prune, Store *store, Err *err)
{
    Scene *scene = prune->scene;
    bool decided;

    if (!store_hold(store, err))
        return false;
    decided = check_intact(scene, store, err) &&
              prune_limit_find(store, prune->before_us, &scene->arena, &prune->limit, err);
    store_release(store);
    return decided;
}

ErrCode log_prune(Scene *scene, Store *store, Err *err)
{
    Prune prune = {.scene = scene, .now_us = clock_wall_us()};

    prune.before_us = prune.now_us - scene->settings->older_than_us;
    if (!decide(&prune, store, err))
        return err->code;
    if (prune.limit.through > 0 && !scene->settings->dry_run) {
        if (!confirmed(&prune, err) || !carry_out(&prune, err))
            return err->code;
        if (prune.pruned.records == 0) {
            prune.overtaken = true;
            prune.limit = (PruneLimit){0};
        }
    }
    report(&prune);
    return ERR_NONE;
}
