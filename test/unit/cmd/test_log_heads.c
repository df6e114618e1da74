/* SPDX-License-Identifier: PostgreSQL */
/* Log heads: what is found in a server's log, and which of it the trail has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "audit/chain.h"
#include "audit/pruning.h"
#include "cmd/log_heads.h"

#define RUN "0123456789abcdef"
#define HASH "a5c93e0c1f0b2d4e6f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6"
#define LINE(hash) "LOG:  pgquell: cancel sent to session 1.2; audit run " RUN " head " hash

static void a_head_is_found_at_the_end_of_a_line(void **state)
{
    const char *text = LINE(HASH) "\n";
    LogHead head;

    assert_true(log_heads_next(&text, &head));
    assert_string_equal(head.run, RUN);
    assert_string_equal(head.hash, HASH);
    assert_false(log_heads_next(&text, &head));
    assert_false(log_heads_next(&text, &head));
}

static void several_heads_of_a_line_are_found(void **state)
{
    const char *text = LINE(HASH) "\\n" LINE(CHAIN_START) "\"}";
    LogHead head;

    assert_true(log_heads_next(&text, &head));
    assert_true(log_heads_next(&text, &head));
    assert_string_equal(head.hash, CHAIN_START);
    assert_false(log_heads_next(&text, &head));
}

static void what_only_looks_like_a_head_is_none(void **state)
{
    static const char *const texts[] = {
        "",
        "audit run ",
        "audit run " RUN,
        "audit run " RUN " head ",
        "audit run " RUN " head a5c9",
        "audit run " RUN "0 head " HASH,
        "audit run " RUN " head " HASH "0",
        "audit run " RUN " HEAD " HASH,
        "audit run 0123456789ABCDEF head " HASH,
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const char *text = texts[i];
        LogHead head;

        if (log_heads_next(&text, &head))
            fail_msg("\"%s\" has a head", texts[i]);
    }
}

static const char *write_log(Fixture *fixture, const char *const lines[], size_t count)
{
    const char *path = fixture_path(fixture, "server.log");
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    for (size_t i = 0; i < count; i++)
        (void) fprintf(file, "%s\n", lines[i]);
    assert_int_equal(fclose(file), 0);
    return path;
}

/* The heads of a log of these lines, compared with a trail of three records. */
static LogHeads compared(Fixture *fixture, const char *const lines[], size_t count)
{
    const char *path = write_log(fixture, lines, count);
    Store *store = fixture_open(fixture, STORE_READ);
    LogHeads heads = {0};

    if (!log_heads_read(path, &fixture->arena, &heads, &fixture->err) ||
        !log_heads_compare(&heads, store, &fixture->err))
        fail_msg("%s", fixture->err.message);
    store_close(store);
    return heads;
}

static void heads_are_compared_with_the_trail(void **state)
{
    Fixture *fixture = *state;
    const char *head;
    LogHeads heads;

    fixture_fill(fixture, 3);
    head = arena_printf(&fixture->arena, "pgquell: audit run " RUN " head %s",
                        fixture_verify(fixture).head);
    {
        const char *const lines[] = {
            LINE(HASH), "LOG:  checkpoint", head,
            head,       LINE(CHAIN_START),  "statement: audit run " RUN " head " HASH};

        heads = compared(fixture, lines, sizeof(lines) / sizeof(lines[0]));
    }
    assert_int_equal(heads.count, 4);
    assert_int_equal(heads.heads[0].line, 1);
    assert_false(heads.heads[0].found);
    assert_int_equal(heads.heads[1].line, 3);
    assert_true(heads.heads[1].found);
    assert_true(heads.heads[2].found);
    assert_int_equal(heads.heads[3].line, 5);
    assert_false(heads.heads[3].found);
}

/* A head that never was in the trail still shows. */
static void heads_of_pruned_records_are_known(void **state)
{
    Fixture *fixture = *state;
    const char *pruned;
    const char *kept;
    LogHeads heads;
    Store *store;

    fixture_fill(fixture, 3);
    store = fixture_open(fixture, STORE_APPEND);
    pruned = pruning_hash(fixture, store, 1);
    kept = pruning_hash(fixture, store, 3);
    (void) pruning_do(fixture, store, 2);
    store_close(store);
    {
        const char *const lines[] = {
            arena_printf(&fixture->arena, "pgquell: audit run " RUN " head %s", pruned),
            arena_printf(&fixture->arena, "pgquell: audit run " RUN " head %s", kept),
            LINE(HASH),
            arena_printf(&fixture->arena, "pgquell: audit run " RUN " head %s", pruned),
        };

        heads = compared(fixture, lines, sizeof(lines) / sizeof(lines[0]));
    }
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(heads.heads[i].found, i == 1);
        assert_int_equal(heads.heads[i].pruned, i == 0 || i == 3);
    }
}

static void a_log_without_heads_is_fine(void **state)
{
    Fixture *fixture = *state;
    static const char *const lines[] = {"LOG:  checkpoint"};

    fixture_fill(fixture, 1);
    assert_int_equal(compared(fixture, lines, 1).count, 0);
}

static void a_log_that_is_not_there_is_an_error(void **state)
{
    Fixture *fixture = *state;
    LogHeads heads;

    assert_false(
        log_heads_read(fixture_path(fixture, "none"), &fixture->arena, &heads, &fixture->err));
    assert_int_equal(fixture->err.code, ERR_UNRESOLVED);
    assert_non_null(strstr(fixture->err.message, "could not open server log"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_head_is_found_at_the_end_of_a_line),
        cmocka_unit_test(several_heads_of_a_line_are_found),
        cmocka_unit_test(what_only_looks_like_a_head_is_none),
        cmocka_unit_test_setup_teardown(heads_are_compared_with_the_trail, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(heads_of_pruned_records_are_known, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(a_log_without_heads_is_fine, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(a_log_that_is_not_there_is_an_error, fixture_setup,
                                        fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
