/* SPDX-License-Identifier: PostgreSQL */
/* Triage: what sessions do by themselves, the order of findings, and the commands that are shown.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/ward.h"

static void a_healthy_server_has_none(void **state)
{
    Ward *ward = *state;

    ward_session(ward, 1);
    ward_active(ward, 2, 5);
    ward_in_transaction(ward, 3, STATE_IN_TRANSACTION, 2);
    ward_in_transaction(ward, 4, STATE_ABORTED, 2);
    assert_none(ward);
    assert_int_equal(ward->triage.note_count, 0);
    assert_int_equal(ward->triage.connections.used, 4);
    assert_int_equal(ward->triage.oldest_us, NOW_US - 5 * S);
}

static void a_forgotten_transaction(void **state)
{
    Ward *ward = *state;
    const Finding *finding;

    ward_in_transaction(ward, 0x13e0f, STATE_IN_TRANSACTION, 70);
    finding = assert_one(ward, FINDING_IDLE);
    assert_string_equal(finding->what,
                        "app@shop (web, pid 81423) has been idle in transaction for 1 min 10 s");
    assert_says(finding->why, "no statement runs");
    assert_string_equal(ward_command(ward, &finding->fixes[0]), "stop 6ab12d70.13e0f");
    assert_null(finding->fixes[0].obstacle);
    assert_int_equal(finding->since_us, NOW_US - 70 * S);
    assert_false(finding->horizon);
}

static void an_aborted_one(void **state)
{
    Ward *ward = *state;

    ward_in_transaction(ward, 2, STATE_ABORTED, 70)->application = "";
    assert_says(assert_one(ward, FINDING_ABORTED)->what, "app@shop (pid 2) has been in an aborted");
}

static void a_runaway_statement(void **state)
{
    Ward *ward = *state;
    const Finding *finding;

    ward_active(ward, 0x13e0f, 61);
    finding = assert_one(ward, FINDING_RUNAWAY);
    assert_says(finding->why, "a cancel ends it");
    assert_string_equal(ward_command(ward, &finding->fixes[0]), "stop 6ab12d70.13e0f");
}

static void a_long_transaction_of_short_statements(void **state)
{
    Ward *ward = *state;
    const Finding *finding;

    ward_active(ward, 0x13e0f, 1)->xact_start = NOW_US - 301 * S;
    finding = assert_one(ward, FINDING_TRANSACTION);
    assert_string_equal(ward_command(ward, &finding->fixes[0]),
                        "stop 6ab12d70.13e0f --scope transaction");
    ward->sessions[0].state = STATE_IN_TRANSACTION;
    (void) assert_one(ward, FINDING_TRANSACTION);
    ward->sessions[0].state = STATE_IDLE; /* and nothing else that is known of it */
    ward->sessions[0].xact_start = TIME_UNKNOWN;
    assert_none(ward);
}

static void what_takes_long_by_nature_is_a_note(void **state)
{
    Ward *ward = *state;

    ward_active(ward, 2, 3600)->query = "COPY public.account TO stdout";
    ward_active(ward, 3, 7200)->query = "vacuum account";
    ward_in_transaction(ward, 4, STATE_IN_TRANSACTION, 7100)->application = "pg_dump";
    assert_none(ward);
    assert_int_equal(ward->triage.note_count, 1);
    assert_string_equal(ward->triage.notes[0],
                        "3 transactions have run for long and may, the oldest of pid 3 for 2 h 0 "
                        "min: VACUUM");
    ward->session_count = 1;
    assert_none(ward);
    assert_says(ward->triage.notes[0], "1 transaction has run");
    ward->sessions[0].xact_start = TIME_UNKNOWN;
    assert_none(ward);
    assert_says(ward->triage.notes[0], "of pid 2 for an unknown time: COPY");
    ward->sessions[0].application = NULL;
    ward->sessions[0].state = STATE_IN_TRANSACTION;
    (void) assert_one(ward, FINDING_IDLE);
}

static void a_client_that_is_slow_or_stuck(void **state)
{
    Ward *ward = *state;
    Session *session = ward_active(ward, 2, 90);
    const Finding *finding;

    session->wait_event_type = "Client";
    session->wait_event = "ClientWrite";
    assert_none(ward);
    assert_says(ward->triage.notes[0], "a result that its client takes slowly");
    ward->unmoved[ward->unmoved_count++] = 3;
    assert_none(ward);
    ward->unmoved[ward->unmoved_count++] = 2;
    finding = assert_one(ward, FINDING_STUCK);
    assert_says(finding->why, "three looks");
    assert_says(finding->why, "its client has not read");
    assert_int_equal(ward->triage.note_count, 0);
    session->backend_start = TIME_UNKNOWN;
    finding = assert_one(ward, FINDING_STUCK);
    assert_string_equal(finding->why, "three looks found it where it was");
}

static void suspects_are_looked_at_again(void **state)
{
    Ward *ward = *state;
    TriageFacts facts = {.sessions = ward->sessions, .now_us = NOW_US};
    Session *worker = ward_active(ward, 5, 20);
    Session *client = ward_active(ward, 2, 20);
    const int *pids;

    client->wait_event_type = "Client";
    client->wait_event = "ClientRead";
    worker->backend_type = "autovacuum worker";
    worker->query = "autovacuum: VACUUM public.account (to prevent wraparound)";
    worker->wait_event_type = "BufferPin";
    worker->wait_event = "BufferPin";
    ward_active(ward, 3, 20);                            /* waits for nobody */
    ward_active(ward, 4, 5)->wait_event_type = "Client"; /* not for long */
    ward_in_transaction(ward, 6, STATE_IN_TRANSACTION, 20);
    ward_active(ward, 7, 20)->query_start = TIME_UNKNOWN;
    ward_active(ward, 8, 20)->backend_type = "walsender";
    facts.session_count = ward->session_count;
    assert_int_equal(triage_suspects(&facts, &ward->limits, &ward->arena, &pids), 2);
    assert_int_equal(pids[0], 5);
    assert_int_equal(pids[1], 2);
    worker->wait_event_type = "Timeout";
    assert_int_equal(triage_suspects(&facts, &ward->limits, &ward->arena, &pids), 1);
}

static void standing_still_is_changing_nothing(void **state)
{
    Ward *ward = *state;
    Session before = *ward_in_transaction(ward, 2, STATE_ACTIVE, 20);
    Session now[] = {before, before, before, before, before, before, before, before, before};

    assert_true(triage_stands_still(&before, &now[0]));
    assert_false(triage_stands_still(&before, NULL));
    now[0].query_start++;
    now[1].state = STATE_IDLE;
    now[2].state_change++;
    now[3].xid = 7;
    now[4].xmin = 7;
    now[5].wait_event_type = "Lock";
    now[6].wait_event = "ClientWrite";
    now[7].wait_event_type = NULL;
    now[8].backend_start++;
    for (size_t i = 0; i < sizeof(now) / sizeof(now[0]); i++)
        assert_false(triage_stands_still(&before, &now[i]));
    now[0] = before;
    before.wait_event_type = NULL;
    assert_false(triage_stands_still(&before, &now[0]));
}

static void a_pinned_page_holds_up_the_vacuum_that_has_to_be(void **state)
{
    Ward *ward = *state;
    Session *worker = ward_active(ward, 5, 20);
    const Finding *finding;

    worker->backend_type = "autovacuum worker";
    worker->query = "autovacuum: VACUUM public.account (to prevent wraparound)";
    worker->wait_event_type = "BufferPin";
    assert_none(ward);
    ward->unmoved[ward->unmoved_count++] = 5;
    finding = assert_one(ward, FINDING_WRAPAROUND);
    assert_int_equal(finding->severity, SEVERITY_CRITICAL);
    assert_string_equal(ward_command(ward, &finding->fixes[0]), "");
    assert_says(finding->fixes[0].effect, "cursors");
}

static void commits_that_wait_for_a_standby_are_one_finding(void **state)
{
    Ward *ward = *state;
    const Finding *finding;

    for (int pid = 2; pid < 5; pid++) {
        Session *session = ward_active(ward, pid, 20 + pid);

        session->wait_event_type = "IPC";
        session->wait_event = "SyncRep";
        session->role = pid == 2 ? "other" : "app";
    }
    ward_waiter(ward, 9, 2, 20);
    finding = assert_one(ward, FINDING_SYNCREP);
    assert_int_equal(finding->count, 3);
    assert_int_equal(finding->waiters, 1);
    assert_int_equal(finding->since_us, NOW_US - 24 * S);
    assert_says(finding->what, "3 commits wait for a synchronous standby, the first for 24.0 s");
    assert_says(finding->fixes[0].sql, "synchronous_standby_names = ''");
    ward->limits.in_state_us = 3600 * S;
    assert_none(ward);
}

static void a_few_are_told_one_by_one_and_many_as_one(void **state)
{
    Ward *ward = *state;
    const Finding *finding;

    ward_in_transaction(ward, 2, STATE_ABORTED, 20);
    ward_in_transaction(ward, 3, STATE_ABORTED, 30);
    assert_int_equal(ward_triage(ward)->count, 2);
    assert_int_equal(ward->triage.findings[0].session->pid, 3); /* the older one */
    for (int pid = 4; pid < 14; pid++)
        ward_in_transaction(ward, pid, STATE_ABORTED, 20 + pid);
    finding = assert_one(ward, FINDING_ABORTED);
    assert_int_equal(finding->count, 12);
    assert_int_equal(finding->session->pid, 13);
    assert_says(finding->what, "12 sessions of app@shop (web) have been in an aborted transaction, "
                               "the oldest for 33.0 s");
    assert_says(finding->why, "of the oldest, pid 13: its transaction aborted");
    assert_string_equal(ward_command(ward, &finding->fixes[0]),
                        "stop --state idle in transaction (aborted) --in-state-longer 10s --role "
                        "app --database shop --application web --limit 30");
    assert_string_equal(finding->fixes[0].effect, "ends all 12");
}

static void those_of_others_are_apart(void **state)
{
    Ward *ward = *state;

    for (int pid = 2; pid < 5; pid++)
        ward_active(ward, pid, 100);
    ward_active(ward, 5, 100)->role = "other";
    ward_active(ward, 6, 100)->database = "other";
    ward_active(ward, 7, 100)->application = "other";
    ward_active(ward, 8, 100)->application = NULL;
    assert_int_equal(ward_triage(ward)->count, 5);
}

static void other_kinds_by_what_they_are(void **state)
{
    Ward *ward = *state;
    const Finding *finding;

    for (int pid = 2; pid < 5; pid++)
        ward_in_transaction(ward, pid, STATE_IN_TRANSACTION, 90);
    finding = assert_one(ward, FINDING_IDLE);
    assert_string_equal(ward_command(ward, &finding->fixes[0]),
                        "stop --state idle in transaction --in-state-longer 10s --role app "
                        "--database shop --application web");
    for (size_t i = 0; i < 3; i++) {
        ward->sessions[i].state = STATE_ACTIVE;
        ward->unmoved[ward->unmoved_count++] = 2 + (int) i;
    }
    ward->limits.in_state_us = 1500 * US_PER_MS;
    finding = assert_one(ward, FINDING_STUCK);
    assert_string_equal(ward_command(ward, &finding->fixes[0]),
                        "stop --state active --wait Client --statement-longer 1500ms --role app "
                        "--database shop --application web");
    ward->unmoved_count = 0;
    for (size_t i = 0; i < 3; i++) {
        ward->sessions[i].wait_event_type = NULL;
        ward->sessions[i].query_start = NOW_US - S;
        ward->sessions[i].xact_start = NOW_US - 400 * S;
    }
    finding = assert_one(ward, FINDING_TRANSACTION);
    assert_string_equal(ward_command(ward, &finding->fixes[0]),
                        "stop --transaction-longer 5min --role app --database shop --application "
                        "web --scope transaction");
}

static void a_thousand_can_be_named(void **state)
{
    Ward *ward = *state;
    const Finding *finding;

    for (int pid = 1; pid <= 1100; pid++)
        ward_in_transaction(ward, pid + 100, STATE_ABORTED, 90)->application = NULL;
    assert_int_equal(ward_triage(ward)->count, 1100); /* of an application that is not known */
    for (size_t i = 0; i < ward->session_count; i++)
        ward->sessions[i].application = i % 2 ? "w?b" : "web";
    assert_int_equal(ward_triage(ward)->count, 2);
    for (size_t i = 0; i < ward->session_count; i++)
        ward->sessions[i].application = i == 0 ? "web" : "w?b";
    ward_triage(ward);
    finding = &ward->triage.findings[ward->triage.findings[0].count == 1];
    assert_int_equal(finding->count, 1099);
    assert_int_equal(finding->fixes[0].word_count, 1 + 1000 + 2);
}

static void what_our_role_may_not_is_said(void **state)
{
    Ward *ward = *state;
    const Finding *finding;

    ward_active(ward, 0x13e0f, 100)->role_signalable = false;
    finding = assert_one(ward, FINDING_RUNAWAY);
    assert_string_equal(ward_command(ward, &finding->fixes[0]), "stop 6ab12d70.13e0f");
    assert_says(finding->fixes[0].obstacle, "GRANT pg_signal_backend TO ops");
    assert_says(finding->why, "a cancel ends it");
}

static void what_is_hidden_is_noted(void **state)
{
    Ward *ward = *state;
    Session *session = ward_session(ward, 2);

    *session = (Session){.pid = 2,
                         .role_oid = 20,
                         .backend_start = TIME_UNKNOWN,
                         .xact_start = TIME_UNKNOWN,
                         .query_start = TIME_UNKNOWN,
                         .state_change = TIME_UNKNOWN};
    ward_session(ward, 3)->role_oid = 0;
    assert_none(ward);
    assert_int_equal(ward->triage.hidden, 1);
    assert_string_equal(ward->triage.notes[0],
                        "1 session is hidden from role ops, so not all that is wrong may be seen: "
                        "GRANT pg_read_all_stats TO ops");
    ward_session(ward, 4)->backend_start = TIME_UNKNOWN;
    assert_none(ward);
    assert_says(ward->triage.notes[0], "2 sessions are hidden");
}

static void ours_and_background_processes_are_none(void **state)
{
    Ward *ward = *state;

    ward_active(ward, ward->world.own_pid, 1000);
    ward_active(ward, 20, 1000)->backend_type = "walsender";
    ward_active(ward, 21, 1000)->backend_type = NULL;
    assert_none(ward);
    assert_int_equal(ward->triage.oldest_us, TIME_UNKNOWN);
}

static void the_worst_comes_first(void **state)
{
    Ward *ward = *state;
    const Finding *findings;

    ward_active(ward, 2, 100);                              /* runaway */
    ward_in_transaction(ward, 3, STATE_ABORTED, 20);        /* a lesser kind, but earlier */
    ward_in_transaction(ward, 4, STATE_ABORTED, 20);        /* the same, by its pid */
    ward_in_transaction(ward, 5, STATE_IN_TRANSACTION, 30); /* blocks one */
    ward_waiter(ward, 6, 5, 20);
    ward_in_transaction(ward, 7, STATE_IN_TRANSACTION, 200); /* blocks one for long */
    ward_waiter(ward, 8, 7, 90);
    assert_int_equal(ward_triage(ward)->count, 5);
    findings = ward->triage.findings;
    assert_int_equal(findings[0].session->pid, 7);
    assert_int_equal(findings[1].session->pid, 5);
    assert_int_equal(findings[2].session->pid, 3);
    assert_int_equal(findings[3].session->pid, 4);
    assert_int_equal(findings[4].session->pid, 2);
    assert_string_equal(severity_name(findings[0].severity), "critical");
    assert_string_equal(severity_name(findings[1].severity), "warning");
    assert_null(finding_name(FINDING_NONE));
}

static void the_order_is_always_the_same(void **state)
{
    Ward *ward = *state;
    const Finding *findings;
    Session *session;

    ward_in_transaction(ward, 5, STATE_IN_TRANSACTION, 200); /* blocks one for long */
    ward_waiter(ward, 6, 5, 90);
    session = ward_active(ward, 7, 30); /* blocks two, and waits for a standby */
    session->wait_event_type = "IPC";
    session->wait_event = "SyncRep";
    ward_waiter(ward, 8, 7, 20);
    ward_waiter(ward, 9, 7, 20);
    ward_in_transaction(ward, 3, STATE_ABORTED, 20);
    ward_active(ward, 2, 100);
    ward_prepared(ward, "a", 99999, 20);
    ward_prepared(ward, "b", 99999, 20);
    assert_int_equal(ward_triage(ward)->count, 6);
    findings = ward->triage.findings;
    assert_int_equal(findings[0].kind, FINDING_SYNCREP);
    assert_int_equal(findings[1].kind, FINDING_BLOCKER);
    assert_int_equal(findings[2].kind, FINDING_ABORTED);
    assert_int_equal(findings[3].kind, FINDING_RUNAWAY);
    assert_int_equal(findings[4].kind, FINDING_PREPARED);
}

static void texts_are_clean_and_commands_exact(void **state)
{
    Ward *ward = *state;
    const Finding *finding;

    for (int pid = 2; pid < 5; pid++) {
        Session *session = ward_active(ward, pid, 100);

        session->application = "\033[2J";
        session->database = NULL;
        session->role = NULL;
    }
    assert_int_equal(ward_triage(ward)->count, 3);
    assert_says(ward->triage.findings[0].what, "?@? (\\x1b[2J, pid 2)");
    for (size_t i = 0; i < 3; i++)
        ward->sessions[i].role = ward->sessions[i].database = "r";
    finding = assert_one(ward, FINDING_RUNAWAY);
    assert_says(finding->what, "(\\x1b[2J)");
    assert_string_equal(finding->fixes[0].words[finding->fixes[0].word_count - 1], "\033[2J");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WARD_TEST(a_healthy_server_has_none),
        WARD_TEST(a_forgotten_transaction),
        WARD_TEST(an_aborted_one),
        WARD_TEST(a_runaway_statement),
        WARD_TEST(a_long_transaction_of_short_statements),
        WARD_TEST(what_takes_long_by_nature_is_a_note),
        WARD_TEST(a_client_that_is_slow_or_stuck),
        WARD_TEST(suspects_are_looked_at_again),
        WARD_TEST(standing_still_is_changing_nothing),
        WARD_TEST(a_pinned_page_holds_up_the_vacuum_that_has_to_be),
        WARD_TEST(commits_that_wait_for_a_standby_are_one_finding),
        WARD_TEST(a_few_are_told_one_by_one_and_many_as_one),
        WARD_TEST(those_of_others_are_apart),
        WARD_TEST(other_kinds_by_what_they_are),
        WARD_TEST(a_thousand_can_be_named),
        WARD_TEST(what_our_role_may_not_is_said),
        WARD_TEST(what_is_hidden_is_noted),
        WARD_TEST(ours_and_background_processes_are_none),
        WARD_TEST(the_worst_comes_first),
        WARD_TEST(the_order_is_always_the_same),
        WARD_TEST(texts_are_clean_and_commands_exact),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
