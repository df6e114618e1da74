/* SPDX-License-Identifier: PostgreSQL */
/* Demo tree: the demo's private directory, and its removal with all that is in it. */
#include "cmd/demo_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 16 /* a data directory is less than half as deep */
#define OPEN_DIRECTORY (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* Whether everybody may go through the directory and all above it. */
static bool is_open(const char *path, Arena *arena)
{
    char *prefix = arena_strdup(arena, path);
    struct stat status;
    char *slash;

    while (*prefix) {
        if (stat(prefix, &status) != 0 || !(status.st_mode & S_IXOTH))
            return false;
        slash = strrchr(prefix, '/');
        *slash = '\0';
    }
    return true;
}

bool tree_make(Arena *arena, bool for_other, Tree *ret_tree, Err *err)
{
    const char *parent = getenv("TMPDIR"); /* absolute, as a socket's path has to be */
    char *path;
    int fd;

    if (!parent || parent[0] != '/' || (for_other && !is_open(parent, arena)))
        parent = "/tmp";
    path =
        arena_printf(arena, "%s/pgquell-demo-XXXXXX", parent && parent[0] == '/' ? parent : "/tmp");
    if (!mkdtemp(path))
        return err_set(err, ERR_UNRESOLVED, "could not create directory \"%s\": %s", path,
                       strerror(errno));
    fd = open(path, OPEN_DIRECTORY);
    if (fd < 0) {
        (void) err_set(err, ERR_UNRESOLVED, "could not open directory \"%s\": %s", path,
                       strerror(errno));
        (void) rmdir(path);
        return false;
    }
    *ret_tree = (Tree){.path = path, .fd = fd};
    return true;
}

bool tree_open(const Tree *tree, const char *name, int *ret_fd, Err *err)
{
    int fd = openat(tree->fd, name, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0)
        return err_set(err, ERR_UNRESOLVED, "could not create file \"%s/%s\": %s", tree->path, name,
                       strerror(errno));
    *ret_fd = fd;
    return true;
}

static bool remove_contents(int fd, int depth);

static bool remove_entry(int parent_fd, const char *name, int depth)
{
    int fd;

    if (unlinkat(parent_fd, name, 0) == 0 || errno == ENOENT)
        return true;
    if (errno != EISDIR || depth >= DEPTH_MAX)
        return false;
    fd = openat(parent_fd, name, OPEN_DIRECTORY);
    return fd >= 0 && remove_contents(fd, depth + 1) &&
           unlinkat(parent_fd, name, AT_REMOVEDIR) == 0;
}

/* Closes the descriptor. */
static bool remove_contents(int fd, int depth)
{
    DIR *directory = fdopendir(fd);
    const struct dirent *entry;
    bool removed = directory != NULL;
    int reason;

    if (!directory) {
        (void) close(fd);
        return false;
    }
    while (removed && (errno = 0, entry = readdir(directory)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            removed = remove_entry(fd, entry->d_name, depth);
    reason = errno;
    (void) closedir(directory);
    errno = reason;
    return removed && reason == 0;
}

bool tree_remove(Tree *tree, Err *err)
{
    int fd;

    if (!tree->path)
        return true;
    fd = openat(tree->fd, ".", OPEN_DIRECTORY); /* reads it from its beginning */
    if (fd < 0 || !remove_contents(fd, 0) || rmdir(tree->path) != 0)
        return err_set(err, ERR_UNRESOLVED, "could not remove directory \"%s\": %s", tree->path,
                       strerror(errno));
    (void) close(tree->fd);
    tree->path = NULL;
    return true;
}
