/* SPDX-License-Identifier: PostgreSQL */
/* Tree: who blocks whom, as `tree` prints it: for people, as JSON, and as a graph for Graphviz.
 *
 * Root blockers stand at the margin, whoever waits below what it waits for. On a terminal of many
 * that wait alike with nobody behind them only the first are shown, and the rest is counted. */
#ifndef PGQUELL_UI_TREE_H
#define PGQUELL_UI_TREE_H

#include <jansson.h>

#include "core/waits.h"
#include "ui/look.h"

#define TREE_ALIKE_MAX 8 /* of them that are shown on a terminal */

/* `now_us` is the server's clock. */
void tree_print(FILE *out, const Waits *waits, int64_t now_us, const Look *look);

/* One node: a session's keys as `ps` has them (for a prepared transaction all null but role and
 * database), then root and parent (session id, or "prepared GID"; parent null for a root), depth,
 * prepared (gid, xid, role, database, prepared, prepared_s, locks; or null), waits_for (type,
 * mode, object, held_mode; or null), waits_s, blocked_by (pids, 0 for a prepared transaction),
 * blocks (nodes right below), behind (at any depth), longest_wait_s, ring (it waits for itself). */
json_t *tree_json(const Waits *waits, const WaitNode *node, int64_t now_us);

/* A digraph whose edges lead from who waits to what it waits for. */
void tree_print_dot(FILE *out, const Waits *waits, int64_t now_us);

/* `prepared transaction 'GID'`, in the arena, fit for the device. */
const char *tree_prepared_name(const Look *look, Arena *arena, const Prepared *prepared);

#endif
