/* SPDX-License-Identifier: PostgreSQL */
/* Demo: what it needs from the machine, what it removes, and how it shows a command. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "audit/fixture.h"
#include "cmd/demo_programs.h"
#include "cmd/demo_story.h"

static void commands_are_shown_as_they_are_typed(void **state)
{
    static const char *const argv[] = {"pgquell", "cancel",     "--reason", "it's late",
                                       "",        "--grace=1s", "a*",       NULL};
    StrBuf buf;

    strbuf_init(&buf);
    story_add_command(&buf, argv);
    assert_string_equal(buf.text, "pgquell cancel --reason 'it'\\''s late' '' --grace=1s 'a*'");
    strbuf_done(&buf);
}

static void steps_are_whole(void **state)
{
    for (size_t i = 0; i < story_step_count; i++) {
        assert_non_null(story_steps[i].sentence);
        assert_string_equal(story_steps[i].argv[0], "pgquell");
        assert_true(story_steps[i].argv[1] || i == 0); /* it begins with the bare name */
        assert_int_equal(story_steps[i].condition == NULL, story_steps[i].checked == NULL);
    }
}

static void make_program(Fixture *fixture, const char *version, const char *name)
{
    const char *directory = fixture_path(fixture, version);
    const char *bin = arena_printf(&fixture->arena, "%s/bin", directory);
    int fd;

    (void) mkdir(directory, 0700);
    (void) mkdir(bin, 0700);
    fd = open(arena_printf(&fixture->arena, "%s/%s", bin, name), O_CREAT | O_WRONLY, 0700);
    assert_true(fd >= 0);
    (void) close(fd);
}

static void make_programs(Fixture *fixture, const char *version)
{
    make_program(fixture, version, "initdb");
    make_program(fixture, version, "postgres");
    make_program(fixture, version, "psql");
    make_program(fixture, version, "pgbench");
}

static void assert_found(Fixture *fixture, const char *version)
{
    const char *bin = NULL;
    const char *wanted = arena_printf(&fixture->arena, "%s/%s/bin", fixture->directory, version);

    if (!programs_find(&fixture->arena, fixture->directory, &bin, &fixture->err))
        fail_msg("%s", fixture->err.message);
    assert_string_equal(bin, wanted);
}

static void version_15_comes_first_then_the_newest(void **state)
{
    Fixture *fixture = *state;

    make_programs(fixture, "9");
    make_programs(fixture, "13");
    make_program(fixture, "18", "psql"); /* a client's package only */
    assert_found(fixture, "13");
    make_programs(fixture, "17");
    assert_found(fixture, "17");
    make_programs(fixture, "15");
    assert_found(fixture, "15");
}

static void without_a_server_the_package_is_named(void **state)
{
    Fixture *fixture = *state;
    const char *bin;

    assert_int_equal(setenv("PATH", fixture->directory, 1), 0);
    assert_false(programs_find(&fixture->arena, fixture->directory, &bin, &fixture->err));
    assert_non_null(strstr(fixture->err.hint, "postgresql-15"));
    make_programs(fixture, "x"); /* no version: only PATH leads there */
    assert_int_equal(setenv("PATH", fixture_path(fixture, "x/bin"), 1), 0);
    assert_true(programs_find(&fixture->arena, fixture->directory, &bin, &fixture->err));
    assert_string_equal(bin, fixture_path(fixture, "x/bin"));
}

static void removal_stays_inside_the_tree(void **state)
{
    Fixture *fixture = *state;
    const char *outside = fixture_path(fixture, "outside");
    const char *kept = fixture_path(fixture, "outside/kept");
    Tree tree = {0};
    int fd;

    assert_int_equal(mkdir(outside, 0700), 0);
    assert_int_equal(mkdir(kept, 0700), 0);
    assert_int_equal(setenv("TMPDIR", fixture->directory, 1), 0);
    assert_true(tree_make(&fixture->arena, false, &tree, &fixture->err));
    assert_int_equal(strncmp(tree.path, fixture->directory, strlen(fixture->directory)), 0);
    assert_int_equal(mkdirat(tree.fd, "deep", 0700), 0);
    assert_int_equal(mkdirat(tree.fd, "deep/deeper", 0700), 0);
    assert_int_equal(symlinkat(outside, tree.fd, "deep/link"), 0);
    assert_true(tree_open(&tree, "file", &fd, &fixture->err));
    (void) close(fd);
    assert_false(tree_open(&tree, "deep", &fd, &fixture->err));
    if (!tree_remove(&tree, &fixture->err))
        fail_msg("%s", fixture->err.message);
    assert_null(tree.path);
    assert_true(tree_remove(&tree, &fixture->err));
    assert_int_equal(access(kept, F_OK), 0);
}

/* The directory is private, and TMPDIR is not taken where another user could not reach it. */
static void a_tree_for_another_user_is_where_he_can_go(void **state)
{
    Fixture *fixture = *state;
    Tree tree = {0};

    assert_int_equal(setenv("TMPDIR", fixture->directory, 1), 0);
    assert_true(tree_make(&fixture->arena, true, &tree, &fixture->err));
    assert_int_equal(strncmp(tree.path, "/tmp/pgquell-demo-", strlen("/tmp/pgquell-demo-")), 0);
    assert_true(tree_remove(&tree, &fixture->err));
    assert_int_equal(chmod(fixture->directory, 0711), 0);
    assert_true(tree_make(&fixture->arena, true, &tree, &fixture->err));
    assert_int_equal(strncmp(tree.path, fixture->directory, strlen(fixture->directory)), 0);
    assert_true(tree_remove(&tree, &fixture->err));
}

static bool start(const char *const *argv, const Watch *watch, Child *ret_child, Err *err)
{
    static char *const env[] = {NULL};
    ChildSetup setup = {
        .program = argv[0],
        .argv = argv,
        .env = env,
        .directory_fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
        .output_fd = -1,
        .parting = SIGTERM,
    };
    bool started = child_start(&setup, watch, ret_child, err);

    (void) close(setup.directory_fd);
    return started;
}

static void children_are_waited_for_and_ended(void **state)
{
    static const char *const quick[] = {"/bin/false", NULL};
    static const char *const slow[] = {"/bin/sleep", "100", NULL};
    Watch watch;
    Child child;
    int status;
    Err err;

    watch_begin(&watch);
    assert_true(start(quick, &watch, &child, &err));
    assert_true(child_wait(&child, &watch, TIME_NEVER, &status, &err));
    assert_int_equal(status, 1);
    assert_false(child_runs(&child));
    assert_true(start(slow, &watch, &child, &err));
    assert_false(child_wait(&child, &watch, clock_steady_us() + US_PER_MS, &status, &err));
    assert_int_equal(err.code, ERR_UNRESOLVED);
    assert_true(child_runs(&child));
    assert_int_equal(kill(getpid(), SIGTERM), 0);
    assert_false(child_wait(&child, &watch, TIME_NEVER, &status, &err));
    assert_int_equal(err.code, ERR_INTERRUPTED);
    child_end(&child, &watch, SIGTERM, US_PER_S);
    assert_false(child_runs(&child));
    watch_end(&watch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_are_shown_as_they_are_typed),
        cmocka_unit_test(steps_are_whole),
        cmocka_unit_test_setup_teardown(version_15_comes_first_then_the_newest, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(without_a_server_the_package_is_named, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(removal_stays_inside_the_tree, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(a_tree_for_another_user_is_where_he_can_go, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test(children_are_waited_for_and_ended),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
