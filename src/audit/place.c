/* SPDX-License-Identifier: PostgreSQL */
/* Place: where the audit store lies, and who may get at it. */
#include "audit/place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool place_default(Arena *arena, const char *shared, const char **ret_path, Err *err)
{
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");

    if (access(shared, W_OK) == 0) {
        *ret_path = arena_strdup(arena, shared);
        return true;
    }
    if (state && state[0] == '/') { /* the XDG specification ignores a relative one */
        *ret_path = arena_printf(arena, "%s/pgquell/audit.db", state);
        return true;
    }
    if (home && home[0] == '/') {
        *ret_path = arena_printf(arena, "%s/.local/state/pgquell/audit.db", home);
        return true;
    }
    (void) err_set(err, ERR_AUDIT, "could not find a place for the audit store: HOME is not set");
    return err_hint(err, "Name one with --audit.");
}

static bool refuse(Err *err, const char *path, const char *reason, const char *hint)
{
    (void) err_set(err, ERR_AUDIT, "could not open audit store \"%s\": %s", path, reason);
    return err_hint(err, "%s", hint);
}

static bool refuse_errno(Err *err, const char *path)
{
    return refuse(err, path, strerror(errno), "Name a store that this user may use with --audit.");
}

/* SQLite syncs the file's own directory; a new directory's entry is in the one above. */
static void sync_parent(const char *directory)
{
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int parent = fd < 0 ? -1 : openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (parent >= 0) {
        (void) fsync(parent); /* some file systems cannot */
        (void) close(parent);
    }
    if (fd >= 0)
        (void) close(fd);
}

static bool make_directory(const char *directory, Err *err)
{
    struct stat status;

    if (stat(directory, &status) == 0)
        return true; /* what is no directory fails one step further down */
    if (mkdir(directory, 0700) == 0) {
        sync_parent(directory);
        return true;
    }
    if (errno == EEXIST) /* another process was faster */
        return true;
    (void) err_set(err, ERR_AUDIT, "could not create directory \"%s\" for the audit store: %s",
                   directory, strerror(errno));
    return err_hint(err, "Name a store that this user may use with --audit.");
}

/* Makes what is missing and answers the directory of the file. */
static bool make_directories(const char *path, char ret_directory[PATH_MAX], Err *err)
{
    size_t length = strlen(path);
    char *slash;

    if (length == 0 || length >= PATH_MAX) {
        errno = length == 0 ? ENOENT : ENAMETOOLONG;
        return refuse_errno(err, path);
    }
    memcpy(ret_directory, path, length + 1);
    for (slash = ret_directory; (slash = strchr(slash + 1, '/'));) {
        *slash = '\0';
        if (!make_directory(ret_directory, err))
            return false;
        *slash = '/';
    }
    slash = strrchr(ret_directory, '/');
    if (slash)
        slash[1] = '\0';
    else
        memcpy(ret_directory, ".", sizeof("."));
    return true;
}

/* Where everybody may write but only take away what is their own, the files must be ours. */
static bool check_owner(const char *path, const char *suffix, Err *err)
{
    char file[PATH_MAX];
    struct stat status;

    if (snprintf(file, sizeof(file), "%s%s", path, suffix) >= (int) sizeof(file))
        return true; /* then SQLite cannot open it either */
    if (lstat(file, &status) != 0 || status.st_uid == geteuid())
        return true;
    return refuse(err, path,
                  "in a directory that everybody may write to, it belongs to another user",
                  "Use a directory that only its owner, or a group, may write to.");
}

/* Who may write the directory can replace the file, or plant a log beside it. */
static bool check_directory(const char *directory, const char *path, Err *err)
{
    struct stat status;

    if (stat(directory, &status) != 0)
        return refuse_errno(err, path);
    if ((status.st_mode & S_IWOTH) && !(status.st_mode & S_ISVTX))
        return refuse(err, path, "everybody may write to its directory",
                      "Use a directory that only its owner, or a group, may write to.");
    if (!(status.st_mode & S_IWOTH))
        return true;
    return check_owner(path, "", err) && check_owner(path, "-wal", err) &&
           check_owner(path, "-shm", err);
}

static bool check_regular(const struct stat *status, const char *path, Err *err)
{
    if (S_ISLNK(status->st_mode))
        return refuse(err, path, "it is a symbolic link", "Name the file itself.");
    if (S_ISDIR(status->st_mode))
        return refuse(err, path, "it is a directory", "Name a file, such as audit.db in it.");
    if (!S_ISREG(status->st_mode))
        return refuse(err, path, "it is not a regular file", "Name a regular file.");
    return true;
}

/* Never opens a file that exists: closing it would drop the locks that another store of this
 * process has on it. */
bool place_prepare(const char *path, Err *err)
{
    char directory[PATH_MAX];
    struct stat status;
    int fd;

    if (!make_directories(path, directory, err) || !check_directory(directory, path, err))
        return false;
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0)
        (void) close(fd);
    else if (errno != EEXIST)
        return refuse_errno(err, path);
    if (lstat(path, &status) != 0)
        return refuse_errno(err, path);
    if (!check_regular(&status, path, err))
        return false;
    if (status.st_mode & S_IWOTH)
        return refuse(err, path, "everybody may write to it",
                      "Take that right away (chmod o-w) and run \"pgquell log verify\".");
    return true;
}

bool place_check_readable(const char *path, Err *err)
{
    struct stat status;

    if (stat(path, &status) != 0)
        return refuse_errno(err, path);
    return check_regular(&status, path, err);
}

bool place_has_log(const char *path)
{
    char log[PATH_MAX];
    struct stat status;

    if (snprintf(log, sizeof(log), "%s-wal", path) >= (int) sizeof(log))
        return false;
    return stat(log, &status) == 0 && status.st_size > 0;
}
