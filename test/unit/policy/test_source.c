/* SPDX-License-Identifier: PostgreSQL */
/* Source: which files are believed, and which are refused with their reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "policy/folder.h"
#include "policy/source.h"

#define NOBODY 65534

static bool read_as(Folder *folder, const char *path, SourceKind kind, Source *ret_source)
{
    return source_read(&folder->arena, path, kind, ret_source, &folder->err);
}

static void is_refused(Folder *folder, const char *path, SourceKind kind, const char *reason)
{
    Source source;

    assert_false(read_as(folder, path, kind, &source));
    assert_non_null(strstr(folder->err.message, path));
    if (!strstr(folder->err.message, reason))
        fail_msg("\"%s\" is not in \"%s\"", reason, folder->err.message);
    assert_int_equal(folder->err.code, ERR_USAGE);
}

static void reads_what_is_there(void **state)
{
    Folder *folder = *state;
    Source source;

    assert_true(read_as(folder, folder_write(folder, "a", 0600, "text"), SOURCE_USER, &source));
    assert_string_equal(source.bytes, "text");
    assert_int_equal(source.length, 4);
    assert_false(source.exposed);
    assert_true(read_as(folder, folder_write(folder, "a", 0640, ""), SOURCE_GIVEN, &source));
    assert_string_equal(source.bytes, "");
    assert_true(source.exposed);
    assert_true(read_as(folder, folder_write(folder, "a", 0604, ""), SOURCE_GIVEN, &source));
    assert_true(source.exposed);
}

static void one_byte_too_many_is_refused(void **state)
{
    Folder *folder = *state;
    char *text = arena_alloc(&folder->arena, SOURCE_BYTES_MAX + 2, 1);
    Source source;

    memset(text, '#', SOURCE_BYTES_MAX);
    assert_true(read_as(folder, folder_write(folder, "a", 0600, text), SOURCE_USER, &source));
    assert_int_equal(source.length, SOURCE_BYTES_MAX);
    assert_string_equal(source.bytes, text);
    text[SOURCE_BYTES_MAX] = '#';
    is_refused(folder, folder_write(folder, "a", 0600, text), SOURCE_USER, "more than 256 kB");
}

static void a_usual_file_may_be_missing_a_given_one_may_not(void **state)
{
    Folder *folder = *state;
    const char *path = arena_printf(&folder->arena, "%s/none/config.yaml", folder->path);
    const char *below =
        arena_printf(&folder->arena, "%s/config.yaml", folder_write(folder, "file", 0600, ""));
    Source source;

    assert_true(read_as(folder, path, SOURCE_USER, &source));
    assert_null(source.bytes);
    assert_true(read_as(folder, path, SOURCE_SYSTEM, &source));
    assert_null(source.bytes);
    assert_true(read_as(folder, below, SOURCE_USER, &source));
    assert_null(source.bytes);
    is_refused(folder, path, SOURCE_GIVEN, "No such file or directory");
}

static void what_others_may_write_is_refused(void **state)
{
    static const mode_t modes[] = {0620, 0602, 0666};
    Folder *folder = *state;

    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
        for (int kind = SOURCE_GIVEN; kind <= SOURCE_USER; kind++) {
            is_refused(folder, folder_write(folder, "a", modes[i], "text"), (SourceKind) kind,
                       "others than its owner may write to it");
            assert_non_null(strstr(folder->err.hint, "chmod go-w"));
        }
}

static void what_is_no_file_is_refused(void **state)
{
    Folder *folder = *state;
    const char *fifo = arena_printf(&folder->arena, "%s/fifo", folder->path);

    assert_int_equal(mkfifo(fifo, 0600), 0);
    is_refused(folder, folder->path, SOURCE_GIVEN, "it is not a regular file");
    is_refused(folder, fifo, SOURCE_USER, "it is not a regular file");
}

/* As root we become nobody and back, since no permission binds root. */
static void what_may_not_be_read_is_an_error(void **state)
{
    Folder *folder = *state;
    const char *path = folder_write(folder, "a", 0000, "text");
    uid_t uid = geteuid();
    Source source;

    assert_int_equal(chmod(folder->path, 0711), 0);
    assert_true(uid != 0 || seteuid(NOBODY) == 0);
    is_refused(folder, path, SOURCE_USER, "Permission denied");
    is_refused(folder, path, SOURCE_SYSTEM, "Permission denied");
    is_refused(folder, path, SOURCE_GIVEN, "Permission denied");
    assert_int_equal(seteuid(uid), 0);

    /* Behind a directory that may not be entered there is nothing for us, but the system's file. */
    assert_int_equal(chmod(folder->path, 0600), 0);
    assert_true(uid != 0 || seteuid(NOBODY) == 0);
    assert_true(read_as(folder, path, SOURCE_USER, &source));
    assert_null(source.bytes);
    is_refused(folder, path, SOURCE_SYSTEM, "Permission denied");
    is_refused(folder, path, SOURCE_GIVEN, "Permission denied");
    assert_int_equal(seteuid(uid), 0);
    assert_int_equal(chmod(folder->path, 0700), 0);
}

static void whose_it_is_matters_by_its_place(void **state)
{
    Folder *folder = *state;
    const char *path = folder_write(folder, "a", 0644, "text");
    Source source;

    if (geteuid() != 0) {
        is_refused(folder, path, SOURCE_SYSTEM, "it does not belong to root");
        return;
    }
    assert_true(read_as(folder, path, SOURCE_SYSTEM, &source));
    assert_int_equal(chmod(folder->path, 0711), 0);
    assert_int_equal(seteuid(NOBODY), 0); /* root's file is good for everybody */
    assert_true(read_as(folder, path, SOURCE_USER, &source));
    assert_int_equal(seteuid(0), 0);

    assert_int_equal(chown(path, NOBODY, NOBODY), 0);
    is_refused(folder, path, SOURCE_SYSTEM, "it does not belong to root");
    is_refused(folder, path, SOURCE_USER, "it belongs to another user");
    assert_true(read_as(folder, path, SOURCE_GIVEN, &source)); /* whoever names it knows it */
    assert_int_equal(seteuid(NOBODY), 0);
    assert_true(read_as(folder, path, SOURCE_USER, &source));
    is_refused(folder, path, SOURCE_SYSTEM, "it does not belong to root");
    assert_int_equal(seteuid(0), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reads_what_is_there),
        TEST(one_byte_too_many_is_refused),
        TEST(a_usual_file_may_be_missing_a_given_one_may_not),
        TEST(what_others_may_write_is_refused),
        TEST(what_is_no_file_is_refused),
        TEST(what_may_not_be_read_is_an_error),
        TEST(whose_it_is_matters_by_its_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
