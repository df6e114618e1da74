/* SPDX-License-Identifier: PostgreSQL */
/* Source: a file that decides where signals go. */
#include "policy/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool refuse(const char *path, const char *reason, const char *hint, Err *err)
{
    (void) err_set(err, ERR_USAGE, "could not use configuration file \"%s\": %s", path, reason);
    return err_hint(err, "%s", hint);
}

static bool refuse_errno(const char *path, Err *err)
{
    return err_set(err, ERR_USAGE, "could not read configuration file \"%s\": %s", path,
                   strerror(errno));
}

/* Whether the failure to open it only says that there is none for us. */
static bool is_missing(const char *path, SourceKind kind)
{
    struct stat status;
    int reason = errno;
    bool missing = reason == ENOENT || reason == ENOTDIR;

    /* As after "runuser -u postgres", with HOME still that of root. */
    if (reason == EACCES && kind == SOURCE_USER)
        missing = stat(path, &status) != 0 && errno == EACCES;
    errno = reason;
    return missing && kind != SOURCE_GIVEN;
}

static bool check_owner(const char *path, SourceKind kind, const struct stat *status, Err *err)
{
    if (kind == SOURCE_SYSTEM && status->st_uid != 0)
        return refuse(path, "it does not belong to root", "Give it to root (chown root).", err);
    if (kind == SOURCE_USER && status->st_uid != 0 && status->st_uid != geteuid())
        return refuse(path, "it belongs to another user",
                      "It decides where signals go: it has to be yours or root's.", err);
    return true;
}

static bool check(const char *path, SourceKind kind, const struct stat *status, Err *err)
{
    if (!S_ISREG(status->st_mode))
        return refuse(path, "it is not a regular file", "Name a file.", err);
    if (!check_owner(path, kind, status, err))
        return false;
    if (status->st_mode & (S_IWGRP | S_IWOTH))
        return refuse(path, "others than its owner may write to it",
                      "It decides where signals go: take that right away (chmod go-w).", err);
    return true;
}

/* Terminated, and cut behind the first byte that is too many. */
static bool read_bytes(Arena *arena, int fd, Source *source)
{
    const size_t most = SOURCE_BYTES_MAX + 1;
    char *bytes = arena_alloc(arena, most + 1, 1);
    ssize_t got = 1;

    while (got != 0 && source->length < most) {
        got = read(fd, bytes + source->length, most - source->length);
        if (got < 0 && errno != EINTR)
            return false;
        source->length += got > 0 ? (size_t) got : 0;
    }
    source->bytes = bytes;
    return true;
}

bool source_read(Arena *arena, const char *path, SourceKind kind, Source *ret_source, Err *err)
{
    Source source = {0};
    struct stat status;
    bool done;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not hold us up */

    if (fd < 0 && is_missing(path, kind)) {
        *ret_source = source;
        return true;
    }
    if (fd < 0 || fstat(fd, &status) != 0) {
        done = refuse_errno(path, err);
    } else if (!check(path, kind, &status, err)) {
        done = false;
    } else {
        source.exposed = (status.st_mode & (S_IRGRP | S_IROTH)) != 0;
        done = read_bytes(arena, fd, &source) || refuse_errno(path, err);
    }
    if (fd >= 0)
        (void) close(fd);
    if (done && source.length > SOURCE_BYTES_MAX)
        done = refuse(path, "it has more than 256 kB", "So much is surely a mistake.", err);
    if (done)
        *ret_source = source;
    return done;
}
