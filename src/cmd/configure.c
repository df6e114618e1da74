/* SPDX-License-Identifier: PostgreSQL */
/* Configure: the configuration files fill in what the command line leaves open. */
#include "cmd/configure.h"

#include <stdlib.h>
#include <string.h>

#include "policy/config.h"

_Static_assert(CONFIG_PGBOUNCERS_MAX <= PGBOUNCERS_MAX, "what is configured has to fit");

static bool is_set(const char *variable)
{
    const char *value = getenv(variable);

    return value && value[0] != '\0';
}

/* Whether a server is named already, so that the default cluster is not meant. */
static bool server_is_named(const Settings *settings)
{
    return settings->host || settings->port ||
           (settings->dbname && conninfo_is(settings->dbname)) || is_set("PGHOST") ||
           is_set("PGHOSTADDR") || is_set("PGPORT") || is_set("PGSERVICE");
}

/* The string taken apart; the error says where it stands. */
static bool parse(Arena *arena, const ConfigConninfo *conninfo, Conninfo *ret_parts, Err *err)
{
    Err bad;

    if (conninfo_parse(arena, conninfo->text, ret_parts, &bad))
        return true;
    (void) yaml_bad_value(conninfo->at, err, "%s", bad.message);
    return err_hint(err, "It is a conninfo string or a URI, such as \"host=db1 dbname=postgres\".");
}

/* Looked at whichever cluster is meant, so that a bad file never goes unnoticed. */
static bool check_conninfos(const Config *config, Arena *arena, Err *err)
{
    for (size_t i = 0; i < config->conninfo_count; i++) {
        const ConfigConninfo *conninfo = config->conninfos[i];
        Conninfo parts;

        if (!parse(arena, conninfo, &parts, err))
            return false;
        if (!conninfo->exposed ||
            (!conninfo_value(&parts, "password") && !conninfo_value(&parts, "sslpassword")))
            continue;
        (void) yaml_bad_value(conninfo->at, err, "it has a password, and others may read the file");
        return err_hint(err, "Take that right away (chmod 0600), or use ~/.pgpass.");
    }
    return true;
}

static void fill_in(Settings *settings, const ConfigPart *part)
{
    if (!settings->operator_name)
        settings->operator_name = part->operator_name;
    if (!settings->audit)
        settings->audit = part->audit;
    if (!settings->given[OPT_GRACE] && part->grace_us != TIME_UNKNOWN)
        settings->order.grace_us = part->grace_us;
    if (!settings->given[OPT_TIMEOUT] && part->timeout_us != TIME_UNKNOWN)
        settings->order.timeout_us = part->timeout_us;
    if (!settings->given[OPT_PACE] && part->pace_per_s > 0)
        settings->pace_per_s = part->pace_per_s;
    if (!settings->given[OPT_LIMIT] && part->limit > 0)
        settings->limit = part->limit;
    if (settings->pgbouncer_count > 0)
        return;
    for (size_t i = 0; i < part->pgbouncer_count; i++)
        settings->pgbouncers[settings->pgbouncer_count++] = part->pgbouncers[i]->text;
}

static bool is_blank(const char *text)
{
    return !text || text[strspn(text, " \t\r\n")] == '\0';
}

static bool check_reason(const Settings *settings, const Command *command, const YamlNode *demanded,
                         Err *err)
{
    if (!demanded || !(command->options & (OPTION_ACTION | OPTION_ROLLBACK)) || settings->dry_run ||
        !is_blank(settings->reason))
        return true;
    (void) err_set(err, ERR_USAGE, "a reason is missing: %s:%d demands one for every action",
                   demanded->file, demanded->line);
    return err_hint(err, "Say why with --reason TEXT; only a --dry-run needs none.");
}

bool configure(Scene *scene, const Command *command, Err *err)
{
    Settings *settings = scene->settings;
    ConfigPlaces places = config_usual_places(&scene->arena);
    Config config;
    ConfigPart part;

    if (!(command->options & (OPTION_CONNECTION | OPTION_ACTION | OPTION_AUDIT)))
        return true;
    places.given = settings->config;
    if (!config_read(&scene->arena, &places, &config, err) ||
        !check_conninfos(&config, &scene->arena, err))
        return false;
    if (!settings->cluster && !server_is_named(settings))
        settings->cluster = config_default_cluster(&config);
    if (!config_choose(&config, &scene->arena, settings->cluster, &part, err) ||
        !check_reason(settings, command, part.demands_reason, err))
        return false;
    fill_in(settings, &part);
    scene->protections = part.protections;
    if (part.demands_reason)
        scene->reason_demand = arena_printf(&scene->arena, "%s:%d", part.demands_reason->file,
                                            part.demands_reason->line);
    if (settings->operator_name)
        scene->operator_name = settings->operator_name;
    return !part.conninfo || parse(&scene->arena, part.conninfo, &scene->cluster, err);
}
