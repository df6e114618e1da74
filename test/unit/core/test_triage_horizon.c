/* SPDX-License-Identifier: PostgreSQL */
/* Triage of old rows, prepared transactions and connection slots. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/protect.h"
#include "core/ward.h"

static void who_holds_the_horizon_is_said_with_its_finding(void **state)
{
    Ward *ward = *state;
    const Finding *finding;

    ward_in_transaction(ward, 2, STATE_IN_TRANSACTION, 70)->xmin = 99990;
    ward_active(ward, 3, 1)->xmin = 99995;
    finding = assert_one(ward, FINDING_IDLE);
    assert_true(finding->horizon);
    assert_int_equal(finding->xids_back, 10);
    assert_says(finding->why, "it holds the xmin horizon, 10 transactions back");
    ward->sessions[1].xid = 99980; /* an xid counts as well */
    finding = assert_one(ward, FINDING_IDLE);
    assert_false(finding->horizon);
    assert_int_equal(finding->xids_back, 10);
    assert_silent(finding->why, "horizon");
}

static void so_it_is_with_a_group(void **state)
{
    Ward *ward = *state;
    const Finding *finding;

    for (int pid = 2; pid < 6; pid++)
        ward_in_transaction(ward, pid, STATE_IN_TRANSACTION, 70 - pid)->xmin =
            (uint32_t) (99990 - pid);
    finding = assert_one(ward, FINDING_IDLE);
    assert_true(finding->horizon);
    assert_int_equal(finding->xids_back, 15);
}

static void a_snapshot_from_far_back_is_a_finding_by_itself(void **state)
{
    Ward *ward = *state;
    const Finding *finding;

    ward_active(ward, 2, 1)->xmin = 99000;
    assert_none(ward); /* as far as is allowed */
    ward->sessions[0].xmin = 98999;
    finding = assert_one(ward, FINDING_HORIZON);
    assert_string_equal(ward_command(ward, &finding->fixes[0]),
                        "stop 6ab12d70.2 --scope transaction");
    assert_says(finding->what, "has a snapshot from 1001 transactions ago");
    assert_true(finding->horizon);
    ward->sessions[0].wait_event_type = "IPC";
    ward->sessions[0].wait_event = "SyncRep";
    finding = assert_one(ward, FINDING_HORIZON);
    assert_string_equal(ward_command(ward, &finding->fixes[0]),
                        "stop 6ab12d70.2 --scope transaction --allow syncrep");
    ward->sessions[0].wait_event_type = NULL;
    ward->sessions[0].query_start = NOW_US - 100 * S; /* a finding in any case */
    (void) assert_one(ward, FINDING_RUNAWAY);
    ward->sessions[0].pid = ward->world.own_pid;
    assert_none(ward);
}

static void what_does_not_hold_rows_back(void **state)
{
    Ward *ward = *state;
    const WalSender sender = {.pid = 4};

    ward->server.walsenders = &sender;
    ward->server.walsender_count = 1;
    ward_active(ward, 2, 1)->query = "VACUUM account";
    ward_active(ward, 3, 1)->backend_type = "autovacuum worker";
    ward_active(ward, 4, 1)->backend_type = "walsender"; /* logical: it has a database */
    for (size_t i = 0; i < 3; i++)
        ward->sessions[i].xmin = 5;
    assert_none(ward);
    ward->sessions[0].state = STATE_IN_TRANSACTION;
    (void) assert_one(ward, FINDING_HORIZON);
    ward->sessions[0].state = STATE_ACTIVE;
    ward->sessions[0].query = "REINDEX TABLE account";
    (void) assert_one(ward, FINDING_HORIZON);
}

static void a_query_on_a_standby(void **state)
{
    Ward *ward = *state;
    const WalSender sender = {.pid = 4, .state = "streaming"};
    const Finding *finding;
    Session *session = ward_active(ward, 4, 1000);

    ward->server.walsenders = &sender;
    ward->server.walsender_count = 1;
    session->backend_type = "walsender";
    session->database_oid = 0;
    session->application = "east";
    session->xmin = 99500;
    assert_none(ward);
    session->xmin = 90000;
    finding = assert_one(ward, FINDING_STANDBY);
    assert_string_equal(finding->what, "a query on standby \"east\" at 10.1.2.3 needs rows from "
                                       "10000 transactions ago");
    assert_says(finding->fixes[0].effect, "run pgquell on the standby \"east\" at 10.1.2.3");
    assert_true(finding->horizon);
    session->application = session->client = NULL;
    assert_says(assert_one(ward, FINDING_STANDBY)->what, "standby \"?\" needs");
}

static void slots_keep_rows(void **state)
{
    Ward *ward = *state;
    ReplicationSlot slot = {.name = "east", .xmin = 90000};
    const Finding *finding;

    ward->server.slots = &slot;
    ward->server.slot_count = 1;
    finding = assert_one(ward, FINDING_HORIZON);
    assert_string_equal(finding->what,
                        "replication slot \"east\" keeps rows from 10000 transactions ago");
    assert_string_equal(finding->fixes[0].sql, "SELECT pg_drop_replication_slot('east');");
    assert_true(finding->horizon);
    slot.active_pid = 4; /* whose session is not among them */
    assert_says(assert_one(ward, FINDING_HORIZON)->fixes[0].effect, "served by pid 4");
    ward_session(ward, 3);
    ward_session(ward, 4)->application = "east";
    (void) assert_one(ward, FINDING_STANDBY);
    slot.logical = true;
    slot.catalog_xmin = 80000;
    finding = assert_one(ward, FINDING_HORIZON);
    assert_int_equal(finding->xids_back, 20000);
    slot = (ReplicationSlot){.name = "new"};
    assert_none(ward);
}

static void a_prepared_transaction_that_nobody_ends(void **state)
{
    Ward *ward = *state;
    const Finding *finding;

    ward_prepared(ward, "tx 1", 99990, 70);
    finding = assert_one(ward, FINDING_PREPARED);
    assert_string_equal(finding->what,
                        "prepared transaction \"tx 1\" of ops@shop was prepared 1 min 10 s ago");
    assert_true(finding->horizon);
    assert_int_equal(ward->triage.oldest_us, NOW_US - 70 * S);
    assert_string_equal(ward_command(ward, &finding->fixes[0]), "rollback-prepared tx 1");
    assert_null(finding->fixes[0].obstacle);
    ward->prepared[0].role = "app";
    finding = assert_one(ward, FINDING_PREPARED);
    assert_says(finding->fixes[0].obstacle, "only its owner and superusers");
    ward->prepared[0].role = ward->prepared[0].database = NULL;
    assert_says(assert_one(ward, FINDING_PREPARED)->what, "of ?@? was prepared");
    ward->prepared[0].prepared_us = NOW_US - S;
    ward_active(ward, 2, 2);
    assert_none(ward);
    assert_int_equal(ward->triage.oldest_us, NOW_US - 2 * S);
    ward->prepared[0].xid = 5; /* old though not for long */
    finding = assert_one(ward, FINDING_PREPARED);
    assert_says(finding->what, "began 99995 transactions ago");
    ward->prepared[0].prepared_us = NOW_US - 70 * S;
    (void) assert_one(ward, FINDING_PREPARED);
}

static void a_protected_one_is_noted_unless_it_blocks(void **state)
{
    Ward *ward = *state;
    Protection protection = {.place = "pgquell.yaml:7"};
    Protection *entries[] = {&protection};
    Protections protections = {entries, 1};
    const Finding *finding;
    Err err;

    filter_init(&protection.filter);
    assert_true(filter_add_text(&protection.filter, FILTER_ROLE, "ops", &err));
    ward->world.protections = &protections;
    ward_prepared(ward, "a", 99990, 70);
    assert_none(ward);
    assert_string_equal(ward->triage.notes[0],
                        "1 prepared transaction is open for long and protected");
    ward_waiter(ward, 0x11, 0, 5);
    finding = assert_one(ward, FINDING_BLOCKER);
    assert_string_equal(ward_command(ward, &finding->fixes[0]),
                        "rollback-prepared --allow protected a");
    assert_says(finding->fixes[0].obstacle, "protected by pgquell.yaml:7");
}

static void many_of_one_owner_are_one(void **state)
{
    Ward *ward = *state;
    const Finding *finding;

    ward_prepared(ward, "a", 99990, 70);
    ward_prepared(ward, "-b", 99991, 60);
    assert_int_equal(ward_triage(ward)->count, 2);
    assert_string_equal(ward_command(ward, &ward->triage.findings[1].fixes[0]),
                        "rollback-prepared -- -b");
    ward_prepared(ward, "-c", 99992, 50);
    finding = assert_one(ward, FINDING_PREPARED);
    assert_int_equal(finding->count, 3);
    assert_string_equal(ward_command(ward, &finding->fixes[0]),
                        "rollback-prepared --role ops --database shop --in-state-longer 10s");
    ward->prepared[1].role_oid = 21;
    assert_int_equal(ward_triage(ward)->count, 3);
    ward->prepared[1].role_oid = 20;
    ward->prepared[1].database_oid = 6;
    assert_int_equal(ward_triage(ward)->count, 3);
    ward_prepared(ward, "d", 99992, 40);
    ward_prepared(ward, "young", 99992, 4);
    ward_prepared(ward, "of another", 99992, 4)->role_oid = 21;
    assert_int_equal(ward_triage(ward)->count, 2);
    finding = &ward->triage.findings[ward->triage.findings[0].count == 1];
    assert_string_equal(ward_command(ward, &finding->fixes[0]),
                        "rollback-prepared --role ops --database shop --in-state-longer 10s");
}

static void where_the_filters_are_not_exact_they_are_named(void **state)
{
    Ward *ward = *state;
    const Finding *finding;

    ward_prepared(ward, "a", 99990, 70);
    ward_prepared(ward, "-b", 99991, 60);
    ward_prepared(ward, "-c", 99992, 50);
    for (size_t i = 0; i < 3; i++)
        ward->prepared[i].database = "sh*p";
    finding = assert_one(ward, FINDING_PREPARED);
    assert_string_equal(ward_command(ward, &finding->fixes[0]), "rollback-prepared a -- -b -c");
    for (size_t i = 0; i < 3; i++)
        ward->prepared[i].role = NULL;
    assert_says(ward_command(ward, &assert_one(ward, FINDING_PREPARED)->fixes[0]), "prepared a --");
}

static void one_that_blocks_is_not_told_twice(void **state)
{
    Ward *ward = *state;

    for (int i = 0; i < 4; i++)
        ward_prepared(ward, "a", (uint32_t) (90000 + i), 70 - i);
    ward_waiter(ward, 0x11, 0, 5);
    assert_int_equal(ward_triage(ward)->count, 2);
    assert_int_equal(ward->triage.findings[0].waiters, 1);
    assert_true(ward->triage.findings[0].horizon);
    assert_int_equal(ward->triage.findings[1].count, 3);
    /* the filters would pick the one that blocks as well */
    assert_string_equal(ward_command(ward, &ward->triage.findings[1].fixes[0]),
                        "rollback-prepared a a a");
}

static void very_many_are_still_one(void **state)
{
    Ward *ward = *state;
    const Finding *finding;

    for (int i = 0; i < 1100; i++)
        ward_prepared(ward, "a", 99990, 70)->role = "*";
    finding = assert_one(ward, FINDING_PREPARED);
    assert_int_equal(finding->fixes[0].word_count, 1 + 2 + 1000);
}

static void crowd(Ward *ward, int from, int count, const char *application)
{
    for (int i = 0; i < count; i++) {
        Session *session = ward_session(ward, from + i);

        session->application = application;
        session->state_change = NOW_US - 20 * S;
    }
}

static void connections_near_their_limit(void **state)
{
    Ward *ward = *state;
    const Finding *finding;

    ward->server.connections_max = 23;
    crowd(ward, 1, 6, "few");
    crowd(ward, 101, 11, "many");
    assert_none(ward);
    crowd(ward, 201, 1, "few");
    finding = assert_one(ward, FINDING_CONNECTIONS);
    assert_int_equal(finding->severity, SEVERITY_WARNING);
    assert_string_equal(finding->what, "18 of the 20 connections that ordinary roles may use are "
                                       "taken; 3 of 3 reserved slots are free");
    assert_says(finding->why, "11 sessions of one application have been idle for long");
    assert_string_equal(ward_command(ward, &finding->fixes[0]),
                        "terminate --state idle --in-state-longer 10s --role app --database shop "
                        "--application many --limit 30");
    assert_says(finding->fixes[0].effect, "frees 11 connections");
    crowd(ward, 301, 4, "many");
    finding = assert_one(ward, FINDING_CONNECTIONS);
    assert_int_equal(finding->severity, SEVERITY_CRITICAL);
    assert_says(finding->what, "22 of the 20 connections that ordinary roles may use are taken; 1 "
                               "of 3 reserved");
}

static void a_protected_crowd_keeps_its_connections(void **state)
{
    Ward *ward = *state;
    Protection protection = {.place = "pgquell.yaml:7"};
    Protection *entries[] = {&protection};
    Protections protections = {entries, 1};
    Err err;

    filter_init(&protection.filter);
    assert_true(filter_add_text(&protection.filter, FILTER_APPLICATION, "many", &err));
    ward->world.protections = &protections;
    ward->server.connections_max = 12;
    crowd(ward, 1, 6, "many");
    crowd(ward, 101, 3, "few");
    assert_says(ward_command(ward, &assert_one(ward, FINDING_CONNECTIONS)->fixes[0]),
                "--application few");
}

static void where_nobody_is_idle_no_command_helps(void **state)
{
    Ward *ward = *state;
    const Finding *finding;

    ward->server.connections_max = 5;
    ward_active(ward, 2, 5);
    ward_session(ward, 3);
    finding = assert_one(ward, FINDING_CONNECTIONS);
    assert_string_equal(finding->why, "");
    assert_string_equal(ward_command(ward, &finding->fixes[0]), "");
    assert_says(finding->fixes[0].effect, "max_connections");
    crowd(ward, 10, 1, "one");
    ward->sessions[2].database = "other";
    crowd(ward, ward->world.own_pid, 1, "ours");
    finding = assert_one(ward, FINDING_CONNECTIONS);
    assert_says(finding->why, "1 session has been idle for long, like app@other (one, pid 10)");
    assert_string_equal(ward_command(ward, &finding->fixes[0]),
                        "terminate --state idle --in-state-longer 10s --role app --database other "
                        "--application one");
    crowd(ward, 20, 1, "one");
    crowd(ward, 30, 1, "sender");
    ward->sessions[5].backend_type = "walsender";
    ward->sessions[4].role = NULL; /* alike to nobody, not even to itself */
    finding = assert_one(ward, FINDING_CONNECTIONS);
    assert_says(finding->why, "like app@other (one, pid 10)");
    ward->sessions[2].role = NULL;
    finding = assert_one(ward, FINDING_CONNECTIONS);
    assert_string_equal(ward_command(ward, &finding->fixes[0]), "");
}

static void those_of_others_are_counted_apart(void **state)
{
    Ward *ward = *state;
    const Finding *finding;

    ward->server.connections_max = 9;
    crowd(ward, 10, 2, "web");
    crowd(ward, 20, 1, "web");
    ward->sessions[2].role = "other";
    crowd(ward, 30, 2, "web");
    ward->sessions[3].database = ward->sessions[4].database = "other";
    crowd(ward, 40, 1, "other");
    finding = assert_one(ward, FINDING_CONNECTIONS);
    assert_says(finding->why, "2 sessions of one application");
    assert_says(finding->why, "app@shop (web, pid 10)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WARD_TEST(who_holds_the_horizon_is_said_with_its_finding),
        WARD_TEST(so_it_is_with_a_group),
        WARD_TEST(a_snapshot_from_far_back_is_a_finding_by_itself),
        WARD_TEST(what_does_not_hold_rows_back),
        WARD_TEST(a_query_on_a_standby),
        WARD_TEST(slots_keep_rows),
        WARD_TEST(a_prepared_transaction_that_nobody_ends),
        WARD_TEST(a_protected_one_is_noted_unless_it_blocks),
        WARD_TEST(many_of_one_owner_are_one),
        WARD_TEST(where_the_filters_are_not_exact_they_are_named),
        WARD_TEST(one_that_blocks_is_not_told_twice),
        WARD_TEST(very_many_are_still_one),
        WARD_TEST(connections_near_their_limit),
        WARD_TEST(a_protected_crowd_keeps_its_connections),
        WARD_TEST(where_nobody_is_idle_no_command_helps),
        WARD_TEST(those_of_others_are_counted_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
