/* SPDX-License-Identifier: PostgreSQL */
/* Config: what the configuration files say, and what that comes to for one cluster.
 *
 * The user's file and the system's are read; one that is not there says nothing, any other failure
 * is an error. All texts live in the arena. Errors have code ERR_USAGE and name the file and, where
 * there is one, the line, the column and the key. docs/config.md explains every key. */
#ifndef PGQUELL_POLICY_CONFIG_H
#define PGQUELL_POLICY_CONFIG_H

#include "base/timefmt.h"
#include "core/protect.h"
#include "policy/yaml.h"

#define CONFIG_SYSTEM "/etc/pgquell/config.yaml"
#define CONFIG_NOTHING "/dev/null" /* as a file's name: no configuration at all */
#define CONFIG_CLUSTERS_MAX 1000   /* of a file */
#define CONFIG_PGBOUNCERS_MAX 16   /* of one cluster */
#define CONFIG_FILES_MAX 2

/* Where files are looked for; NULL: nowhere. */
typedef struct ConfigPlaces {
    const char *given;  /* with --config, in place of the others; has to be there */
    const char *user;   /* has to belong to us or to root */
    const char *system; /* has to belong to root */
} ConfigPlaces;

/* A conninfo string and where it stands; this layer does not look into it. */
typedef struct ConfigConninfo {
    const char *text;
    const YamlNode *at;
    bool exposed; /* others may read its file, so it may hold no password */
} ConfigConninfo;

/* What can be said at the top of a file and of one cluster. */
typedef struct ConfigPart {
    const char *operator_name; /* NULL: not said */
    const char *audit;
    int64_t grace_us; /* TIME_UNKNOWN: not said */
    int64_t timeout_us;
    double pace_per_s;                       /* 0: not said */
    int limit;                               /* 0: not said */
    const YamlNode *demands_reason;          /* where it is said; NULL: it is not */
    const ConfigConninfo *conninfo;          /* of a cluster only; NULL: not said */
    const ConfigConninfo *const *pgbouncers; /* NULL: not said */
    size_t pgbouncer_count;
    Protections protections;
} ConfigPart;

typedef struct ConfigCluster {
    const char *name;
    const YamlNode *at;
    ConfigPart part;
} ConfigCluster;

typedef struct ConfigFile {
    const char *path;
    ConfigPart top;
    const char *cluster; /* the default one; NULL: not said */
    const YamlNode *cluster_at;
    ConfigCluster *clusters;
    size_t cluster_count;
} ConfigFile;

typedef struct Config {
    ConfigFile files[CONFIG_FILES_MAX]; /* the one that counts more comes first */
    size_t file_count;
    ConfigPlaces places;              /* where they were looked for */
    const ConfigConninfo **conninfos; /* every one, in the order of the files */
    size_t conninfo_count;
} Config;

/* The usual places of this user: $XDG_CONFIG_HOME or ~/.config, and /etc. */
ConfigPlaces config_usual_places(Arena *arena);

/* Reads and checks all that is there. */
FALLIBLE bool config_read(Arena *arena, const ConfigPlaces *places, Config *ret_config, Err *err);

/* The cluster that the files want where none was asked for; NULL: none. */
const char *config_default_cluster(const Config *config);

/* What the files come to for a cluster; `name` NULL: for any other server. Of what stands for the
 * cluster and at the top the former counts, of the user's file and the system's the user's; but
 * protections add up, and a demand for reasons stands wherever it is made. An unknown name is an
 * error that lists the known ones. */
FALLIBLE bool config_choose(const Config *config, Arena *arena, const char *name,
                            ConfigPart *ret_part, Err *err);

#endif
