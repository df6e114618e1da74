/* SPDX-License-Identifier: PostgreSQL */
/* Consequences: every sentence, for a cancel, a ladder and a terminate. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/consequences.h"
#include "core/ordinary.h"

static const Ladder nothing = {.count = 0};
static const Ladder cancel = {.remedies = {REMEDY_CANCEL}, .count = 1};
static const Ladder both = {.remedies = {REMEDY_CANCEL, REMEDY_TERMINATE}, .count = 2};
static const Ladder terminate = {.remedies = {REMEDY_TERMINATE}, .count = 1};
static const int own[] = {100};
static const Ending ending = {.pids = own, .pid_count = 1};
static const Waits nobody = {0};

static Arena arena;
static Session session;
static Stake stake;
static ConsequenceFacts facts;

static int setup(void **state)
{
    arena_init(&arena);
    session = ordinary_session();
    session.waiters = 0;
    stake = (Stake){.locks_known = true, .temp_tables = COUNT_UNKNOWN};
    facts = (ConsequenceFacts){.session = &session,
                               .ladder = &terminate,
                               .stake = &stake,
                               .waits = &nobody,
                               .ending = &ending,
                               .own_pid = 9,
                               .now_us = NOW_US};
    return 0;
}

static int teardown(void **state)
{
    arena_done(&arena);
    return 0;
}

/* All of it, a label and a sentence a line. */
static const char *foreseen(void)
{
    Consequences consequences = consequences_foresee(&facts, &arena);
    const char *text = "";

    for (size_t i = 0; i < consequences.count; i++) {
        assert_true(i == 0 || consequences.list[i].kind >= consequences.list[i - 1].kind);
        text =
            arena_printf(&arena, "%s%s: %s\n", text, consequence_label(consequences.list[i].kind),
                         consequences.list[i].text);
    }
    return text;
}

static void assert_foreseen(const char *expected)
{
    assert_string_equal(foreseen(), expected);
}

static void assert_says(const char *expected)
{
    if (!strstr(foreseen(), expected))
        fail_msg("no \"%s\" in:\n%s", expected, foreseen());
}

static void assert_says_nothing_of(const char *word)
{
    if (strstr(foreseen(), word))
        fail_msg("\"%s\" in:\n%s", word, foreseen());
}

static void locks_are_listed_by_mode(void **state)
{
    stake.modes[LOCK_ACCESS_EXCLUSIVE] = 2;
    stake.modes[LOCK_ROW_EXCLUSIVE] = 1;
    stake.modes[LOCK_UNKNOWN] = 7; /* SIReadLock is in nobody's way */
    assert_foreseen("frees: nobody waits behind it\n"
                    "loses: it has written nothing\n"
                    "holds: 2 AccessExclusiveLock, 1 RowExclusiveLock\n");
    stake.locks_known = false;
    assert_says("holds: its locks could not be read\n");
    facts.stake = NULL;
    assert_says_nothing_of("holds");
}

static void what_was_written_is_rolled_back(void **state)
{
    session.xid = 7312;
    assert_says("loses: it has written (xid 7312): its changes are rolled back\n");
    facts.ladder = &cancel;
    assert_says("its changes are rolled back, unless a savepoint keeps them\n");
    session.xid = 0;
    session.xact_start = TIME_UNKNOWN;
    assert_says_nothing_of("written");
}

/* The reason says what becomes of these. */
static void some_changes_are_not_rolled_back(void **state)
{
    session.xid = 7312;
    session.wait_event_type = "IPC";
    session.wait_event = "SyncRep";
    assert_says_nothing_of("written");
    session.wait_event_type = NULL;
    session.query = "CREATE INDEX CONCURRENTLY i ON t (a)";
    assert_says_nothing_of("written");
    session.query = "SELECT 1";
    session.backend_type = "walsender";
    assert_says_nothing_of("written");
}

static void advisory_locks_outlive_a_cancel(void **state)
{
    stake.advisory_locks = 1;
    assert_says("loses: 1 advisory lock, released\n");
    stake.advisory_locks = 2;
    facts.ladder = &cancel;
    assert_says("2 advisory locks: a cancel releases those of the transaction, not those of the "
                "session\n");
    facts.ladder = &both;
    assert_says("not those of the session, a terminate all\n");
}

static void temporary_tables_outlive_a_cancel(void **state)
{
    stake.temp_tables = 1;
    assert_says("loses: 1 temporary table, dropped\n");
    assert_int_equal(consequences_foresee(&facts, &arena).temp_tables, 1);
    stake.temp_tables = 3;
    facts.ladder = &both;
    assert_says("loses: 3 temporary tables, dropped if it comes to a terminate\n");
    facts.ladder = &cancel;
    assert_says_nothing_of("temporary");
    assert_int_equal(consequences_foresee(&facts, &arena).temp_tables, 0);
    facts.ladder = &terminate;
    stake.temp_tables = 0;
    assert_says_nothing_of("temporary");
    stake.temp_tables = COUNT_UNKNOWN;
    assert_says_nothing_of("temporary");
    stake.temp_unread = true;
    assert_says("loses: its temporary tables could not be read\n");
}

static void a_listener_hears_no_more(void **state)
{
    session.state = STATE_IDLE;
    session.xact_start = TIME_UNKNOWN;
    session.query = "listen \"a\x1b\"";
    assert_says("loses: its last statement was LISTEN \"a\\x1b\": its client hears no more "
                "notifications\n");
    session.query = "SELECT 1";
    assert_says_nothing_of("LISTEN");
    session.query = "LISTEN jobs";
    session.state = STATE_ACTIVE;
    assert_says_nothing_of("LISTEN");
    session.state = STATE_IDLE;
    facts.ladder = &cancel;
    assert_says_nothing_of("LISTEN");
}

static void progress_is_told(void **state)
{
    stake.now = (Progress){.kind = PROGRESS_ANALYZE, .seen_us = NOW_US};
    assert_says("progress: ANALYZE is in phase 1 of 6 (initializing)\n");
}

/* Who is not signalled only holds. */
static void a_refused_one_loses_nothing(void **state)
{
    stake.modes[LOCK_SHARE] = 1;
    stake.advisory_locks = 1;
    stake.temp_tables = 3;
    session.xid = 7312;
    session.waiters = 2;
    facts.ladder = &nothing;
    assert_foreseen("holds: 2 sessions wait behind it\n"
                    "holds: 1 ShareLock\n"
                    "holds: 1 advisory lock\n");
    session.waiters = 0;
    stake.advisory_locks = 0;
    assert_foreseen("holds: 1 ShareLock\n");
}

static void the_queue_behind_it(void **state)
{
    static const BlockingEdge edges[] = {{101, 100}, {102, 101}};
    Session waiter = session;
    WaitFacts of = {.sessions = &waiter, .session_count = 1, .blocking = {edges, 1}};
    Waits waits;

    waiter.pid = 101;
    waiter.query_start = NOW_US - 250 * US_PER_S;
    waits = waits_grow(&of, &arena);
    facts.waits = &waits;
    session.waiters = 1;
    assert_says("frees: 1 session that waits behind it (the longest for 4 min 10 s)\n");
    assert_int_equal(consequences_foresee(&facts, &arena).freed, 1);
    of.session_count = 0;
    of.blocking.count = 2;
    waits = waits_grow(&of, &arena);
    assert_says("frees: 1 session that waits behind it, 1 more moves up behind somebody else\n");
    session.waiters = 0;
    facts.waits = NULL; /* could not be read: the row knows how many */
    assert_says_nothing_of("frees");
    session.waiters = 1;
    assert_says("frees: 1 session waits behind it\n");
}

static void relief_in_words(void **state)
{
    Relief relief = {.longest_since_us = TIME_UNKNOWN};

    assert_null(consequences_relief(&relief, NOW_US, &arena));
    relief.moved = 2;
    assert_string_equal(consequences_relief(&relief, NOW_US, &arena),
                        "2 move up behind somebody else");
    relief.perhaps = 1;
    assert_string_equal(consequences_relief(&relief, NOW_US, &arena),
                        "2 move up behind somebody else, 1 waits for an advisory lock, which a "
                        "cancel releases only where it is the transaction's");
    relief.moved = 0;
    relief.perhaps = 3;
    assert_string_equal(consequences_relief(&relief, NOW_US, &arena),
                        "3 wait for an advisory lock, which a cancel releases only where it is "
                        "the transaction's");
    relief = (Relief){.freed = 3, .longest_since_us = NOW_US - US_PER_S};
    assert_string_equal(consequences_relief(&relief, NOW_US, &arena),
                        "3 sessions that wait behind it (the longest for 1.0 s)");
}

static void who_waits_for_others_as_well(void **state)
{
    static const BlockingEdge edges[] = {{103, 99}, {103, 100}};
    Session older = session;
    WaitFacts of = {.sessions = &older, .session_count = 1, .blocking = {edges, 2}};
    Waits waits;

    older.pid = 99;
    waits = waits_grow(&of, &arena);
    facts.waits = &waits;
    session.waiters = 1;
    assert_says("frees: nobody: who waits behind it waits for others as well\n");
    facts.waits = NULL;
}

static void siblings_are_left_alone(void **state)
{
    Session others[7];

    for (size_t i = 0; i < 7; i++) {
        others[i] = session;
        others[i].pid = 200 + (int) i;
        others[i].application = "checkout";
    }
    others[1].client = "10.9.9.9";
    others[2].role_oid = 21;
    others[3].pid = facts.own_pid;
    others[4].backend_type = "walsender";
    others[5].pid = 100; /* itself */
    others[6].over_socket = true;
    facts.sessions = others;
    facts.session_count = 7;
    assert_says("spares: its role has 1 other session from 10.1.2.3 (checkout), left alone\n");
    others[1].client = session.client;
    assert_says("spares: its role has 2 other sessions from 10.1.2.3 (checkout), left alone\n");
    others[1].application = "report";
    assert_says("2 other sessions from 10.1.2.3, left alone\n");
    others[1].application = "";
    assert_says("2 other sessions from 10.1.2.3, left alone\n");
    others[1].application = NULL;
    assert_says("2 other sessions from 10.1.2.3, left alone\n");
    others[0].pid = 77;
    others[1].pid = 78;
    facts.ending = &(Ending){.pids = (const int[]){77, 78, 100}, .pid_count = 3};
    assert_says_nothing_of("spares");
    facts.sessions = NULL;
    facts.ending = NULL;
}

static void siblings_need_a_client(void **state)
{
    Session other = session;

    other.pid = 200;
    facts.sessions = &other;
    facts.session_count = 1;
    assert_says("spares");
    session.client = other.client = NULL;
    assert_says_nothing_of("spares");
    session.client = "10.1.2.3";
    assert_says_nothing_of("spares");
    session.client = NULL;
    session.over_socket = other.over_socket = true;
    assert_says("1 other session from this machine (web), left alone\n");
    session.role_oid = other.role_oid = 0;
    assert_says_nothing_of("spares");
    session.role_oid = other.role_oid = 20;
    session.backend_type = "autovacuum worker";
    assert_says_nothing_of("spares");
    facts.sessions = NULL;
}

static void a_copy_is_its_own(void **state)
{
    Consequences one = consequences_foresee(&facts, &arena);
    Consequences copy = consequences_copy(&one, &arena);

    assert_int_equal(copy.count, one.count);
    assert_string_equal(copy.list[0].text, one.list[0].text);
    assert_ptr_not_equal(copy.list[0].text, one.list[0].text);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(locks_are_listed_by_mode),
        TEST(what_was_written_is_rolled_back),
        TEST(some_changes_are_not_rolled_back),
        TEST(advisory_locks_outlive_a_cancel),
        TEST(temporary_tables_outlive_a_cancel),
        TEST(a_listener_hears_no_more),
        TEST(progress_is_told),
        TEST(a_refused_one_loses_nothing),
        TEST(the_queue_behind_it),
        TEST(relief_in_words),
        TEST(who_waits_for_others_as_well),
        TEST(siblings_are_left_alone),
        TEST(siblings_need_a_client),
        TEST(a_copy_is_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
