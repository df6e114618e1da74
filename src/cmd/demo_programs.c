/* SPDX-License-Identifier: PostgreSQL */
/* Demo programs: where PostgreSQL's server programs are, and as whom they may run. */
#include "cmd/demo_programs.h"

#include <dirent.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VERSION_PREFERRED 15

static bool has_all(const char *bin, Arena *arena)
{
    static const char *const programs[] = {"initdb", "postgres", "psql", "pgbench"};

    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
        if (access(arena_printf(arena, "%s/%s", bin, programs[i]), X_OK) != 0)
            return false;
    return true;
}

static const char *bin_of(const char *root, long version, Arena *arena)
{
    const char *bin = arena_printf(arena, "%s/%ld/bin", root, version);

    return has_all(bin, arena) ? bin : NULL;
}

static const char *find_newest(const char *root, Arena *arena)
{
    DIR *directory = opendir(root);
    const struct dirent *entry;
    const char *found = NULL;
    long newest = 0;

    if (!directory)
        return NULL;
    while ((entry = readdir(directory))) {
        long version = strtol(entry->d_name, NULL, 10);
        const char *bin = version > newest ? bin_of(root, version, arena) : NULL;

        if (!bin)
            continue;
        newest = version;
        found = bin;
    }
    (void) closedir(directory);
    return found;
}

static const char *find_in_path(Arena *arena)
{
    const char *path = getenv("PATH");
    size_t length;

    for (; path && *path; path += length + (path[length] == ':')) {
        const char *bin;

        length = strcspn(path, ":");
        bin = arena_strndup(arena, path, length);
        if (bin[0] == '/' && has_all(bin, arena))
            return bin;
    }
    return NULL;
}

bool programs_find(Arena *arena, const char *root, const char **ret_bin, Err *err)
{
    const char *bin = bin_of(root, VERSION_PREFERRED, arena);

    if (!bin)
        bin = find_newest(root, arena);
    if (!bin)
        bin = find_in_path(arena);
    if (bin) {
        *ret_bin = bin;
        return true;
    }
    (void) err_set(err, ERR_UNRESOLVED,
                   "could not find a PostgreSQL server (initdb, postgres, psql and pgbench) in "
                   "\"%s\" or PATH",
                   root);
    return err_hint(err, "Install Debian's package postgresql-15.");
}

bool programs_user(User *ret_user, Err *err)
{
    static const char *const names[] = {"postgres", "nobody"};

    *ret_user = (User){0};
    if (geteuid() != 0)
        return true;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct passwd *entry = getpwnam(names[i]);

        if (!entry || entry->pw_uid == 0)
            continue;
        *ret_user = (User){.name = names[i], .uid = entry->pw_uid, .gid = entry->pw_gid};
        return true;
    }
    return err_set(err, ERR_UNRESOLVED,
                   "could not run a PostgreSQL server: root may not, and there is no user "
                   "\"postgres\" or \"nobody\"");
}
