/* SPDX-License-Identifier: PostgreSQL */
/* Watching: a page that is drawn anew at the interval of --watch, until Ctrl-C.
 *
 * On a terminal it is drawn over itself; elsewhere, and as JSON, one follows the other. The
 * connection is kept; when it is lost the last page stays under a line that says so, and it is
 * made again. */
#ifndef PGQUELL_CMD_WATCHING_H
#define PGQUELL_CMD_WATCHING_H

#include <stdio.h>

#include "cmd/scene.h"

/* Takes a snapshot and prints one page. The scene is the page's own: what is put into its arena is
 * gone with it. */
typedef bool WatchingDraw(Scene *scene, FILE *out, void *context, Err *err);

/* Answers ERR_INTERRUPTED after Ctrl-C or SIGTERM, and ERR_NONE when nobody reads any more; both
 * without a message. Fails only where the first page cannot be drawn. */
ErrCode watching_run(Scene *scene, WatchingDraw *draw, void *context, Err *err);

/* One page at once, for commands without --watch, with the memory of a page. */
FALLIBLE bool watching_once(Scene *scene, WatchingDraw *draw, void *context, Err *err);

#endif
