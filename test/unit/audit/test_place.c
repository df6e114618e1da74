/* SPDX-License-Identifier: PostgreSQL */
/* Place: where the store lies, what is made there, and what is refused. */
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "audit/fixture.h"
#include "audit/place.h"

static mode_t mode_of(const char *path)
{
    struct stat status;

    assert_int_equal(stat(path, &status), 0);
    return status.st_mode & 07777;
}

static void touch(const char *path, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT, 0600);

    assert_true(fd >= 0);
    assert_int_equal(fchmod(fd, mode), 0);
    (void) close(fd);
}

static void assert_refused(Fixture *fixture, const char *path, const char *text)
{
    assert_false(place_prepare(path, &fixture->err));
    fixture_assert_error(fixture, text);
    assert_non_null(strstr(fixture->err.message, path));
}

static void makes_private_directories_and_file(void **state)
{
    Fixture *fixture = *state;
    char *path = fixture_path(fixture, "a//b/c/audit.db");
    mode_t mask = umask(0);
    bool prepared = place_prepare(path, &fixture->err);

    (void) umask(mask);
    assert_true(prepared);
    assert_int_equal(mode_of(fixture_path(fixture, "a")), 0700);
    assert_int_equal(mode_of(fixture_path(fixture, "a/b/c")), 0700);
    assert_int_equal(mode_of(path), 0600);
    assert_true(place_prepare(path, &fixture->err)); /* again */
}

static void leaves_existing_modes_to_a_group(void **state)
{
    Fixture *fixture = *state;

    assert_int_equal(chmod(fixture->directory, 02770), 0);
    touch(fixture->path, 0660);
    assert_true(place_prepare(fixture->path, &fixture->err));
    assert_int_equal(mode_of(fixture->path), 0660);
}

static void refuses_what_everybody_may_write(void **state)
{
    Fixture *fixture = *state;

    touch(fixture->path, 0602);
    assert_refused(fixture, fixture->path, "everybody may write to it");
    assert_int_equal(chmod(fixture->path, 0600), 0);
    assert_int_equal(chmod(fixture->directory, 0777), 0);
    assert_refused(fixture, fixture->path, "everybody may write to its directory");
}

/* As in /tmp, where nobody can take away or replace what belongs to another. */
static void takes_its_own_files_in_a_sticky_directory(void **state)
{
    Fixture *fixture = *state;

    assert_int_equal(chmod(fixture->directory, 01777), 0);
    assert_true(place_prepare(fixture->path, &fixture->err));
    if (geteuid() != 0)
        return; /* only root can give a file away */
    touch(fixture_path(fixture, "audit.db-wal"), 0600);
    assert_int_equal(chown(fixture_path(fixture, "audit.db-wal"), 65534, 65534), 0);
    assert_refused(fixture, fixture->path, "belongs to another user");
}

static void refuses_what_is_no_regular_file(void **state)
{
    Fixture *fixture = *state;
    char *link = fixture_path(fixture, "link");
    char *fifo = fixture_path(fixture, "fifo");
    char *directory = fixture_path(fixture, "directory");

    touch(fixture->path, 0600);
    assert_int_equal(symlink(fixture->path, link), 0);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_refused(fixture, link, "symbolic link");
    assert_refused(fixture, fifo, "not a regular file");
    assert_int_equal(mkdir(directory, 0700), 0);
    assert_refused(fixture, directory, "it is a directory");
    assert_true(place_check_readable(link, &fixture->err)); /* reading harms nobody */
    assert_false(place_check_readable(fifo, &fixture->err));
    assert_false(place_check_readable(fixture_path(fixture, "none"), &fixture->err));
    fixture_assert_error(fixture, "No such file");
}

static void says_why_it_cannot_make_them(void **state)
{
    Fixture *fixture = *state;
    char name[PATH_MAX + 2];

    touch(fixture->path, 0600);
    assert_false(place_prepare(fixture_path(fixture, "audit.db/below/x"), &fixture->err));
    fixture_assert_error(fixture, "Not a directory");
    assert_false(place_prepare("/proc/pgquell/audit.db", &fixture->err));
    fixture_assert_error(fixture, "could not create directory \"/proc/pgquell\"");
    assert_false(place_prepare("/proc/audit.db", &fixture->err));
    fixture_assert_error(fixture, "/proc/audit.db");
    assert_false(place_prepare("", &fixture->err));
    fixture_assert_error(fixture, "No such file");
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    assert_false(place_prepare(name, &fixture->err));
    fixture_assert_error(fixture, "xxx");
}

static void a_bare_name_is_in_the_working_directory(void **state)
{
    Fixture *fixture = *state;
    char before[PATH_MAX];
    bool prepared;

    assert_non_null(getcwd(before, sizeof(before)));
    assert_int_equal(chdir(fixture->directory), 0);
    prepared = place_prepare("audit.db", &fixture->err);
    assert_int_equal(chdir(before), 0);
    assert_true(prepared);
    assert_int_equal(mode_of(fixture->path), 0600);
}

static int open_in_unwritable_directory(Fixture *fixture)
{
    return place_prepare(fixture->path, &fixture->err) ? 1 : 0;
}

static void a_directory_without_permission_is_an_error(void **state)
{
    Fixture *fixture = *state;

    assert_int_equal(chmod(fixture->directory, 0555), 0);
    assert_int_equal(fixture_in_child(fixture, open_in_unwritable_directory, true), 0);
    assert_int_equal(chmod(fixture->directory, 0700), 0);
    assert_int_equal(access(fixture->path, F_OK), -1);
}

static void default_is_shared_then_xdg_then_home(void **state)
{
    Fixture *fixture = *state;
    const char *path = NULL;

    assert_int_equal(setenv("HOME", "/home/dba", 1), 0);
    assert_int_equal(setenv("XDG_STATE_HOME", "/state", 1), 0);
    touch(fixture->path, 0600);
    assert_true(place_default(&fixture->arena, fixture->path, &path, &fixture->err));
    assert_string_equal(path, fixture->path);
    assert_int_equal(unlink(fixture->path), 0);
    assert_true(place_default(&fixture->arena, fixture->path, &path, &fixture->err));
    assert_string_equal(path, "/state/pgquell/audit.db");
    assert_int_equal(setenv("XDG_STATE_HOME", "relative", 1), 0);
    assert_true(place_default(&fixture->arena, fixture->path, &path, &fixture->err));
    assert_string_equal(path, "/home/dba/.local/state/pgquell/audit.db");
    assert_true(store_default_path(&fixture->arena, &path, &fixture->err));
    assert_non_null(strstr(path, "/pgquell/audit.db"));
    assert_int_equal(unsetenv("HOME"), 0);
    assert_false(place_default(&fixture->arena, fixture->path, &path, &fixture->err));
    fixture_assert_error(fixture, "HOME is not set");
}

static void a_log_counts_when_something_is_in_it(void **state)
{
    Fixture *fixture = *state;
    char *log = fixture_path(fixture, "audit.db-wal");

    assert_false(place_has_log(fixture->path));
    touch(log, 0600);
    assert_false(place_has_log(fixture->path));
    assert_int_equal(truncate(log, 1), 0);
    assert_true(place_has_log(fixture->path));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(makes_private_directories_and_file),
        TEST(leaves_existing_modes_to_a_group),
        TEST(refuses_what_everybody_may_write),
        TEST(takes_its_own_files_in_a_sticky_directory),
        TEST(refuses_what_is_no_regular_file),
        TEST(says_why_it_cannot_make_them),
        TEST(a_bare_name_is_in_the_working_directory),
        TEST(a_directory_without_permission_is_an_error),
        TEST(default_is_shared_then_xdg_then_home),
        TEST(a_log_counts_when_something_is_in_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
