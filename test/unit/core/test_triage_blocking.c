/* SPDX-License-Identifier: PostgreSQL */
/* Triage of waits: roots, queues, several roots, rings, autovacuum; and the cure that is shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/protect.h"
#include "core/ward.h"

static const char wraparound[] = "autovacuum: VACUUM public.account (to prevent wraparound)";

static void a_forgotten_transaction_that_blocks_is_one_finding(void **state)
{
    Ward *ward = *state;
    const Finding *finding;

    ward_in_transaction(ward, 0x10, STATE_IN_TRANSACTION, 70);
    ward_waiter(ward, 0x11, 0x10, 65); /* its statement is older than the limit for runaways */
    finding = assert_one(ward, FINDING_BLOCKER);
    assert_string_equal(finding->what,
                        "1 session waits behind app@shop (web, pid 16), the first for 1 min 5 s");
    assert_says(finding->why, "it has been idle in transaction for 1 min 10 s");
    assert_says(finding->why, "the first waits for relation public.account");
    assert_string_equal(ward_command(ward, &finding->fixes[0]), "stop 6ab12d70.10");
    assert_string_equal(finding->fixes[0].effect, "frees the 1 session behind it");
    assert_int_equal(finding->fix_count, 1);
    assert_int_equal(finding->waiters, 1);
    assert_int_equal(finding->waiting_us, NOW_US - 65 * S);
    assert_int_equal(finding->since_us, NOW_US - 70 * S);
}

static void a_short_wait_is_no_finding(void **state)
{
    Ward *ward = *state;

    ward_active(ward, 0x10, 8);
    ward_waiter(ward, 0x11, 0x10, 1);
    assert_none(ward);
    ward->locks[1].wait_start_us = NOW_US - 2 * S;
    (void) assert_one(ward, FINDING_BLOCKER);
    /* a queue that moves: who stands first has not been there for long */
    ward->sessions[0].xact_start = NOW_US - S / 2;
    assert_none(ward);
    ward->sessions[0].xact_start = TIME_UNKNOWN; /* a lock of the session */
    (void) assert_one(ward, FINDING_BLOCKER);
    ward->session_count = 0; /* both have left */
    assert_none(ward);
}

static void cancelling_the_head_of_the_queue_is_the_mildest_cure(void **state)
{
    Ward *ward = *state;
    const Finding *finding;

    ward_in_transaction(ward, 0x10, STATE_IN_TRANSACTION, 70);
    ward_waiter(ward, 0x11, 0x10, 30)->application = "migrate";
    ward_queued(ward, 0x12, 0x11, 20);
    ward_queued(ward, 0x13, 0x11, 10);
    finding = assert_one(ward, FINDING_BLOCKER);
    assert_int_equal(finding->waiters, 3);
    assert_int_equal(finding->fix_count, 2);
    assert_string_equal(ward_command(ward, &finding->fixes[0]), "cancel 6ab12d70.11");
    assert_string_equal(finding->fixes[0].effect,
                        "app@shop (migrate, pid 17) gives up waiting for AccessExclusiveLock on "
                        "relation public.account, which frees the 2 sessions queued behind it; "
                        "what blocks it goes on");
    assert_string_equal(ward_command(ward, &finding->fixes[1]), "stop 6ab12d70.10");
    assert_string_equal(finding->fixes[1].effect, "frees the 3 sessions behind it");
}

static void so_it_is_where_the_queue_has_a_queue(void **state)
{
    Ward *ward = *state;

    ward_in_transaction(ward, 0x10, STATE_IN_TRANSACTION, 70);
    ward_waiter(ward, 0x11, 0x10, 30);
    ward_queued(ward, 0x12, 0x11, 20);
    ward_queued(ward, 0x13, 0x12, 10);
    assert_says(assert_one(ward, FINDING_BLOCKER)->fixes[0].effect, "frees the 2 sessions queued");
}

static void roots_of_their_own_that_meet(void **state)
{
    Ward *ward = *state;
    const Triage *triage;

    ward_in_transaction(ward, 0x10, STATE_IN_TRANSACTION, 70);
    ward_in_transaction(ward, 0x11, STATE_IN_TRANSACTION, 60);
    ward_waiter(ward, 0x12, 0x10, 30);
    ward_blocks(ward, 0x12, 0x11);
    ward_waiter(ward, 0x13, 0x10, 30);
    ward_waiter(ward, 0x14, 0x11, 20);
    (void) assert_one(ward, FINDING_BLOCKER); /* the first one speaks for the second */
    ward_waiter(ward, 0x15, 0x11, 20);
    ward_waiter(ward, 0x16, 0x11, 20); /* by now the second one comes first */
    triage = ward_triage(ward);
    assert_int_equal(triage->count, 2);
    assert_int_equal(triage->findings[0].session->pid, 0x10); /* with all five behind both */
    assert_int_equal(triage->findings[0].waiters, 5);
    assert_int_equal(triage->findings[1].session->pid, 0x11);
    assert_int_equal(triage->findings[1].waiters, 3);
}

static void it_comes_second_where_others_wait_for_the_root_itself(void **state)
{
    Ward *ward = *state;
    const Finding *finding;

    ward_in_transaction(ward, 0x10, STATE_IN_TRANSACTION, 70);
    ward_waiter(ward, 0x11, 0x10, 30);
    ward_queued(ward, 0x12, 0x11, 20);
    ward_blocks(ward, 0x14, 0x10);
    ward_active(ward, 0x14, 15); /* that waits for a lock is not known of it */
    finding = assert_one(ward, FINDING_BLOCKER);
    assert_string_equal(ward_command(ward, &finding->fixes[0]), "stop 6ab12d70.10");
    assert_string_equal(ward_command(ward, &finding->fixes[1]), "cancel 6ab12d70.11");
    ward->session_count = 1; /* who would give up has left */
    finding = assert_one(ward, FINDING_BLOCKER);
    assert_int_equal(finding->fix_count, 1);
}

static void a_row_goes_to_the_next_in_its_queue(void **state)
{
    Ward *ward = *state;
    const Finding *finding;

    ward_in_transaction(ward, 0x10, STATE_IN_TRANSACTION, 70);
    ward_waiter(ward, 0x11, 0x10, 30);
    ward_lock(ward, 0x11, LOCK_EXCLUSIVE, true)->tag.type = "tuple";
    ward_active(ward, 0x12, 20)->wait_event_type = "Lock";
    ward_lock(ward, 0x12, LOCK_EXCLUSIVE, false)->tag.type = "tuple";
    ward_blocks(ward, 0x12, 0x11);
    for (size_t i = 0; i < 2; i++) /* what is waited for: the end of the root's transaction */
        ward->locks[i].tag =
            (LockTag){.type = "transactionid", .xid = 700, .page = -1, .tuple = -1};
    finding = assert_one(ward, FINDING_BLOCKER);
    assert_int_equal(finding->fix_count, 1);
    assert_string_equal(finding->lock, "row (-1,-1) of public.account");
    /* what its transaction holds in other ways it would give up */
    ward->locks[2].tag.type = ward->locks[3].tag.type = "object";
    finding = assert_one(ward, FINDING_BLOCKER);
    assert_int_equal(finding->fix_count, 2);
    assert_string_equal(finding->lock, "transaction 700");
    /* unless it is an advisory lock, which may be the session's own */
    ward->locks[2].tag.type = ward->locks[3].tag.type = "advisory";
    assert_int_equal(assert_one(ward, FINDING_BLOCKER)->fix_count, 1);
}

static void several_roots_of_the_same_waiters_are_stopped_together(void **state)
{
    Ward *ward = *state;
    const Finding *finding;

    ward_in_transaction(ward, 0x10, STATE_IN_TRANSACTION, 70);
    ward_in_transaction(ward, 0x11, STATE_IN_TRANSACTION, 60);
    ward_waiter(ward, 0x12, 0x10, 30);
    ward_lock(ward, 0x11, LOCK_SHARE, true);
    ward_blocks(ward, 0x12, 0x11);
    ward_waiter(ward, 0x13, 0x11, 20);
    ward_blocks(ward, 0x13, 0x10);
    ward_blocks(ward, 0x13, 0x11);
    finding = assert_one(ward, FINDING_BLOCKER);
    assert_int_equal(finding->count, 2);
    assert_int_equal(finding->waiters, 2);
    assert_says(finding->what, "2 sessions wait behind app@shop (web, pid 16) and 1 more");
    assert_string_equal(ward_command(ward, &finding->fixes[0]), "stop 6ab12d70.10 6ab12d70.11");
    ward->limits.targets = 1;
    finding = assert_one(ward, FINDING_BLOCKER);
    assert_string_equal(ward_command(ward, &finding->fixes[0]),
                        "stop 6ab12d70.10 6ab12d70.11 --limit 20");
    ward->limits.targets = 10;
    ward->sessions[1].role_signalable = false;
    finding = assert_one(ward, FINDING_BLOCKER);
    assert_says(finding->fixes[0].obstacle, "GRANT");
    ward->sessions[1].query = "CREATE INDEX CONCURRENTLY i ON t (a)";
    ward->sessions[1].state = STATE_ACTIVE;
    finding = assert_one(ward, FINDING_BLOCKER);
    assert_string_equal(ward_command(ward, &finding->fixes[0]),
                        "stop 6ab12d70.10 6ab12d70.11 --allow concurrently");
    ward->sessions[1].backend_type = "background worker"; /* that no command of ours ends */
    finding = assert_one(ward, FINDING_BLOCKER);
    assert_string_equal(ward_command(ward, &finding->fixes[0]),
                        "stop 6ab12d70.10 --allow concurrently");
    ward->sessions[0].backend_type = "background worker";
    finding = assert_one(ward, FINDING_BLOCKER);
    assert_string_equal(ward_command(ward, &finding->fixes[0]), "");
    assert_says(finding->fixes[0].obstacle, "background worker");
}

static void who_is_held_up_by_yet_others_stays(void **state)
{
    Ward *ward = *state;
    const Finding *finding;

    ward_in_transaction(ward, 0x10, STATE_IN_TRANSACTION, 70);
    ward_waiter(ward, 0x12, 0x10, 30);
    ward_blocks(ward, 0x12, 0); /* and a prepared transaction */
    finding = assert_one(ward, FINDING_BLOCKER);
    assert_string_equal(finding->fixes[0].effect,
                        "frees those of the 1 session behind it that nobody else holds up");
    ward->edges[1].blocker = 0x20; /* who has left */
    assert_says(assert_one(ward, FINDING_BLOCKER)->fixes[0].effect, "nobody else");
    /* more roots than one command may stop */
    ward->edge_count = 1;
    for (int pid = 0x30; pid < 0x30 + 12; pid++) {
        ward_session(ward, pid);
        ward_blocks(ward, 0x12, pid);
    }
    finding = assert_one(ward, FINDING_BLOCKER);
    assert_int_equal(finding->fixes[0].word_count, 1 + 10);
    assert_string_equal(finding->fixes[0].words[0], "terminate"); /* since some are idle */
    assert_says(finding->fixes[0].effect, "nobody else");
    /* one that waits itself, elsewhere, is no root */
    ward->edge_count = 1;
    ward_waiter(ward, 0x50, 0x30, 1);
    ward_blocks(ward, 0x50, 0x30);
    ward->edges[1] = (BlockingEdge){0x12, 0x50};
    ward->edges[2] = (BlockingEdge){0x50, 0x30};
    assert_says(assert_one(ward, FINDING_BLOCKER)->fixes[0].effect, "nobody else");
}

static void a_prepared_transaction_blocks(void **state)
{
    Ward *ward = *state;
    const Finding *finding;

    ward_prepared(ward, "it's", 99700, 5);
    ward_waiter(ward, 0x11, 0, 4);
    finding = assert_one(ward, FINDING_BLOCKER);
    assert_non_null(finding->prepared);
    assert_null(finding->session);
    assert_int_equal(finding->since_us, NOW_US - 5 * S);
    assert_says(finding->what, "1 session waits behind prepared transaction \"it's\"");
    assert_says(finding->why, "distributed transaction");
    assert_string_equal(ward_command(ward, &finding->fixes[0]), "rollback-prepared it's");
    ward->locks[0].prepared_xid = 0; /* whose it is could not be told */
    finding = assert_one(ward, FINDING_BLOCKER);
    assert_null(finding->prepared);
    assert_int_equal(finding->since_us, TIME_UNKNOWN);
    assert_string_equal(ward_command(ward, &finding->fixes[0]), "");
    assert_says(finding->fixes[0].effect, "pg_prepared_xacts");
}

static void a_session_besides_a_prepared_transaction_is_not_enough(void **state)
{
    Ward *ward = *state;

    ward_prepared(ward, "tx", 700, 90);
    ward_waiter(ward, 0x11, 0, 4);
    ward_session(ward, 0x12);
    ward_blocks(ward, 0x11, 0x12);
    assert_says(assert_one(ward, FINDING_BLOCKER)->fixes[0].effect, "nobody else");
}

static void an_idle_session_with_a_lock_of_its_own_is_terminated(void **state)
{
    Ward *ward = *state;
    const Finding *finding;

    ward_session(ward, 0x10);
    ward_waiter(ward, 0x11, 0x10, 4);
    finding = assert_one(ward, FINDING_BLOCKER);
    assert_string_equal(ward_command(ward, &finding->fixes[0]), "terminate 6ab12d70.10");
}

static void many_or_long_waits_are_critical(void **state)
{
    Ward *ward = *state;

    ward_active(ward, 0x10, 50);
    for (int pid = 0x11; pid < 0x1a; pid++)
        ward_waiter(ward, pid, 0x10, 30);
    assert_int_equal(assert_one(ward, FINDING_BLOCKER)->severity, SEVERITY_WARNING);
    ward_waiter(ward, 0x1a, 0x10, 30);
    assert_int_equal(assert_one(ward, FINDING_BLOCKER)->severity, SEVERITY_CRITICAL);
}

static void many_on_one_lock_that_moves(void **state)
{
    Ward *ward = *state;
    const Finding *finding;

    ward_active(ward, 0x10, 1)->xact_start = NOW_US - S / 100;
    for (int pid = 0x11; pid < 0x1a; pid++)
        ward_waiter(ward, pid, 0x10, 1);
    assert_none(ward);
    ward_waiter(ward, 0x1a, 0x10, 1);
    finding = assert_one(ward, FINDING_QUEUE);
    assert_string_equal(finding->what, "10 sessions wait for relation public.account");
    assert_int_equal(finding->waiters, 10);
    assert_string_equal(ward_command(ward, &finding->fixes[0]), "");
    ward->locks[3].tag.relation++; /* another's, and so not as many */
    assert_none(ward);
    ward->locks[3].tag.relation--;
    ward->prepared_count = 0;
    for (size_t i = 0; i < ward->edge_count; i++)
        ward->edges[i].blocker = 0; /* a prepared transaction, just made */
    ward->session_count = 0;
    (void) assert_one(ward, FINDING_QUEUE);
}

static void a_prepared_transaction_with_many_behind_is_one_finding(void **state)
{
    Ward *ward = *state;

    ward_prepared(ward, "tx", 700, 90);
    for (int pid = 0x11; pid < 0x1c; pid++)
        ward_waiter(ward, pid, 0, 30);
    assert_int_equal(assert_one(ward, FINDING_BLOCKER)->waiters, 11);
}

static void a_ring_is_left_to_the_deadlock_detector_for_a_while(void **state)
{
    Ward *ward = *state;
    const Finding *finding;

    ward_waiter(ward, 0x10, 0x11, 5);
    ward_waiter(ward, 0x11, 0x10, 5);
    assert_none(ward);
    ward->locks[1].wait_start_us = ward->locks[3].wait_start_us = NOW_US - 11 * S;
    finding = assert_one(ward, FINDING_BLOCKER);
    assert_says(finding->why, "in a ring");
}

static void ordinary_autovacuum_yields_by_itself(void **state)
{
    Ward *ward = *state;
    const Finding *finding;
    Session *worker = ward_active(ward, 0x10, 50);

    worker->backend_type = "autovacuum worker";
    worker->query = "autovacuum: VACUUM public.account";
    worker->role_oid = 0;
    ward_waiter(ward, 0x11, 0x10, 5);
    assert_none(ward);
    ward->locks[1].wait_start_us = NOW_US - 11 * S;
    finding = assert_one(ward, FINDING_BLOCKER);
    assert_says(finding->what, "behind autovacuum worker (pid 16)");
    assert_says(finding->fixes[0].obstacle, "autovacuum worker");
}

static void one_that_prevents_wraparound_does_not(void **state)
{
    Ward *ward = *state;
    const Finding *finding;
    Session *worker = ward_active(ward, 0x10, 50);

    worker->backend_type = "autovacuum worker";
    worker->query = wraparound;
    worker->role_signalable = false;
    worker->role_oid = 0;
    ward_waiter(ward, 0x11, 0x10, 5);
    finding = assert_one(ward, FINDING_WRAPAROUND);
    assert_int_equal(finding->fix_count, 2);
    assert_string_equal(ward_command(ward, &finding->fixes[0]), "cancel 6ab12d70.11");
    assert_says(finding->fixes[0].effect, "gives up waiting");
    assert_string_equal(ward_command(ward, &finding->fixes[1]),
                        "cancel 6ab12d70.10 --allow autovacuum");
    assert_says(finding->fixes[1].obstacle, "only a superuser may");
    assert_says(finding->why, "does not yield");
    ward->lock_count = 0;
    finding = assert_one(ward, FINDING_WRAPAROUND);
    assert_null(finding->lock);
    assert_says(finding->fixes[0].effect, "gives up waiting for a lock");
    ward->sessions[0].backend_start = NOW_US;
    ward->session_count = 1; /* who waits has left */
    ward->lock_count = 2;
    finding = assert_one(ward, FINDING_WRAPAROUND);
    assert_int_equal(finding->fix_count, 1);
}

static void a_mode_that_is_not_known_is_a_lock(void **state)
{
    Ward *ward = *state;
    Session *worker = ward_active(ward, 0x10, 50);

    worker->backend_type = "autovacuum worker";
    worker->query = wraparound;
    ward_waiter(ward, 0x11, 0x10, 5);
    ward->locks[1].mode = LOCK_UNKNOWN;
    assert_says(assert_one(ward, FINDING_WRAPAROUND)->fixes[0].effect,
                "gives up waiting for a lock on relation");
}

static void nor_may_it_be_held_up(void **state)
{
    Ward *ward = *state;
    const Finding *finding;
    Session *worker;

    ward_in_transaction(ward, 0x10, STATE_IN_TRANSACTION, 70);
    worker = ward_waiter(ward, 0x11, 0x10, 5);
    worker->backend_type = "autovacuum worker";
    worker->query = wraparound;
    finding = assert_one(ward, FINDING_WRAPAROUND);
    assert_int_equal(finding->severity, SEVERITY_CRITICAL);
    assert_int_equal(finding->session->pid, 0x10);
    assert_says(finding->why, "is among those who wait");
    ward_waiter(ward, 0x12, 0x10, 5);
    (void) assert_one(ward, FINDING_WRAPAROUND);
    ward->sessions[1].query = NULL;
    (void) assert_one(ward, FINDING_BLOCKER);
}

static void what_is_hidden_cannot_be_pinned(void **state)
{
    Ward *ward = *state;
    const Finding *finding;
    Session *session = ward_in_transaction(ward, 0x10, STATE_UNKNOWN, 5);

    session->backend_start = session->xact_start = session->state_change = TIME_UNKNOWN;
    session->backend_type = NULL;
    ward_waiter(ward, 0x11, 0x10, 5);
    finding = assert_one(ward, FINDING_BLOCKER);
    assert_string_equal(ward_command(ward, &finding->fixes[0]), "");
    assert_says(finding->fixes[0].obstacle, "GRANT pg_read_all_stats");
    assert_string_equal(finding->why, "the first waits for relation public.account");
    assert_int_equal(finding->waiters, 1);
}

static void what_is_protected_is_said_to_be(void **state)
{
    Ward *ward = *state;
    Protection protection = {.place = "pgquell.yaml:7"};
    Protection *entries[] = {&protection};
    Protections protections = {entries, 1};
    const Finding *finding;
    Err err;

    filter_init(&protection.filter);
    assert_true(filter_add_text(&protection.filter, FILTER_APPLICATION, "payroll", &err));
    ward->world.protections = &protections;
    ward_in_transaction(ward, 0x10, STATE_IN_TRANSACTION, 70)->application = "payroll";
    assert_none(ward);
    assert_says(ward->triage.notes[0], "protected by pgquell.yaml:7");
    ward->sessions[0].state = STATE_ABORTED;
    assert_none(ward);
    ward_waiter(ward, 0x11, 0x10, 5);
    finding = assert_one(ward, FINDING_BLOCKER);
    assert_string_equal(ward_command(ward, &finding->fixes[0]),
                        "stop 6ab12d70.10 --allow protected");
    assert_string_equal(finding->fixes[0].obstacle, "it is protected by pgquell.yaml:7");
}

static void a_commit_that_waits_for_a_standby_is_told_as_such(void **state)
{
    Ward *ward = *state;
    Session *session = ward_active(ward, 0x10, 50);

    session->wait_event_type = "IPC";
    session->wait_event = "SyncRep";
    ward_waiter(ward, 0x11, 0x10, 5);
    (void) assert_one(ward, FINDING_SYNCREP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WARD_TEST(a_forgotten_transaction_that_blocks_is_one_finding),
        WARD_TEST(a_short_wait_is_no_finding),
        WARD_TEST(cancelling_the_head_of_the_queue_is_the_mildest_cure),
        WARD_TEST(so_it_is_where_the_queue_has_a_queue),
        WARD_TEST(roots_of_their_own_that_meet),
        WARD_TEST(it_comes_second_where_others_wait_for_the_root_itself),
        WARD_TEST(a_row_goes_to_the_next_in_its_queue),
        WARD_TEST(several_roots_of_the_same_waiters_are_stopped_together),
        WARD_TEST(who_is_held_up_by_yet_others_stays),
        WARD_TEST(a_prepared_transaction_blocks),
        WARD_TEST(a_session_besides_a_prepared_transaction_is_not_enough),
        WARD_TEST(an_idle_session_with_a_lock_of_its_own_is_terminated),
        WARD_TEST(many_or_long_waits_are_critical),
        WARD_TEST(many_on_one_lock_that_moves),
        WARD_TEST(a_prepared_transaction_with_many_behind_is_one_finding),
        WARD_TEST(a_ring_is_left_to_the_deadlock_detector_for_a_while),
        WARD_TEST(ordinary_autovacuum_yields_by_itself),
        WARD_TEST(one_that_prevents_wraparound_does_not),
        WARD_TEST(a_mode_that_is_not_known_is_a_lock),
        WARD_TEST(nor_may_it_be_held_up),
        WARD_TEST(what_is_hidden_cannot_be_pinned),
        WARD_TEST(what_is_protected_is_said_to_be),
        WARD_TEST(a_commit_that_waits_for_a_standby_is_told_as_such),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
