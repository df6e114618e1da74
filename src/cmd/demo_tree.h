/* SPDX-License-Identifier: PostgreSQL */
/* Demo tree: the demo's private directory, and its removal with all that is in it, but nothing
 * else.
 *
 * Works by the directory's descriptor and follows no symbolic link. */
#ifndef PGQUELL_CMD_DEMO_TREE_H
#define PGQUELL_CMD_DEMO_TREE_H

#include <sys/types.h>

#include "base/arena.h"

typedef struct Tree {
    const char *path; /* NULL: there is none; lives in the arena */
    int fd;
} Tree;

/* Makes a directory of a new name, 0700, under TMPDIR or /tmp; `for_other`: it will be another
 * user's, so TMPDIR only counts where everybody may go through. */
FALLIBLE bool tree_make(Arena *arena, bool for_other, Tree *ret_tree, Err *err);

/* A file in it, to append to. */
FALLIBLE bool tree_open(const Tree *tree, const char *name, int *ret_fd, Err *err);

/* Removes it; does nothing where there is none. May be tried again after a failure. */
FALLIBLE bool tree_remove(Tree *tree, Err *err);

#endif
