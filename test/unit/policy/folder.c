/* SPDX-License-Identifier: PostgreSQL */
/* Folder: a private directory for files of configuration. */
#include "policy/folder.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

int folder_setup(void **state)
{
    Folder *folder = xcalloc(1, sizeof(*folder));

    (void) snprintf(folder->path, sizeof(folder->path), "/tmp/pgquell-policy-XXXXXX");
    if (!mkdtemp(folder->path)) {
        free(folder);
        return -1;
    }
    arena_init(&folder->arena);
    *state = folder;
    return 0;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
    (void) status;
    (void) type;
    (void) ftw;
    return remove(path);
}

int folder_teardown(void **state)
{
    Folder *folder = *state;
    int result = nftw(folder->path, remove_one, 8, FTW_DEPTH | FTW_PHYS);

    arena_done(&folder->arena);
    free(folder);
    return result;
}

const char *folder_write(Folder *folder, const char *name, mode_t mode, const char *text)
{
    const char *path = arena_printf(&folder->arena, "%s/%s", folder->path, name);
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
    return path;
}
