/* SPDX-License-Identifier: PostgreSQL */
/* Config: from YAML to what is configured for one cluster. */
#include "policy/config.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/pace.h"
#include "policy/protections.h"
#include "policy/source.h"

#define LIMIT_MAX 1000000
#define LIST_MAX 300 /* bytes of a hint that lists clusters */

/* What the reading of one file has in hand. */
typedef struct Reading {
    Arena *arena;
    Config *config;
    bool exposed;
    Err *err;
} Reading;

#define PART_KEYS                                                                          \
    "operator", "require_reason", "grace", "timeout", "pace", "limit", "audit", "protect", \
        "pgbouncers", "pgbouncer"

static const char *const top_keys[] = {PART_KEYS, "cluster", "clusters", NULL};
static const char *const cluster_keys[] = {"conninfo", PART_KEYS, NULL};

ConfigPlaces config_usual_places(Arena *arena)
{
    const char *config = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    ConfigPlaces places = {.system = CONFIG_SYSTEM};

    if (config && config[0] == '/') /* the XDG specification ignores a relative one */
        places.user = arena_printf(arena, "%s/pgquell/config.yaml", config);
    else if (home && home[0] == '/')
        places.user = arena_printf(arena, "%s/.config/pgquell/config.yaml", home);
    return places;
}

/* --- values --- */

/* A text that may not be empty. */
static bool read_name(const YamlNode *node, const char **ret_name, Err *err)
{
    if (!yaml_text(node, ret_name, err))
        return false;
    if ((*ret_name)[0] == '\0')
        return yaml_bad_value(node, err, "a text is missing");
    return true;
}

static bool read_audit(const YamlNode *node, const char **ret_path, Err *err)
{
    if (!read_name(node, ret_path, err))
        return false;
    if ((*ret_path)[0] == '/')
        return true;
    (void) yaml_bad_value(node, err, "\"%s\" is not an absolute path", *ret_path);
    return err_hint(err, "It begins with a slash, such as /var/lib/pgquell/audit.db.");
}

static bool read_pace(const YamlNode *node, double *ret_per_s, Err *err)
{
    const char *text;

    if (!yaml_text(node, &text, err))
        return false;
    if (pace_parse(text, ret_per_s))
        return true;
    (void) yaml_bad_value(node, err, "invalid value \"%s\"", text);
    return err_hint(err, "%s", PACE_WANTED);
}

static bool read_reason(const YamlNode *node, const YamlNode **ret_at, Err *err)
{
    bool demanded;

    if (!yaml_bool(node, &demanded, err))
        return false;
    *ret_at = demanded ? node : NULL;
    return true;
}

static bool read_conninfo(const Reading *reading, const YamlNode *node,
                          const ConfigConninfo **ret_conninfo)
{
    Config *config = reading->config;
    ConfigConninfo *conninfo = ARENA_NEW(reading->arena, ConfigConninfo);

    if (!yaml_text(node, &conninfo->text, reading->err))
        return false;
    conninfo->at = node;
    conninfo->exposed = reading->exposed;
    config->conninfos = arena_grow(reading->arena, config->conninfos, config->conninfo_count,
                                   sizeof(const ConfigConninfo *));
    config->conninfos[config->conninfo_count++] = conninfo;
    *ret_conninfo = conninfo;
    return true;
}

static bool read_pgbouncers(const Reading *reading, const YamlNode *node, ConfigPart *part)
{
    size_t count = yaml_item_count(node);
    const ConfigConninfo **consoles;

    if (count > CONFIG_PGBOUNCERS_MAX)
        return yaml_bad_value(node, reading->err, "too many: at most %d can be named",
                              CONFIG_PGBOUNCERS_MAX);
    consoles = ARENA_ARRAY(reading->arena, const ConfigConninfo *, count + 1);
    for (size_t i = 0; i < count; i++)
        if (!read_conninfo(reading, yaml_item(node, i), &consoles[i]))
            return false;
    part->pgbouncers = consoles; /* an empty list says that there is none */
    part->pgbouncer_count = count;
    return true;
}

/* --- parts --- */

static void part_init(ConfigPart *part)
{
    *part = (ConfigPart){.grace_us = TIME_UNKNOWN, .timeout_us = TIME_UNKNOWN};
}

/* One of the keys that a file's top and a cluster have in common. */
static bool read_common(const Reading *reading, const char *key, const YamlNode *value,
                        ConfigPart *part)
{
    Err *err = reading->err;

    if (strcmp(key, "operator") == 0)
        return read_name(value, &part->operator_name, err);
    if (strcmp(key, "require_reason") == 0)
        return read_reason(value, &part->demands_reason, err);
    if (strcmp(key, "grace") == 0)
        return yaml_duration(value, &part->grace_us, err);
    if (strcmp(key, "timeout") == 0)
        return yaml_duration(value, &part->timeout_us, err);
    if (strcmp(key, "pace") == 0)
        return read_pace(value, &part->pace_per_s, err);
    if (strcmp(key, "limit") == 0)
        return yaml_int(value, 1, LIMIT_MAX, &part->limit, err);
    if (strcmp(key, "audit") == 0)
        return read_audit(value, &part->audit, err);
    if (strcmp(key, "protect") == 0)
        return protections_read(reading->arena, value, &part->protections, err);
    if (strcmp(key, "conninfo") == 0)
        return read_conninfo(reading, value, &part->conninfo);
    if (!part->pgbouncers)
        return read_pgbouncers(reading, value, part);
    return yaml_bad_value(value, err, "this and \"pgbouncers\" are the same key");
}

static bool read_part(const Reading *reading, const YamlNode *map, ConfigPart *part)
{
    part_init(part);
    for (size_t i = 0; cluster_keys[i]; i++) {
        const YamlNode *value = yaml_fetch(map, cluster_keys[i]);

        if (value && !read_common(reading, cluster_keys[i], value, part))
            return false;
    }
    return true;
}

static bool read_clusters(const Reading *reading, const YamlNode *map, ConfigFile *file)
{
    if (!yaml_map(map, reading->err))
        return false;
    if (map->count > CONFIG_CLUSTERS_MAX)
        return yaml_bad_value(map, reading->err, "too many: at most %d can be named",
                              CONFIG_CLUSTERS_MAX);
    file->clusters = ARENA_ARRAY(reading->arena, ConfigCluster, map->count + 1);
    for (size_t i = 0; i < map->count; i++) {
        ConfigCluster *cluster = &file->clusters[file->cluster_count++];

        cluster->name = map->keys[i]->text;
        cluster->at = map->keys[i];
        if (cluster->name[0] == '\0')
            return yaml_error(cluster->at, reading->err, "a cluster needs a name");
        if (!yaml_map(map->items[i], reading->err) ||
            !yaml_check_keys(map->items[i], "key", cluster_keys, reading->err) ||
            !read_part(reading, map->items[i], &cluster->part))
            return false;
    }
    return true;
}

static bool read_file(const Reading *reading, const YamlNode *root, ConfigFile *file)
{
    const YamlNode *clusters;

    if (!yaml_map(root, reading->err) || !yaml_check_keys(root, "key", top_keys, reading->err) ||
        !read_part(reading, root, &file->top))
        return false;
    clusters = yaml_fetch(root, "clusters");
    file->cluster_at = yaml_fetch(root, "cluster");
    if (file->cluster_at && !read_name(file->cluster_at, &file->cluster, reading->err))
        return false;
    return !clusters || read_clusters(reading, clusters, file);
}

/* --- files --- */

static bool read_source(Arena *arena, const char *path, SourceKind kind, Config *config, Err *err)
{
    Reading reading = {.arena = arena, .config = config, .err = err};
    ConfigFile *file = &config->files[config->file_count];
    const YamlNode *root;
    Source source;

    if (!path || strcmp(path, CONFIG_NOTHING) == 0)
        return true;
    if (!source_read(arena, path, kind, &source, err))
        return false;
    if (!source.bytes)
        return true;
    file->path = path;
    reading.exposed = source.exposed;
    config->file_count++;
    return yaml_read(arena, &(YamlSource){path, source.bytes, source.length}, &root, err) &&
           read_file(&reading, root, file);
}

static const ConfigCluster *cluster_named(const ConfigFile *file, const char *name)
{
    for (size_t i = 0; i < file->cluster_count; i++)
        if (strcmp(file->clusters[i].name, name) == 0)
            return &file->clusters[i];
    return NULL;
}

static bool is_reachable(const Config *config, const char *name)
{
    for (size_t i = 0; i < config->file_count; i++) {
        const ConfigCluster *cluster = cluster_named(&config->files[i], name);

        if (cluster && cluster->part.conninfo)
            return true;
    }
    return false;
}

/* What can only be told when all files are there. */
static bool check_together(const Config *config, Err *err)
{
    for (size_t i = 0; i < config->file_count; i++) {
        const ConfigFile *file = &config->files[i];

        for (size_t j = 0; j < file->cluster_count; j++) {
            if (is_reachable(config, file->clusters[j].name))
                continue;
            (void) yaml_error(file->clusters[j].at, err, "cluster \"%s\" has no conninfo",
                              file->clusters[j].name);
            return err_hint(err, "Say how to connect, such as conninfo: \"host=db1\".");
        }
        if (file->cluster && !is_reachable(config, file->cluster)) {
            (void) yaml_bad_value(file->cluster_at, err, "unknown cluster \"%s\"", file->cluster);
            return err_hint(err, "It has to be one of those under \"clusters\".");
        }
    }
    return true;
}

bool config_read(Arena *arena, const ConfigPlaces *places, Config *ret_config, Err *err)
{
    Config config = {.places = *places};
    bool read;

    if (places->given)
        read = read_source(arena, places->given, SOURCE_GIVEN, &config, err);
    else
        read = read_source(arena, places->user, SOURCE_USER, &config, err) &&
               read_source(arena, places->system, SOURCE_SYSTEM, &config, err);
    if (!read || !check_together(&config, err))
        return false;
    *ret_config = config;
    return true;
}

const char *config_default_cluster(const Config *config)
{
    for (size_t i = 0; i < config->file_count; i++)
        if (config->files[i].cluster)
            return config->files[i].cluster;
    return NULL;
}

/* --- what it comes to --- */

static bool unconfigured(const Config *config, const char *name, Err *err)
{
    const ConfigPlaces *places = &config->places;

    if (config->file_count > 0) {
        (void) err_set(err, ERR_USAGE, "unknown cluster \"%s\": none is configured", name);
        return err_hint(err, "Name it under \"clusters\" in %s.", config->files[0].path);
    }
    (void) err_set(err, ERR_USAGE, "unknown cluster \"%s\": there is no configuration file", name);
    if (places->given)
        return err_hint(err, "--config %s says that there is none.", places->given);
    return err_hint(err, "Looked for %s%s%s.", places->user ? places->user : "",
                    places->user ? " and " : "", places->system);
}

static bool unknown_cluster(const Config *config, Arena *arena, const char *name, Err *err)
{
    const char **names = NULL;
    const char *nearest;
    size_t count = 0;
    StrBuf list;

    for (size_t i = 0; i < config->file_count; i++)
        for (size_t j = 0; j < config->files[i].cluster_count; j++) {
            names = arena_grow(arena, names, count, sizeof(const char *));
            names[count++] = config->files[i].clusters[j].name;
        }
    if (count == 0)
        return unconfigured(config, name, err);
    nearest = text_nearest(name, names, count);
    (void) err_set(err, ERR_USAGE, "unknown cluster \"%s\"%s%s%s", name,
                   nearest ? " (did you mean \"" : "", nearest ? nearest : "",
                   nearest ? "\"?)" : "");
    strbuf_init(&list);
    for (size_t i = 0; i < count && list.length < LIST_MAX; i++)
        strbuf_printf(&list, "%s%s", i > 0 ? ", " : "", names[i]);
    (void) err_hint(err, "Configured: %s%s.", list.text, list.length < LIST_MAX ? "" : ", ...");
    strbuf_done(&list);
    return false;
}

static void add_protections(ConfigPart *part, const Protections *more, Arena *arena)
{
    Protections *all = &part->protections;

    for (size_t i = 0; i < more->count; i++) {
        all->entries = arena_grow(arena, all->entries, all->count, sizeof(Protection *));
        all->entries[all->count++] = more->entries[i];
    }
}

/* Fills in what has not been said yet by what counts more. */
static void underlay(ConfigPart *part, const ConfigPart *under, Arena *arena)
{
    part->operator_name = part->operator_name ? part->operator_name : under->operator_name;
    part->audit = part->audit ? part->audit : under->audit;
    part->grace_us = part->grace_us != TIME_UNKNOWN ? part->grace_us : under->grace_us;
    part->timeout_us = part->timeout_us != TIME_UNKNOWN ? part->timeout_us : under->timeout_us;
    part->pace_per_s = part->pace_per_s > 0 ? part->pace_per_s : under->pace_per_s;
    part->limit = part->limit > 0 ? part->limit : under->limit;
    part->demands_reason = part->demands_reason ? part->demands_reason : under->demands_reason;
    part->conninfo = part->conninfo ? part->conninfo : under->conninfo;
    if (!part->pgbouncers) {
        part->pgbouncers = under->pgbouncers;
        part->pgbouncer_count = under->pgbouncer_count;
    }
    add_protections(part, &under->protections, arena);
}

bool config_choose(const Config *config, Arena *arena, const char *name, ConfigPart *ret_part,
                   Err *err)
{
    ConfigPart part;

    if (name && !is_reachable(config, name))
        return unknown_cluster(config, arena, name, err);
    part_init(&part);
    for (size_t i = 0; name && i < config->file_count; i++) {
        const ConfigCluster *cluster = cluster_named(&config->files[i], name);

        if (cluster)
            underlay(&part, &cluster->part, arena);
    }
    for (size_t i = 0; i < config->file_count; i++)
        underlay(&part, &config->files[i].top, arena);
    *ret_part = part;
    return true;
}
