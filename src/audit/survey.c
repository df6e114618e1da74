/* SPDX-License-Identifier: PostgreSQL */
/* Survey: whether an action could be recorded, found out without making or changing anything. */
#include "audit/survey.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/shell.h"

static const char *directory_of(Arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');

    if (!slash)
        return ".";
    return slash == path ? "/" : arena_strndup(arena, path, (size_t) (slash - path));
}

/* The directory in which the first missing thing on the way to the path would be made. */
static const char *nearest_directory(Arena *arena, const char *path)
{
    struct stat status;
    const char *directory = directory_of(arena, path);

    while (stat(directory, &status) != 0 && errno == ENOENT && strcmp(directory, ".") != 0)
        directory = directory_of(arena, directory);
    return directory;
}

static void not_writable(StoreSurvey *survey, const char *what, Arena *arena)
{
    survey->fault = arena_printf(arena, "\"%s\" may not be written: %s", what, strerror(errno));
    survey->shell = arena_printf(arena, "ls -ld %s", shell_word(arena, what));
}

static void open_to_all(StoreSurvey *survey, const char *what, Arena *arena)
{
    survey->fault = arena_printf(arena, "everybody may write to \"%s\"", what);
    survey->shell = arena_printf(arena, "chmod o-w %s", shell_word(arena, what));
}

/* What place_prepare() refuses of a directory; a sticky one is left to it, which looks at owners.
 */
static void look_at_directory(StoreSurvey *survey, const char *directory, Arena *arena)
{
    struct stat status;

    if (access(directory, W_OK | X_OK) != 0)
        not_writable(survey, directory, arena);
    else if (stat(directory, &status) == 0 && (status.st_mode & S_IWOTH) &&
             !(status.st_mode & S_ISVTX))
        open_to_all(survey, directory, arena);
}

static void verify(StoreSurvey *survey, const char *path, Arena *arena)
{
    StoreVerdict verdict;
    Store *store;
    Err err;

    if (!store_open(path, STORE_READ, &store, &err)) {
        survey->fault = arena_strdup(arena, err.message);
        return;
    }
    if (!store_verify(store, arena, &verdict, &err)) {
        survey->fault = arena_strdup(arena, err.message);
    } else {
        survey->records = verdict.records;
        survey->fault = verdict.fault;
    }
    if (survey->fault)
        survey->shell =
            arena_printf(arena, "pgquell log verify --audit %s", shell_word(arena, path));
    store_close(store);
}

static void look_at_file(StoreSurvey *survey, const char *path, const struct stat *status,
                         Arena *arena)
{
    if (!S_ISREG(status->st_mode))
        survey->fault = arena_printf(arena, "\"%s\" is not a regular file", path);
    else if (status->st_mode & S_IWOTH)
        open_to_all(survey, path, arena);
    else if (access(path, R_OK | W_OK) != 0)
        not_writable(survey, path, arena);
    else if (status->st_size > SURVEY_BYTES_MAX)
        survey->unread = true;
    else if (status->st_size > 0) /* an empty one was made, and nothing recorded yet */
        verify(survey, path, arena);
}

StoreSurvey store_survey(const char *path, Arena *arena)
{
    StoreSurvey survey = {0};
    struct stat status;

    survey.exists = lstat(path, &status) == 0;
    look_at_directory(
        &survey, survey.exists ? directory_of(arena, path) : nearest_directory(arena, path), arena);
    if (survey.exists && !survey.fault)
        look_at_file(&survey, path, &status, arena);
    return survey;
}
