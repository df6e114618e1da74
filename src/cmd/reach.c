/* SPDX-License-Identifier: PostgreSQL */
/* Reach: the options with which another command reaches the same server. */
#include "cmd/reach.h"

#include "pg/conninfo_public.h"

typedef struct Options {
    const char **words;
    size_t count;
} Options;

static void add(Options *options, const char *option, const char *value)
{
    if (!value)
        return;
    options->words[options->count++] = option;
    options->words[options->count++] = value;
}

const char *const *reach_options(const Settings *settings, Arena *arena, size_t *ret_count)
{
    Options options = {.words = ARENA_ARRAY(arena, const char *, 16)};

    add(&options, "--cluster", settings->cluster);
    add(&options, "--config", settings->config);
    add(&options, "-h", settings->host);
    add(&options, "-p", settings->port);
    add(&options, "-U", settings->user);
    add(&options, "-d", settings->dbname ? conninfo_public(arena, settings->dbname) : NULL);
    if (settings->ask_password)
        options.words[options.count++] = "-W";
    if (settings->never_password)
        options.words[options.count++] = "-w";
    *ret_count = options.count;
    return options.words;
}

const char *reach_name(const Scene *scene, const char *cluster_name, Arena *arena)
{
    const char *host = link_parameter(scene->link, "host");
    const char *port = link_parameter(scene->link, "port");

    if (scene->settings->cluster)
        return scene->settings->cluster;
    if (cluster_name && *cluster_name)
        return cluster_name;
    return arena_printf(arena, "%s:%s", host ? host : "?", port ? port : "?");
}
