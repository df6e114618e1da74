/* SPDX-License-Identifier: PostgreSQL */
/* Protections: the `protect` list of a file, with where each entry stands. */
#ifndef PGQUELL_POLICY_PROTECTIONS_H
#define PGQUELL_POLICY_PROTECTIONS_H

#include "core/protect.h"
#include "policy/yaml.h"

#define PROTECTIONS_MAX 256 /* of one list */

/* A list of entries, or one: each a map of role, database, application, client and backend_type
 * with a text, a glob or a list of them. Texts are borrowed from the nodes. */
FALLIBLE bool protections_read(Arena *arena, const YamlNode *node, Protections *ret_protections,
                               Err *err);

#endif
