/* SPDX-License-Identifier: PostgreSQL */
/* Rollback: the judgement, and every way from the go-ahead to an outcome. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/ordinary.h"
#include "core/protect.h"
#include "core/rollback.h"

static const Waits nobody = {0};
static const uint32_t xids[] = {744};
static const Ending ending = {.xids = xids, .xid_count = 1};
static const int modes[LOCK_MODES] = {[LOCK_ROW_EXCLUSIVE] = 2};
static const Moment begin = {.steady_us = 1000, .wall_us = NOW_US};
static const Moment later = {.steady_us = 3500, .wall_us = NOW_US + 2500};

static Arena arena;
static World world;
static Prepared prepared;
static RollbackFacts facts;
static Rollback rollback;

static int setup(void **state)
{
    arena_init(&arena);
    world = ordinary_world();
    world.current_role = "app";
    prepared = (Prepared){.gid = "order-17",
                          .xid = 744,
                          .prepared_us = NOW_US - 250 * US_PER_S,
                          .role = "app",
                          .database = "apps",
                          .locks = 3};
    facts = (RollbackFacts){.world = &world,
                            .prepared = &prepared,
                            .modes = modes,
                            .xids_back = COUNT_UNKNOWN,
                            .waits = &nobody,
                            .ending = &ending,
                            .now_us = NOW_US};
    rollback = rollback_judge(&facts, &arena);
    return 0;
}

static int teardown(void **state)
{
    arena_done(&arena);
    return 0;
}

static void assert_foreseen(const char *expected)
{
    Rollback judged = rollback_judge(&facts, &arena);
    const char *text = "";

    for (size_t i = 0; i < judged.foreseen.count; i++)
        text = arena_printf(&arena, "%s%s: %s\n", text,
                            consequence_label(judged.foreseen.list[i].kind),
                            judged.foreseen.list[i].text);
    if (!strstr(text, expected))
        fail_msg("no \"%s\" in:\n%s", expected, text);
}

static void it_is_judged(void **state)
{
    assert_true(rollback.planned);
    assert_string_equal(rollback.reason, "it was prepared 4 min 10 s ago by role app and nobody "
                                         "has ended it: no session has it, so no signal reaches "
                                         "it");
    assert_int_equal(rollback.waiters_before, 0);
    assert_int_equal(rollback.outcome, OUTCOME_NONE);
    assert_ptr_not_equal(rollback.before.gid, prepared.gid);
    prepared.role = NULL;
    world.superuser = true;
    rollback = rollback_judge(&facts, &arena);
    assert_non_null(strstr(rollback.reason, "by role unknown and"));
}

static void only_its_owner_may(void **state)
{
    world.current_role = "Ops";
    rollback = rollback_judge(&facts, &arena);
    assert_false(rollback.planned);
    assert_int_equal(rollback.outcome, OUTCOME_DENIED);
    assert_string_equal(rollback.reason,
                        "only its owner, role app, or a superuser may end it: connect as one of "
                        "these, or, where role \"Ops\" is a member of the owner, with "
                        "PGOPTIONS='-c role=OWNER'");
    assert_int_equal(rollback_begin(&rollback, begin), ROLLBACK_END);
    assert_int_equal(rollback.outcome, OUTCOME_DENIED);
    prepared.role = NULL;
    rollback = rollback_judge(&facts, &arena);
    assert_non_null(strstr(rollback.reason, "role unknown"));
}

static void its_owner_may_be_protected(void **state)
{
    Protection entry = {.place = "pgquell.yaml:7"};
    Protection *entries[] = {&entry};
    Protections protections = {entries, 1};
    Err err;

    filter_init(&entry.filter);
    assert_true(filter_add_text(&entry.filter, FILTER_ROLE, "app", &err));
    world.protections = &protections;
    rollback = rollback_judge(&facts, &arena);
    assert_false(rollback.planned);
    assert_int_equal(rollback.outcome, OUTCOME_REFUSED);
    assert_string_equal(rollback.reason, "it is protected by pgquell.yaml:7; --allow protected "
                                         "does it all the same");
    facts.allow = ALLOW_PROTECTED;
    assert_true(rollback_judge(&facts, &arena).planned);
    facts.allow = 0;
    prepared.role = "other";
    world.superuser = true;
    assert_true(rollback_judge(&facts, &arena).planned);
    filter_done(&entry.filter);
}

static void what_it_holds_and_loses(void **state)
{
    assert_foreseen("frees: nobody waits behind it\n");
    assert_foreseen("loses: what it has written (xid 744), for good; it may be half of a "
                    "distributed transaction");
    assert_foreseen("holds: 2 RowExclusiveLock\n");
    facts.advisory_locks = 1;
    assert_foreseen("holds: 1 advisory lock\n");
    facts.advisory_locks = 2;
    assert_foreseen("holds: 2 advisory locks\n");
    facts.xids_back = 1;
    assert_foreseen("holds: its xid is 1 transaction back: rows");
    facts.xids_back = 20000;
    assert_foreseen("holds: its xid is 20000 transactions back: rows");
    facts.modes = (const int[LOCK_MODES]){0};
    assert_foreseen("first\nholds: 2 advisory locks\n");
    facts.modes = NULL;
    assert_foreseen("holds: its locks could not be read\n");
}

static void who_waits_behind_it(void **state)
{
    static const BlockingEdge edges[] = {{101, 0}, {102, 77}};
    const Prepared both[] = {prepared, {.gid = "x", .xid = 9}};
    const LockTag tag = {.type = "relation", .database = 5, .relation = 900};
    const Lock locks[] = {
        {.prepared_xid = 744, .tag = tag, .mode = LOCK_ROW_EXCLUSIVE, .granted = true},
        {.pid = 101, .tag = tag, .mode = LOCK_SHARE, .wait_start_us = NOW_US - US_PER_S}};
    WaitFacts of = {.prepared = both,
                    .prepared_count = 2,
                    .locks = locks,
                    .lock_count = 2,
                    .blocking = {edges, 2}};
    Waits waits = waits_grow(&of, &arena);

    facts.waits = &waits;
    facts.locks = locks;
    facts.lock_count = 2;
    rollback = rollback_judge(&facts, &arena);
    assert_int_equal(rollback.waiters_before, 1);
    assert_foreseen("frees: 1 session that waits behind it (the longest for 1.0 s)\n");
    prepared.xid = 9;
    assert_foreseen("frees: nobody waits behind it\n");
    facts.waits = NULL;
    facts.locks = NULL;
}

static void go(void)
{
    assert_int_equal(rollback_begin(&rollback, begin), ROLLBACK_LOOK);
}

static void send_it(void)
{
    go();
    assert_int_equal(rollback_looked(&rollback, &prepared, begin), ROLLBACK_SEND);
}

static void answer(RollbackAnswer how, const char *text, RollbackNext next)
{
    assert_int_equal(rollback_answered(&rollback, how, text, later), next);
}

static void assert_ended(Outcome outcome, const char *note)
{
    assert_int_equal(rollback.outcome, outcome);
    if (!strstr(rollback.note, note))
        fail_msg("no \"%s\" in: %s", note, rollback.note);
}

static void assert_steps(const char *expected)
{
    const char *text = "";

    for (size_t i = 0; i < rollback.step_count; i++)
        text = arena_printf(&arena, "%s%s%s: %s", text, i ? "; " : "",
                            step_name(rollback.steps[i].kind), rollback.steps[i].result);
    assert_string_equal(text, expected);
}

static void it_is_rolled_back(void **state)
{
    send_it();
    answer(ROLLBACK_DONE, NULL, ROLLBACK_LOOK);
    assert_int_equal(rollback_looked(&rollback, NULL, later), ROLLBACK_END);
    assert_ended(OUTCOME_CANCELLED, "rolled back");
    assert_steps("observe: there; rollback prepared: done; observe: gone");
    assert_int_equal(rollback.finished_us - rollback.begun_us, 2500);
    assert_int_equal(rollback.locks_after, 0);
    assert_int_equal(rollback.waiters_after, 0);
    assert_int_equal(rollback.steps[1].wall_us, NOW_US + 2500);
}

static void its_gid_may_be_anothers_afterwards(void **state)
{
    Prepared other = prepared;

    other.xid = 800;
    send_it();
    answer(ROLLBACK_DONE, NULL, ROLLBACK_LOOK);
    assert_int_equal(rollback_looked(&rollback, &other, later), ROLLBACK_END);
    assert_ended(OUTCOME_CANCELLED, "rolled back");
}

static void it_had_ended_by_itself(void **state)
{
    go();
    assert_int_equal(rollback_looked(&rollback, NULL, later), ROLLBACK_END);
    assert_ended(OUTCOME_OVER, "before anything was sent, committed or rolled back");
    assert_false(rollback.sent);
}

/* The xid or the time tells one of the same GID apart. */
static void another_of_its_gid_is_left_alone(void **state)
{
    Prepared other = prepared;

    other.xid = 745;
    go();
    assert_int_equal(rollback_looked(&rollback, &other, later), ROLLBACK_END);
    assert_ended(OUTCOME_OVER, "its GID is another's by now (xid 745), which is left alone");
    assert_false(rollback.sent);
    other = prepared;
    other.prepared_us++;
    rollback = rollback_judge(&facts, &arena);
    go();
    assert_int_equal(rollback_looked(&rollback, &other, later), ROLLBACK_END);
    assert_ended(OUTCOME_OVER, "another's");
}

static void it_went_in_the_last_moment(void **state)
{
    send_it();
    answer(ROLLBACK_NO_SUCH, "no such", ROLLBACK_END);
    assert_ended(OUTCOME_OVER, "before ROLLBACK PREPARED came");
    assert_steps("observe: there; rollback prepared: not done: it is gone");
    assert_int_equal(rollback.locks_after, 0); /* not what it had at the last look */
    assert_int_equal(rollback.waiters_after, 0);
}

static void the_server_denies_it(void **state)
{
    send_it();
    answer(ROLLBACK_DENIED, "permission denied", ROLLBACK_END);
    assert_ended(OUTCOME_DENIED, "only its owner, role app, or a superuser may end it: connect as "
                                 "one of these");
    assert_steps("observe: there; rollback prepared: not done: permission denied");
}

static void the_server_is_a_standby_by_now(void **state)
{
    send_it();
    answer(ROLLBACK_IN_RECOVERY, "recovery", ROLLBACK_END);
    assert_ended(OUTCOME_REFUSED, "standby");
}

static void another_session_is_ending_it(void **state)
{
    send_it();
    answer(ROLLBACK_BUSY, "busy", ROLLBACK_LOOK);
    assert_int_equal(rollback_looked(&rollback, &prepared, later), ROLLBACK_LOOK);
    assert_int_equal(rollback_looked(&rollback, &prepared, later), ROLLBACK_LOOK);
    assert_int_equal(rollback.locks_after, 3);
    assert_int_equal(rollback.waiters_after, COUNT_UNKNOWN);
    assert_int_equal(rollback_looked(&rollback, NULL, later), ROLLBACK_END);
    assert_ended(OUTCOME_OVER, "another session was ending it");
    assert_steps("observe: there; rollback prepared: not done: another session is ending it; "
                 "observe: there; observe: gone");
}

static void another_session_takes_its_time(void **state)
{
    send_it();
    answer(ROLLBACK_BUSY, "busy", ROLLBACK_LOOK);
    assert_int_equal(rollback_looked(&rollback, &prepared, later), ROLLBACK_LOOK);
    rollback_late(&rollback, later);
    assert_ended(OUTCOME_SURVIVED, "another session is still ending it");
}

static void it_fails(void **state)
{
    send_it();
    answer(ROLLBACK_FAILED, "disk\x1b full", ROLLBACK_LOOK);
    assert_int_equal(rollback_looked(&rollback, &prepared, later), ROLLBACK_END);
    assert_ended(OUTCOME_SURVIVED, "ROLLBACK PREPARED failed: disk\\x1b full");
    rollback = rollback_judge(&facts, &arena);
    send_it();
    answer(ROLLBACK_FAILED, "disk full", ROLLBACK_LOOK);
    assert_int_equal(rollback_looked(&rollback, NULL, later), ROLLBACK_END);
    assert_ended(OUTCOME_OVER, "ended by somebody else (disk full)");
}

static void what_the_server_said_was_not_so(void **state)
{
    send_it();
    answer(ROLLBACK_DONE, NULL, ROLLBACK_LOOK);
    assert_int_equal(rollback_looked(&rollback, &prepared, later), ROLLBACK_END);
    assert_ended(OUTCOME_SURVIVED, "still there");
}

/* It is never sent again. */
static void contact_is_lost(void **state)
{
    send_it();
    answer(ROLLBACK_UNANSWERED, "", ROLLBACK_LOOK);
    assert_int_equal(rollback_looked(&rollback, &prepared, later), ROLLBACK_LOOK);
    assert_int_equal(rollback_looked(&rollback, NULL, later), ROLLBACK_END);
    assert_ended(OUTCOME_OVER, "contact was lost after ROLLBACK PREPARED was sent; it is gone");
    rollback = rollback_judge(&facts, &arena);
    send_it();
    answer(ROLLBACK_UNANSWERED, "", ROLLBACK_LOOK);
    assert_int_equal(rollback_looked(&rollback, &prepared, later), ROLLBACK_LOOK);
    rollback_late(&rollback, later);
    assert_ended(OUTCOME_SURVIVED, "and it is still there");
}

static void the_time_is_up(void **state)
{
    go();
    rollback_late(&rollback, later);
    assert_ended(OUTCOME_UNKNOWN, "nothing was sent");
    rollback = rollback_judge(&facts, &arena);
    send_it();
    answer(ROLLBACK_UNANSWERED, "", ROLLBACK_LOOK);
    rollback_late(&rollback, later);
    assert_ended(OUTCOME_UNKNOWN, "its effect was not seen in time");
    rollback = rollback_judge(&facts, &arena);
    send_it();
    answer(ROLLBACK_DONE, NULL, ROLLBACK_LOOK);
    rollback_late(&rollback, later);
    assert_ended(OUTCOME_CANCELLED, "as the server said");
}

static void its_database_is_out_of_reach(void **state)
{
    go();
    assert_int_equal(rollback_unreachable(&rollback, "permission denied for database \"x\"", later),
                     ROLLBACK_END);
    assert_ended(OUTCOME_DENIED, "own database, and there is none: permission denied");
    rollback = rollback_judge(&facts, &arena);
    go();
    assert_int_equal(rollback_unreachable(&rollback, "too many\x1b clients", later), ROLLBACK_END);
    assert_ended(OUTCOME_REFUSED, "there is none: too many\\x1b clients");
}

static void it_is_held(void **state)
{
    rollback_hold(&rollback, "interrupted", later);
    assert_ended(OUTCOME_HELD, "interrupted");
    assert_int_equal(rollback.begun_us, rollback.finished_us);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_is_judged),
        TEST(only_its_owner_may),
        TEST(its_owner_may_be_protected),
        TEST(what_it_holds_and_loses),
        TEST(who_waits_behind_it),
        TEST(it_is_rolled_back),
        TEST(its_gid_may_be_anothers_afterwards),
        TEST(it_had_ended_by_itself),
        TEST(another_of_its_gid_is_left_alone),
        TEST(it_went_in_the_last_moment),
        TEST(the_server_denies_it),
        TEST(the_server_is_a_standby_by_now),
        TEST(another_session_is_ending_it),
        TEST(another_session_takes_its_time),
        TEST(it_fails),
        TEST(what_the_server_said_was_not_so),
        TEST(contact_is_lost),
        TEST(the_time_is_up),
        TEST(its_database_is_out_of_reach),
        TEST(it_is_held),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
