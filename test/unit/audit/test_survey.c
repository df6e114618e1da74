/* SPDX-License-Identifier: PostgreSQL */
/* Survey: what would keep an action from being recorded, and that looking makes nothing. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "audit/fixture.h"
#include "audit/place.h"
#include "audit/survey.h"

static StoreSurvey survey(Fixture *fixture, const char *path)
{
    return store_survey(path, &fixture->arena);
}

static void assert_fault(const StoreSurvey *survey, const char *text, const char *shell)
{
    assert_non_null(survey->fault);
    assert_non_null(strstr(survey->fault, text));
    if (!shell) {
        assert_null(survey->shell);
        return;
    }
    assert_non_null(survey->shell);
    assert_non_null(strstr(survey->shell, shell));
}

static void a_store_that_is_missing_will_be_made(void **state)
{
    Fixture *fixture = *state;
    const char *path = fixture_path(fixture, "a/b/audit.db");
    StoreSurvey seen = survey(fixture, path);
    struct stat status;

    assert_false(seen.exists);
    assert_null(seen.fault);
    assert_int_not_equal(stat(fixture_path(fixture, "a"), &status), 0); /* only looked at */
    seen = survey(fixture, "not-there-for-sure.db");
    assert_false(seen.exists);
}

static void a_store_that_is_there_is_verified(void **state)
{
    Fixture *fixture = *state;
    StoreSurvey seen;

    fixture_fill(fixture, 7);
    seen = survey(fixture, fixture->path);
    assert_true(seen.exists);
    assert_null(seen.fault);
    assert_null(seen.shell);
    assert_int_equal(seen.records, 7);
}

static void an_empty_file_is_one_that_nothing_was_recorded_in_yet(void **state)
{
    Fixture *fixture = *state;
    StoreSurvey seen;

    assert_true(place_prepare(fixture->path, &fixture->err));
    seen = survey(fixture, fixture->path);
    assert_true(seen.exists);
    assert_null(seen.fault);
}

static void a_broken_chain_is_a_fault(void **state)
{
    Fixture *fixture = *state;
    StoreSurvey seen;

    fixture_fill(fixture, 5);
    fixture_tamper(fixture, "UPDATE record SET body = '{}' WHERE sequence = 3");
    seen = survey(fixture, fixture->path);
    assert_fault(&seen, "3", "pgquell log verify --audit /");
    assert_int_equal(seen.records, 2);
}

static void another_program_s_database_is_a_fault(void **state)
{
    Fixture *fixture = *state;
    StoreSurvey seen;

    fixture_sql(fixture, "CREATE TABLE other (a)");
    seen = survey(fixture, fixture->path);
    assert_fault(&seen, "could not", NULL);
}

static void what_everybody_may_write_is_a_fault(void **state)
{
    Fixture *fixture = *state;
    StoreSurvey seen;

    fixture_fill(fixture, 1);
    assert_int_equal(chmod(fixture->path, 0666), 0);
    seen = survey(fixture, fixture->path);
    assert_fault(&seen, "everybody may write to", "chmod o-w /");
    assert_int_equal(chmod(fixture->path, 0600), 0);
    assert_int_equal(chmod(fixture->directory, 0777), 0);
    seen = survey(fixture, fixture->path);
    assert_fault(&seen, "everybody may write to", "chmod o-w /");
    assert_int_equal(chmod(fixture->directory, 01777), 0);
    seen = survey(fixture, fixture->path);
    assert_null(seen.fault);
    assert_int_equal(chmod(fixture->directory, 0700), 0);
}

static void what_is_no_file_is_a_fault(void **state)
{
    Fixture *fixture = *state;
    const char *link = fixture_path(fixture, "link");
    StoreSurvey seen;

    assert_int_equal(symlink(fixture->path, link), 0);
    seen = survey(fixture, link);
    assert_fault(&seen, "is not a regular file", NULL);
    seen = survey(fixture, fixture->directory);
    assert_fault(&seen, "is not a regular file", NULL);
}

static void a_quote_in_a_path_does_not_end_the_word(void **state)
{
    Fixture *fixture = *state;
    const char *path = fixture_path(fixture, "it's'");
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    StoreSurvey seen;

    assert_true(fd >= 0);
    assert_int_equal(fchmod(fd, 0606), 0);
    (void) close(fd);
    seen = survey(fixture, path);
    assert_fault(&seen, "everybody", "/it'\\''s'\\'''");
}

static int read_only_directory(Fixture *fixture)
{
    StoreSurvey seen = survey(fixture, fixture_path(fixture, "audit.db"));

    return seen.fault && strstr(seen.fault, "may not be written") && seen.shell &&
                   strncmp(seen.shell, "ls -ld /", 8) == 0
               ? 0
               : 1;
}

static void a_directory_that_may_not_be_written_is_a_fault(void **state)
{
    Fixture *fixture = *state;

    assert_int_equal(chmod(fixture->directory, 0555), 0);
    assert_int_equal(fixture_in_child(fixture, read_only_directory, true), 0);
    assert_int_equal(chmod(fixture->directory, 0700), 0);
}

static void a_file_that_may_not_be_written_is_a_fault(void **state)
{
    Fixture *fixture = *state;

    fixture_fill(fixture, 1);
    assert_int_equal(chmod(fixture->path, 0444), 0);
    assert_int_equal(chmod(fixture->directory, 01777), 0);
    assert_int_equal(fixture_in_child(fixture, read_only_directory, true), 0);
    assert_int_equal(chmod(fixture->directory, 0700), 0);
}

static void a_long_trail_is_not_read(void **state)
{
    Fixture *fixture = *state;
    StoreSurvey seen;

    fixture_fill(fixture, 1);
    assert_int_equal(truncate(fixture->path, SURVEY_BYTES_MAX + 1), 0);
    seen = survey(fixture, fixture->path);
    assert_true(seen.unread);
    assert_null(seen.fault);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_store_that_is_missing_will_be_made),
        TEST(a_store_that_is_there_is_verified),
        TEST(an_empty_file_is_one_that_nothing_was_recorded_in_yet),
        TEST(a_broken_chain_is_a_fault),
        TEST(another_program_s_database_is_a_fault),
        TEST(what_everybody_may_write_is_a_fault),
        TEST(what_is_no_file_is_a_fault),
        TEST(a_quote_in_a_path_does_not_end_the_word),
        TEST(a_directory_that_may_not_be_written_is_a_fault),
        TEST(a_file_that_may_not_be_written_is_a_fault),
        TEST(a_long_trail_is_not_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
