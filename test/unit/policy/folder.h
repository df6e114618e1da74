/* SPDX-License-Identifier: PostgreSQL */
/* Folder: a private directory for files of configuration. */
#ifndef PGQUELL_TEST_POLICY_FOLDER_H
#define PGQUELL_TEST_POLICY_FOLDER_H

#include <sys/types.h>

#include "base/arena.h"

typedef struct Folder {
    char path[64];
    Arena arena;
    Err err;
} Folder;

int folder_setup(void **state);
int folder_teardown(void **state);

/* Writes a file of that mode and answers its path, which lives in the arena. */
const char *folder_write(Folder *folder, const char *name, mode_t mode, const char *text);

#endif
