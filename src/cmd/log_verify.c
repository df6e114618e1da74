/* SPDX-License-Identifier: PostgreSQL */
/* log verify: whether the trail is what was written, by itself and against a server's log. */
#include <stdio.h>

#include "base/timefmt.h"
#include "cmd/log_heads.h"
#include "cmd/log_parts.h"
#include "ui/json.h"

/* What was compared with a server's log. */
typedef struct Comparison {
    LogHeads heads;
    size_t missing;
    size_t pruned; /* of which only the hash is left */
} Comparison;

static void count_head(Comparison *comparison, const LogHead *head)
{
    comparison->pruned += head->pruned;
    comparison->missing += !head->found && !head->pruned;
}

static bool compare(Scene *scene, Store *store, Comparison *ret_comparison, Err *err)
{
    Comparison comparison = {0};

    if (!log_heads_read(scene->settings->against, &scene->arena, &comparison.heads, err) ||
        !log_heads_compare(&comparison.heads, store, err))
        return false;
    for (size_t i = 0; i < comparison.heads.count; i++)
        count_head(&comparison, &comparison.heads.heads[i]);
    *ret_comparison = comparison;
    return true;
}

static json_t *anchor_json(const StoreAnchor *anchor)
{
    char at[INSTANT_TEXT_MAX];
    json_t *object;

    if (anchor->sequence == 0)
        return json_null();
    object = json_object();
    json_object_set_new(object, "sequence", json_integer(anchor->sequence));
    json_object_set_new(object, "hash", json_string(anchor->hash));
    json_object_set_new(object, "at", json_string(instant_format(anchor->at_us, at)));
    json_object_set_new(object, "record", json_integer(anchor->recorded));
    return object;
}

static json_t *count_json(const Comparison *comparison, size_t count)
{
    return comparison ? json_integer((json_int_t) count) : json_null();
}

static json_t *verdict_json(const StoreVerdict *verdict, const Comparison *comparison)
{
    bool broken = verdict->broken_at != 0;
    json_t *object = json_object();

    json_object_set_new(object, "intact", json_boolean(!broken));
    json_object_set_new(object, "records", json_integer(verdict->records));
    json_object_set_new(object, "head", json_string(verdict->head));
    json_object_set_new(object, "broken_at",
                        broken ? json_integer(verdict->broken_at) : json_null());
    json_object_set_new(object, "fault", broken ? json_string(verdict->fault) : json_null());
    json_object_set_new(object, "anchor", anchor_json(&verdict->anchor));
    json_object_set_new(object, "heads",
                        count_json(comparison, comparison ? comparison->heads.count : 0));
    json_object_set_new(object, "heads_pruned",
                        count_json(comparison, comparison ? comparison->pruned : 0));
    json_object_set_new(object, "heads_missing",
                        count_json(comparison, comparison ? comparison->missing : 0));
    return object;
}

static void print_missing(const Comparison *comparison)
{
    for (size_t i = 0; i < comparison->heads.count; i++) {
        const LogHead *head = &comparison->heads.heads[i];

        if (!head->found && !head->pruned)
            (void) printf("line %zu: head %s of audit run %s is not in the trail\n", head->line,
                          head->hash, head->run);
    }
}

/* ` from anchor 63 (pruned at 2026-..., record 101)`; nothing where nothing was pruned. */
static const char *anchor_text(const StoreAnchor *anchor, Arena *arena)
{
    char at[INSTANT_TEXT_MAX];

    if (anchor->sequence == 0)
        return "";
    return arena_printf(arena, " from anchor %lld on (pruned at %s, record %lld)",
                        (long long) anchor->sequence, instant_format(anchor->at_us, at),
                        (long long) anchor->recorded);
}

static void print_comparison(const Comparison *comparison, const char *log)
{
    size_t count = comparison->heads.count;

    if (comparison->missing > 0)
        print_missing(comparison);
    else if (count == 0)
        (void) printf("no line of pgquell in server log \"%s\": it proves nothing\n", log);
    else
        (void) printf("%zu head%s in server log \"%s\", all of them in the trail\n", count,
                      count == 1 ? "" : "s", log);
    if (comparison->pruned > 0)
        (void) printf("%zu head%s of pruned records\n", comparison->pruned,
                      comparison->pruned == 1 ? "" : "s");
}

static void print_verdict(Scene *scene, const StoreVerdict *verdict, const Comparison *comparison)
{
    if (scene->settings->json && !json_print(stdout, verdict_json(verdict, comparison)))
        return; /* the stream remembers why */
    if (verdict->broken_at != 0 || scene->settings->quiet || scene->settings->json)
        return;
    (void) printf("%lld record%s, chain intact%s, head %s\n", (long long) verdict->records,
                  verdict->records == 1 ? "" : "s", anchor_text(&verdict->anchor, &scene->arena),
                  verdict->head);
    if (comparison)
        print_comparison(comparison, scene->settings->against);
}

static ErrCode tell_broken(const StoreVerdict *verdict, Err *err)
{
    (void) err_set(err, ERR_UNRESOLVED, "the audit trail is broken at record %lld",
                   (long long) verdict->broken_at);
    (void) err_hint(err, "%s The %lld before it are intact, head %s.", verdict->fault,
                    (long long) verdict->records, verdict->head);
    return ERR_UNRESOLVED;
}

static ErrCode tell_missing(const Scene *scene, const Comparison *comparison, Err *err)
{
    (void) err_set(err, ERR_UNRESOLVED,
                   "%zu of %zu heads in server log \"%s\" are not in the audit trail",
                   comparison->missing, comparison->heads.count, scene->settings->against);
    (void) err_hint(err, "Its newest records were removed or it was rewritten, unless those runs "
                         "wrote to another store.");
    return ERR_UNRESOLVED;
}

ErrCode log_verify(Scene *scene, Store *store, Err *err)
{
    bool against = scene->settings->against != NULL;
    Comparison comparison = {0};
    StoreVerdict verdict;

    if (!store_verify(store, &scene->arena, &verdict, err))
        return err->code;
    if (verdict.broken_at != 0) {
        print_verdict(scene, &verdict, NULL);
        return tell_broken(&verdict, err);
    }
    if (against && !compare(scene, store, &comparison, err))
        return err->code;
    print_verdict(scene, &verdict, against ? &comparison : NULL);
    return comparison.missing > 0 ? tell_missing(scene, &comparison, err) : ERR_NONE;
}
