/* SPDX-License-Identifier: PostgreSQL */
/* Statement: what is read out of untrusted, perhaps cut, query texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/statement.h"

static void builds_an_index_concurrently(void **state)
{
    static const char *const yes[] = {
        "CREATE INDEX CONCURRENTLY i ON t (a)",
        "create unique index concurrently if not exists i on t (a)",
        "  \n\t\r\f\vCREATE/* x */INDEX--y\nCONCURRENTLY i",
        "/* a /* nested */ comment */ CREATE INDEX CONCURRENTLY i ON t (a)",
        "-- one line\nCREATE INDEX CONCURRENTLY",
        "REINDEX TABLE CONCURRENTLY t",
        "reindex index concurrently i",
        "REINDEX (VERBOSE) TABLE CONCURRENTLY t",
        "REINDEX (VERBOSE, CONCURRENTLY) TABLE t",
        "REINDEX (CONCURRENTLY true) TABLE t",
        "REINDEX ( concurrently ON, tablespace x) TABLE t",
        "REINDEX (CONCURRENTLY",
        "CREATE INDEX CONCURRENTLY",
    };

    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
        if (!statement_builds_concurrently(yes[i]))
            fail_msg("does not build: %s", yes[i]);
}

static void does_not_build(void **state)
{
    static const char *const no[] = {
        "",
        " ",
        "(",
        ";",
        "/* CREATE INDEX CONCURRENTLY i",
        "/*/",
        "-- CREATE INDEX CONCURRENTLY",
        "CREATE",
        "CREATE UNIQUE",
        "CREATE INDEX",
        "CREATE INDEX CONCURRENTL",
        "CREATE INDEX i ON t (a)",
        "CREATE INDEX concurrently2 ON t (a)",
        "CREATE INDEX concurrently$ ON t (a)",
        "CREATE INDEX \"concurrently\" ON t (a)",
        "CREATE TABLE CONCURRENTLY (a int)",
        "CREATE INDEX concurrently_and_longer_than_any_word ON t (a)",
        "DROP INDEX CONCURRENTLY i",
        "REFRESH MATERIALIZED VIEW CONCURRENTLY v",
        "REINDEX",
        "REINDEX TABLE t",
        "REINDEX (VERBOSE) TABLE t",
        "REINDEX (",
        "REINDEX (VERBOSE",
        "REINDEX (CONCURRENTLY false) TABLE t",
        "REINDEX (CONCURRENTLY OFF, VERBOSE) TABLE t",
        "REINDEX (CONCURRENTLY 0) TABLE t",
        "REINDEX () TABLE t",
        "SELECT 'CREATE INDEX CONCURRENTLY'",
        "\xff\xfe CREATE INDEX CONCURRENTLY i",
    };

    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
        if (statement_builds_concurrently(no[i]))
            fail_msg("builds: %s", no[i]);
    assert_false(statement_builds_concurrently(NULL));
}

static void rolls_back(void **state)
{
    assert_true(statement_rolls_back("ROLLBACK"));
    assert_true(statement_rolls_back("/* x */ rollback;"));
    assert_true(statement_rolls_back("Abort"));
    assert_false(statement_rolls_back("COMMIT"));
    assert_false(statement_rolls_back("rollback_all()"));
    assert_false(statement_rolls_back(""));
    assert_false(statement_rolls_back(NULL));
}

static void takes_long_by_nature(void **state)
{
    (void) state;
    assert_string_equal(statement_long_by_nature("vacuum (verbose) t"), "VACUUM");
    assert_string_equal(statement_long_by_nature("/* x */ COPY t TO STDOUT"), "COPY");
    assert_string_equal(statement_long_by_nature("CREATE INDEX i ON t (a)"), "CREATE INDEX");
    assert_string_equal(statement_long_by_nature("create unique index i on t (a)"), "CREATE INDEX");
    assert_string_equal(statement_long_by_nature("REFRESH MATERIALIZED VIEW v"), "REFRESH");
    assert_null(statement_long_by_nature("CREATE TABLE t AS SELECT"));
    assert_null(statement_long_by_nature("CREATE UNIQUE"));
    assert_null(statement_long_by_nature("SELECT 'VACUUM'"));
    assert_null(statement_long_by_nature(""));
    assert_null(statement_long_by_nature(NULL));
}

static void assert_listens(const char *query, const char *channel)
{
    Arena arena;
    const char *found;

    arena_init(&arena);
    found = statement_listens(query, &arena);
    if (channel)
        assert_string_equal(found, channel);
    else
        assert_null(found);
    arena_done(&arena);
}

static void listens(void **state)
{
    assert_listens("LISTEN jobs", "jobs");
    assert_listens("listen /* x */ jobs;", "jobs");
    assert_listens("LISTEN jobs; LISTEN more", "jobs");
    assert_listens("LISTEN \"my \"\"own\"\" jobs\"; SELECT 1", "\"my \"\"own\"\" jobs\"");
    assert_listens("LISTEN \"cut", "\"cut");
    assert_listens("LISTEN", NULL);
    assert_listens("LISTEN ;", NULL);
    assert_listens("UNLISTEN jobs", NULL);
    assert_listens(NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(builds_an_index_concurrently),
        cmocka_unit_test(does_not_build),
        cmocka_unit_test(rolls_back),
        cmocka_unit_test(takes_long_by_nature),
        cmocka_unit_test(listens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
