/* SPDX-License-Identifier: PostgreSQL */
/* log verify: whether the trail is what was written, by itself and against a server's log. */
#include <stdio.h>

#include "cmd/log_heads.h"
#include "cmd/log_parts.h"
#include "ui/json.h"

/* What was compared with a server's log. */
typedef struct Comparison {
    LogHeads heads;
    size_t missing;
} Comparison;

static bool compare(Scene *scene, Store *store, Comparison *ret_comparison, Err *err)
{
    Comparison comparison = {0};

    if (!log_heads_read(scene->settings->against, &scene->arena, &comparison.heads, err) ||
        !log_heads_compare(&comparison.heads, store, err))
        return false;
    for (size_t i = 0; i < comparison.heads.count; i++)
        comparison.missing += !comparison.heads.heads[i].found;
    *ret_comparison = comparison;
    return true;
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
    json_object_set_new(object, "heads",
                        comparison ? json_integer((json_int_t) comparison->heads.count)
                                   : json_null());
    json_object_set_new(object, "heads_missing",
                        comparison ? json_integer((json_int_t) comparison->missing) : json_null());
    return object;
}

static void print_missing(const Comparison *comparison)
{
    for (size_t i = 0; i < comparison->heads.count; i++) {
        const LogHead *head = &comparison->heads.heads[i];

        if (!head->found)
            (void) printf("line %zu: head %s of audit run %s is not in the trail\n", head->line,
                          head->hash, head->run);
    }
}

static void print_verdict(const Scene *scene, const StoreVerdict *verdict,
                          const Comparison *comparison)
{
    const char *log = scene->settings->against;

    if (scene->settings->json && !json_print(stdout, verdict_json(verdict, comparison)))
        return; /* the stream remembers why */
    if (verdict->broken_at != 0 || scene->settings->quiet || scene->settings->json)
        return;
    (void) printf("%lld record%s, chain intact, head %s\n", (long long) verdict->records,
                  verdict->records == 1 ? "" : "s", verdict->head);
    if (comparison && comparison->missing > 0)
        print_missing(comparison);
    else if (comparison && comparison->heads.count == 0)
        (void) printf("no line of pgquell in server log \"%s\": it proves nothing\n", log);
    else if (comparison)
        (void) printf("%zu head%s in server log \"%s\", all of them in the trail\n",
                      comparison->heads.count, comparison->heads.count == 1 ? "" : "s", log);
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
