/* SPDX-License-Identifier: PostgreSQL */
/* Poolers: asks the PgBouncers that the settings name who is behind the sessions of the snapshot.
 */
#ifndef PGQUELL_CMD_POOLERS_H
#define PGQUELL_CMD_POOLERS_H

#include "cmd/scene.h"

/* Fills in `pooled` of the sessions of the snapshot, as core/pooled.h says; all consoles at once,
 * and 2 s at most. One that cannot be read costs a warning on standard error. Without --pgbouncer
 * it does nothing. Fails only on a conninfo that is none, and on an interrupt. */
FALLIBLE bool scene_pooled(Scene *scene, Err *err);

#endif
