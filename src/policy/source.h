/* SPDX-License-Identifier: PostgreSQL */
/* Source: a file that decides where signals go: whether it may be believed, and its bytes.
 *
 * Errors have code ERR_USAGE and name the file. */
#ifndef PGQUELL_POLICY_SOURCE_H
#define PGQUELL_POLICY_SOURCE_H

#include <stddef.h>

#include "base/arena.h"

typedef enum SourceKind {
    SOURCE_GIVEN,  /* named by the operator: has to be there */
    SOURCE_USER,   /* has to belong to us or to root */
    SOURCE_SYSTEM, /* has to belong to root */
} SourceKind;

typedef struct Source {
    const char *bytes; /* in the arena, terminated; NULL: there is no such file */
    size_t length;
    bool exposed; /* others than the owner may read it */
} Source;

/* Reads at most `length_max` bytes and one more, so that the reader of the text can tell that it is
 * too long. None may be writable by others than its owner. A file behind a directory that we may
 * not enter counts as missing, but for the system's. */
FALLIBLE bool source_read(Arena *arena, const char *path, SourceKind kind, size_t length_max,
                          Source *ret_source, Err *err);

#endif
