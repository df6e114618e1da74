/* SPDX-License-Identifier: PostgreSQL */
/* Triage: the commands that are shown hit those who are meant, are not refused, and promise no more
 * than they keep. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/ward.h"

static void where_filters_would_pick_others_too_each_is_named(void **state)
{
    Ward *ward = *state;
    const Finding *finding;

    for (int pid = 0x10; pid < 0x13; pid++)
        ward_active(ward, pid, 100);
    finding = assert_one(ward, FINDING_RUNAWAY);
    assert_string_equal(ward_command(ward, &finding->fixes[0]),
                        "stop --state active --statement-longer 1min --role app --database shop "
                        "--application web");
    ward_active(ward, 9, 100)->query = "COPY account TO STDOUT"; /* patience with this one */
    finding = assert_one(ward, FINDING_RUNAWAY);
    assert_string_equal(ward_command(ward, &finding->fixes[0]),
                        "stop 6ab12d70.10 6ab12d70.11 6ab12d70.12");
    for (size_t i = 0; i < 3; i++)
        ward->sessions[i].application = "";
    finding = assert_one(ward, FINDING_RUNAWAY);
    assert_says(finding->what, "3 sessions of app@shop have been running a statement");
    for (size_t i = 0; i < 3; i++)
        ward->sessions[i].application = "web*"; /* and "web" is one of these */
    finding = assert_one(ward, FINDING_RUNAWAY);
    assert_says(ward_command(ward, &finding->fixes[0]), "stop 6ab12d70.10");
}

/* As a filter such a name would also pick sessions that come between the page and the command. */
static void names_that_are_globs_are_no_filters(void **state)
{
    Ward *ward = *state;
    static const char *const wild[][3] = {
        {"a?p", "shop", "web"}, {"app", "sho*", "web"}, {"app", "shop", "*"}};

    for (int pid = 0x10; pid < 0x13; pid++)
        ward_active(ward, pid, 100);
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 3; j++) {
            ward->sessions[j].role = wild[i][0];
            ward->sessions[j].database = wild[i][1];
            ward->sessions[j].application = wild[i][2];
        }
        assert_string_equal(ward_command(ward, &assert_one(ward, FINDING_RUNAWAY)->fixes[0]),
                            "stop 6ab12d70.10 6ab12d70.11 6ab12d70.12");
    }
}

static void commands_keep_to_the_limit_and_the_reason_that_are_configured(void **state)
{
    Ward *ward = *state;

    ward->limits.targets = 2;
    ward->reason_demand = "/etc/pgquell/config.yaml:2";
    assert_none(ward);
    assert_int_equal(ward->triage.note_count, 0);
    for (int pid = 0x10; pid < 0x13; pid++)
        ward_active(ward, pid, 100);
    assert_string_equal(ward_command(ward, &assert_one(ward, FINDING_RUNAWAY)->fixes[0]),
                        "stop --state active --statement-longer 1min --role app --database shop "
                        "--application web --limit 20");
    assert_int_equal(ward->triage.note_count, 1);
    assert_string_equal(ward->triage.notes[0],
                        "/etc/pgquell/config.yaml:2 demands a reason for every action: add "
                        "--reason TEXT to the commands of pgquell");
}

/* A cancel undoes what came after the savepoint only; what was locked before it stays so. */
static void what_a_savepoint_may_keep_is_no_certain_cure(void **state)
{
    Ward *ward = *state;
    const Finding *finding;

    ward_in_transaction(ward, 0x10, STATE_IN_TRANSACTION, 70);
    ward_waiter(ward, 0x11, 0x10, 30);
    ward_lock(ward, 0x11, LOCK_EXCLUSIVE, true)->tag.type = "object";
    ward_active(ward, 0x12, 20)->wait_event_type = "Lock";
    ward_lock(ward, 0x12, LOCK_EXCLUSIVE, false)->tag.type = "object";
    ward_blocks(ward, 0x12, 0x11);
    finding = assert_one(ward, FINDING_BLOCKER); /* its transaction is this one statement */
    assert_string_equal(ward_command(ward, &finding->fixes[0]), "cancel 6ab12d70.11");
    ward->sessions[1].xact_start -= S;
    finding = assert_one(ward, FINDING_BLOCKER);
    assert_string_equal(ward_command(ward, &finding->fixes[0]), "stop 6ab12d70.10");
    assert_string_equal(ward_command(ward, &finding->fixes[1]), "cancel 6ab12d70.11");
    assert_says(finding->fixes[1].effect, "unless a savepoint keeps what they wait for");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WARD_TEST(where_filters_would_pick_others_too_each_is_named),
        WARD_TEST(names_that_are_globs_are_no_filters),
        WARD_TEST(commands_keep_to_the_limit_and_the_reason_that_are_configured),
        WARD_TEST(what_a_savepoint_may_keep_is_no_certain_cure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
