/* SPDX-License-Identifier: PostgreSQL */
/* Progress: the parameters of every kind of report, and what may and may not be said of the rest.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/ordinary.h"
#include "core/progress.h"

static Arena arena;

static int setup(void **state)
{
    arena_init(&arena);
    return 0;
}

static int teardown(void **state)
{
    arena_done(&arena);
    return 0;
}

static const Progress no_look = {.kind = PROGRESS_NONE};

static Progress progress_of(ProgressKind kind)
{
    return (Progress){.kind = kind, .seen_us = NOW_US};
}

/* param1 is the first. */
static void set(Progress *progress, int number, int64_t value)
{
    progress->params[number - 1] = value;
}

static void assert_said(const Progress *earlier, const Progress *now, const char *expected)
{
    assert_string_equal(progress_text(earlier, now, TIME_UNKNOWN, &arena), expected);
}

static void kinds_have_the_names_of_the_server(void **state)
{
    for (int kind = PROGRESS_NONE + 1; kind < PROGRESS_KINDS; kind++)
        assert_int_equal(progress_kind_named(progress_kind_name((ProgressKind) kind)), kind);
    assert_int_equal(progress_kind_named("REPACK"), PROGRESS_NONE);
}

static void vacuum_goes_through_phases(void **state)
{
    Progress vacuum = progress_of(PROGRESS_VACUUM);

    assert_said(&no_look, &vacuum, "VACUUM is in phase 1 of 7 (initializing)");
    set(&vacuum, 1, 1);
    set(&vacuum, 2, 200);
    set(&vacuum, 3, 199);
    assert_said(&no_look, &vacuum, "VACUUM is at 99 % of phase 2 of 7 (scanning heap)");
    set(&vacuum, 1, 2);
    assert_said(&no_look, &vacuum, "VACUUM is in phase 3 of 7 (vacuuming indexes)");
    set(&vacuum, 9, 4); /* from 17 on */
    set(&vacuum, 10, 1);
    assert_said(&no_look, &vacuum, "VACUUM is at 25 % of phase 3 of 7 (vacuuming indexes)");
    set(&vacuum, 1, 3);
    assert_said(&no_look, &vacuum, "VACUUM is at 0 % of phase 4 of 7 (vacuuming heap)");
    set(&vacuum, 4, 201); /* more than there was at its start */
    assert_said(&no_look, &vacuum, "VACUUM is at 100 % of phase 4 of 7 (vacuuming heap)");
    set(&vacuum, 1, 77); /* of a later major */
    assert_said(&no_look, &vacuum, "VACUUM is in phase 1 of 7 (initializing)");
    set(&vacuum, 1, -1);
    assert_said(&no_look, &vacuum, "VACUUM is in phase 1 of 7 (initializing)");
}

static void an_index_is_built_in_the_words_of_its_access_method(void **state)
{
    Progress index = progress_of(PROGRESS_CREATE_INDEX);

    set(&index, 1, 1);
    assert_said(&no_look, &index, "CREATE INDEX has come to initializing");
    set(&index, 10, 2);
    index.subphase = "scanning table";
    set(&index, 16, 100);
    set(&index, 17, 92);
    set(&index, 12, 5000);
    assert_said(&no_look, &index,
                "CREATE INDEX is at 92 % of this phase (building index: scanning table)");
    index.subphase = "sorting live tuples";
    assert_said(&no_look, &index, "CREATE INDEX has come to building index: sorting live tuples");
    index.subphase = "loading tuples in tree";
    set(&index, 13, 2500);
    assert_said(&no_look, &index,
                "CREATE INDEX is at 50 % of this phase (building index: loading tuples in tree)");
    index.subphase = "new\x1bone";
    assert_said(&no_look, &index, "CREATE INDEX has come to building index: new\\x1bone");
    index.subphase = NULL;
    assert_said(&no_look, &index, "CREATE INDEX is at 50 % of this phase (building index)");
    set(&index, 12, 0);
    assert_said(&no_look, &index, "CREATE INDEX is at 92 % of this phase (building index)");
}

static void the_command_that_builds_an_index_is_named(void **state)
{
    Progress index = progress_of(PROGRESS_CREATE_INDEX);

    set(&index, 1, 2);
    set(&index, 10, 6);
    set(&index, 16, 10);
    assert_said(&no_look, &index,
                "CREATE INDEX CONCURRENTLY is at 0 % of phase 7 of 8 (index validation: scanning "
                "table)");
    set(&index, 1, 4);
    set(&index, 10, 9);
    assert_said(&no_look, &index,
                "REINDEX CONCURRENTLY is in phase 10 of 10 (waiting for readers before dropping)");
    set(&index, 1, 3);
    set(&index, 10, 0);
    set(&index, 14, 12);
    set(&index, 15, 3);
    assert_said(&no_look, &index, "REINDEX has come to initializing; 3 of 12 partitions are done");
}

static void the_other_commands_are_named(void **state)
{
    Progress cluster = progress_of(PROGRESS_CLUSTER);
    Progress analyze = progress_of(PROGRESS_ANALYZE);
    Progress backup = progress_of(PROGRESS_BASE_BACKUP);

    set(&cluster, 1, 1);
    set(&cluster, 2, 2);
    assert_said(&no_look, &cluster, "CLUSTER is in phase 3 of 8 (index scanning heap)");
    set(&cluster, 1, 2);
    set(&cluster, 2, 1);
    set(&cluster, 6, 50);
    set(&cluster, 7, 25);
    assert_said(&no_look, &cluster, "VACUUM FULL is at 50 % of phase 2 of 8 (seq scanning heap)");
    set(&analyze, 1, 1);
    set(&analyze, 2, 30);
    set(&analyze, 3, 10);
    assert_said(&no_look, &analyze, "ANALYZE is at 33 % of phase 2 of 6 (acquiring sample rows)");
    set(&backup, 1, 3);
    set(&backup, 2, -1); /* not estimated */
    set(&backup, 3, 10);
    assert_said(&no_look, &backup, "the base backup is in phase 4 of 6 (streaming database files)");
}

/* COPY has one phase, so its own start tells its pace. */
static void copy_knows_its_size_only_from_a_file(void **state)
{
    Progress copy = progress_of(PROGRESS_COPY);

    set(&copy, 5, 2);
    set(&copy, 3, 1234);
    assert_said(&no_look, &copy,
                "COPY TO has processed 1234 rows; how many there are is not known");
    set(&copy, 5, 1);
    set(&copy, 1, 750);
    set(&copy, 2, 1000);
    assert_said(&no_look, &copy, "COPY FROM is at 75 %");
    assert_string_equal(progress_text(&no_look, &copy, NOW_US - 90 * US_PER_S, &arena),
                        "COPY FROM is at 75 %, about 30 s left");
    assert_string_equal(progress_text(&no_look, &copy, NOW_US - 540 * US_PER_S, &arena),
                        "COPY FROM is at 75 %, about 3 min 0 s left");
    assert_string_equal(progress_text(&no_look, &copy, NOW_US, &arena), "COPY FROM is at 75 %");
    set(&copy, 1, 0);
    assert_string_equal(progress_text(&no_look, &copy, NOW_US - US_PER_S, &arena),
                        "COPY FROM is at 0 %");
    set(&copy, 1, 1500); /* the file has grown */
    assert_string_equal(progress_text(&no_look, &copy, NOW_US - US_PER_S, &arena),
                        "COPY FROM is at 100 %");
}

static void two_looks_tell_the_pace_of_a_phase(void **state)
{
    Progress now = progress_of(PROGRESS_CREATE_INDEX);
    Progress earlier;

    set(&now, 1, 1);
    set(&now, 10, 2);
    set(&now, 16, 1000);
    set(&now, 17, 600);
    now.subphase = "scanning table";
    earlier = now;
    earlier.seen_us = NOW_US - US_PER_S;
    set(&earlier, 17, 590);
    assert_said(&earlier, &now,
                "CREATE INDEX is at 60 % of this phase (building index: scanning table), about 40 "
                "s of it left");
    set(&earlier, 17, 100);
    assert_said(&earlier, &now,
                "CREATE INDEX is at 60 % of this phase (building index: scanning table), less "
                "than a second of it left");
}

static void a_phase_without_parts_has_a_pace(void **state)
{
    Progress now = progress_of(PROGRESS_VACUUM);
    Progress earlier;

    set(&now, 1, 1);
    set(&now, 2, 1000);
    set(&now, 3, 500);
    earlier = now;
    earlier.seen_us = NOW_US - US_PER_S;
    set(&earlier, 3, 400);
    assert_said(&earlier, &now,
                "VACUUM is at 50 % of phase 2 of 7 (scanning heap), about 5 s of it left");
}

static void assert_no_time(const Progress *earlier, const Progress *now)
{
    assert_null(strstr(progress_text(earlier, now, NOW_US - 60 * US_PER_S, &arena), "left"));
}

/* Nothing is said of the rest where the looks do not compare, or nothing has moved. */
static void no_fantasy(void **state)
{
    Progress now = progress_of(PROGRESS_CREATE_INDEX);
    Progress earlier;

    set(&now, 10, 2);
    set(&now, 16, 1000);
    set(&now, 17, 600);
    now.subphase = "scanning table";
    earlier = now;
    assert_no_time(&earlier, &now); /* the same look */
    earlier.seen_us = NOW_US - US_PER_S;
    assert_no_time(&earlier, &now); /* nothing has moved */
    set(&earlier, 17, 500);
    assert_non_null(strstr(progress_text(&earlier, &now, TIME_UNKNOWN, &arena), "left"));
    earlier.subphase = "sorting live tuples";
    assert_no_time(&earlier, &now);
    earlier.subphase = NULL;
    assert_no_time(&earlier, &now);
    earlier.subphase = now.subphase;
    set(&earlier, 16, 900); /* another table: partitions are built one after the other */
    assert_no_time(&earlier, &now);
    set(&earlier, 16, 1000);
    set(&earlier, 10, 4);
    assert_no_time(&earlier, &now);
    assert_no_time(&no_look, &now);
    set(&earlier, 10, 2);
    now.subphase = NULL;
    assert_no_time(&earlier, &now);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(kinds_have_the_names_of_the_server),
        TEST(vacuum_goes_through_phases),
        TEST(an_index_is_built_in_the_words_of_its_access_method),
        TEST(the_command_that_builds_an_index_is_named),
        TEST(the_other_commands_are_named),
        TEST(copy_knows_its_size_only_from_a_file),
        TEST(two_looks_tell_the_pace_of_a_phase),
        TEST(a_phase_without_parts_has_a_pace),
        TEST(no_fantasy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
