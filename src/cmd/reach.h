/* SPDX-License-Identifier: PostgreSQL */
/* Reach: the options with which another command reaches the server that this one was given. */
#ifndef PGQUELL_CMD_REACH_H
#define PGQUELL_CMD_REACH_H

#include "cmd/scene.h"

/* As they were given, without passwords; what comes from the environment stays there. The words
 * are exact, not quoted. */
const char *const *reach_options(const Settings *settings, Arena *arena, size_t *ret_count);

/* What the server is called: by the configuration file, by itself (`cluster_name`; NULL or "" where
 * it has none), or by where it is. */
const char *reach_name(const Scene *scene, const char *cluster_name, Arena *arena);

#endif
