/* SPDX-License-Identifier: PostgreSQL */
/* Source: a file that decides where signals go: whether it may be believed, and its bytes.
 *
 * Errors have code ERR_USAGE and name the file. */
#ifndef PGQUELL_POLICY_SOURCE_H
#define PGQUELL_POLICY_SOURCE_H

#include <stddef.h>

#include "base/arena.h"

#define SOURCE_BYTES_MAX ((size_t) 1 << 18)

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

/* Reads it. None may be writable by others than its owner. A file behind a directory that we may
 * not enter counts as missing, but for the system's. */
FALLIBLE bool source_read(Arena *arena, const char *path, SourceKind kind, Source *ret_source,
                          Err *err);

#endif
