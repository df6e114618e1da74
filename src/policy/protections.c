/* SPDX-License-Identifier: PostgreSQL */
/* Protections: the `protect` list of a file. */
#include "policy/protections.h"

#include <string.h>

#include "base/text.h"

static const char *const protect_keys[] = {"role",   "database",     "application",
                                           "client", "backend_type", NULL};

static bool add_predicate(Filter *filter, const char *key, const char *text, Err *err)
{
    static const struct {
        const char *key;
        FilterText which;
    } texts[] = {{"role", FILTER_ROLE},
                 {"database", FILTER_DATABASE},
                 {"application", FILTER_APPLICATION},
                 {"backend_type", FILTER_BACKEND_TYPE}};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (strcmp(texts[i].key, key) == 0)
            return filter_add_text(filter, texts[i].which, text, err);
    return filter_add_client(filter, text, err);
}

static bool read_predicate(const YamlNode *node, const char *key, Filter *filter, Err *err)
{
    if (yaml_item_count(node) == 0)
        return yaml_bad_value(node, err, "a value is missing");
    for (size_t i = 0; i < yaml_item_count(node); i++) {
        const YamlNode *item = yaml_item(node, i);
        const char *text;
        Err bad;

        if (!yaml_text(item, &text, err))
            return false;
        if (add_predicate(filter, key, text, &bad))
            continue;
        (void) yaml_bad_value(item, err, "%s", bad.message);
        return err_hint(err, "%s", bad.hint);
    }
    return true;
}

static bool read_protection(Arena *arena, const YamlNode *node, Protection *protection, Err *err)
{
    filter_init(&protection->filter);
    protection->place = arena_printf(arena, "%s:%d", text_cleaned(arena, node->file), node->line);
    if (!yaml_map(node, err) || !yaml_check_keys(node, "predicate", protect_keys, err))
        return false;
    if (node->count == 0) {
        (void) yaml_bad_value(node, err, "an entry without a predicate protects nothing");
        return err_hint(err,
                        "Say whom, such as { role: replicator } or { application: \"pg_dump*\" }.");
    }
    for (size_t i = 0; protect_keys[i]; i++) {
        const YamlNode *values = yaml_fetch(node, protect_keys[i]);

        if (values && !read_predicate(values, protect_keys[i], &protection->filter, err))
            return false;
    }
    return true;
}

bool protections_read(Arena *arena, const YamlNode *node, Protections *ret_protections, Err *err)
{
    size_t count = yaml_item_count(node);
    Protections protections = {0};

    if (count > PROTECTIONS_MAX)
        return yaml_bad_value(node, err, "too many entries: at most %d are allowed",
                              PROTECTIONS_MAX);
    protections.entries = ARENA_ARRAY(arena, Protection *, count + 1);
    for (size_t i = 0; i < count; i++) {
        Protection *protection = ARENA_NEW(arena, Protection);

        if (!read_protection(arena, yaml_item(node, i), protection, err))
            return false;
        protections.entries[protections.count++] = protection;
    }
    *ret_protections = protections;
    return true;
}
