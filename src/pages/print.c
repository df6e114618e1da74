/* SPDX-License-Identifier: PostgreSQL */
/* Print: writes the manual and the completion of every shell below a directory.
 *
 * usage: print_pages DIRECTORY
 *
 * DIRECTORY/man1/pgquell.1, man1/pgquell-COMMAND.1, pgquell (bash), _pgquell (zsh), pgquell.fish */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "pages/completion.h"
#include "pages/man.h"

static bool fail(const char *what, const char *path)
{
    (void) fprintf(stderr, "print_pages: could not %s \"%s\": %s\n", what, path, strerror(errno));
    return false;
}

static bool write_page(const char *path, const StrBuf *page)
{
    FILE *file = fopen(path, "w");

    if (!file)
        return fail("open", path);
    (void) fwrite(page->text, 1, page->length, file);
    if (ferror(file)) {
        (void) fclose(file);
        return fail("write", path);
    }
    return fclose(file) == 0 || fail("write", path);
}

/* The page of a command, or of all where it is NULL. */
static bool write_man(const char *directory, const Command *command)
{
    Arena arena;
    StrBuf page;
    bool good;

    arena_init(&arena);
    strbuf_init(&page);
    if (command)
        man_command(&page, command);
    else
        man_overview(&page);
    good = write_page(arena_printf(&arena, "%s/pgquell%s%s.1", directory, command ? "-" : "",
                                   command ? command->name : ""),
                      &page);
    strbuf_done(&page);
    arena_done(&arena);
    return good;
}

static bool write_completion(const char *path, void (*add)(StrBuf *buf))
{
    StrBuf page;
    bool good;

    strbuf_init(&page);
    add(&page);
    good = write_page(path, &page);
    strbuf_done(&page);
    return good;
}

/* Removes the pages of commands that are no more. */
static bool empty_folder(const char *path)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    bool good = true;

    if (!folder)
        return fail("open directory", path);
    while (good && (entry = readdir(folder)))
        if (entry->d_name[0] != '.' && unlinkat(dirfd(folder), entry->d_name, 0) != 0)
            good = fail("empty directory", path);
    (void) closedir(folder);
    return good;
}

/* Makes the folder of the manual. Its time is what ninja looks at. */
static bool make_folder(const char *path)
{
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        return fail("create directory", path);
    if (!empty_folder(path))
        return false;
    return utimensat(AT_FDCWD, path, NULL, 0) == 0 || fail("touch directory", path);
}

static bool write_all(Arena *arena, const char *directory)
{
    const char *man = arena_printf(arena, "%s/man1", directory);

    if (!make_folder(man) || !write_man(man, NULL))
        return false;
    for (const Command *const *command = commands; *command; command++)
        if (!write_man(man, *command))
            return false;
    return write_completion(arena_printf(arena, "%s/pgquell", directory), completion_bash) &&
           write_completion(arena_printf(arena, "%s/_pgquell", directory), completion_zsh) &&
           write_completion(arena_printf(arena, "%s/pgquell.fish", directory), completion_fish);
}

int main(int argc, char **argv)
{
    Arena arena;
    bool good;

    if (argc != 2) {
        (void) fputs("usage: print_pages DIRECTORY\n", stderr);
        return EXIT_FAILURE;
    }
    arena_init(&arena);
    good = write_all(&arena, argv[1]);
    arena_done(&arena);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
