/* SPDX-License-Identifier: PostgreSQL */
/* Actions, their preview: in exact words, and at every width. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "ui/actions.h"
#include "ui/sample.h"

static char *preview_at(const Sample *sample, int columns)
{
    Look look = {.columns = columns, .terminal = columns > 0};
    Printed printed;
    char *text;

    printed_begin(&printed);
    actions_preview(printed.out, sample->engine, NOW_US, &look);
    text = printed_end(&printed);
    assert_lines_fit(text, columns);
    return text;
}

/* Compares and frees. */
static void assert_text(char *text, const char *expected)
{
    assert_string_equal(text, expected);
    free(text);
}

static Session lock_waiter(int pid)
{
    Session session = sample_session(pid);

    session.wait_event_type = "Lock";
    session.wait_event = "relation";
    session.root_blocker = 77;
    session.waiters = 1;
    return session;
}

static void test_preview_says_what_will_happen(void **state)
{
    static const Consequence list[] = {
        {CONSEQUENCE_FREES, "1 session that waits behind it"},
        {CONSEQUENCE_LOSES, "it has written nothing"},
        {CONSEQUENCE_LOSES, "2 temporary tables, dropped"},
        {CONSEQUENCE_HOLDS, "3 ShareLock"},
        {CONSEQUENCE_SPARES, "left\x1b"
                             "alone"},
    };
    Session waiter = lock_waiter(81423);
    Session idle = sample_session(9);
    Sample sample;

    idle.state = STATE_IDLE;
    idle.xact_start = TIME_UNKNOWN;
    idle.locks = COUNT_UNKNOWN;
    sample_begin(&sample);
    sample_request(&sample, ORDER_STOP, &waiter);
    sample_request(&sample, ORDER_STOP, &idle);
    sample_foreseen(&sample, 0, &(Consequences){.list = list, .count = 5});
    assert_text(
        preview_at(&sample, 0),
        "673dd518.13e0f  pid 81423  app@shop  report-worker  10.0.0.5  active for 4.2s  "
        "in a transaction for 4m10s  waits: Lock/relation behind pid 77\n"
        "    query: UPDATE account SET balance = 1 WHERE id = 1\n"
        "    will: cancel, then terminate after 5 s\n"
        "    why: it has waited for a lock for 4.2 s behind pid 77, and 1 more waits behind it: "
        "cancelling "
        "it frees whom nobody else blocks, stopping the root blocker (pid 77) frees all\n"
        "    frees: 1 session that waits behind it\n"
        "    loses: it has written nothing; 2 temporary tables, dropped\n"
        "    holds: 3 ShareLock\n"
        "    spares: left\\x1balone\n"
        "673dd518.9  pid 9  app@shop  report-worker  10.0.0.5  idle for 4.2s\n"
        "    query: UPDATE account SET balance = 1 WHERE id = 1\n"
        "    refused: it is idle, nothing runs: only `terminate` would end the session\n");
    sample_end(&sample);
}

static void test_preview_wraps(void **state)
{
    static const Consequence written = {CONSEQUENCE_LOSES,
                                        "it has written (xid 7312): its changes are rolled back"};
    Session session = sample_idle_in_transaction(81423, 60 * US_PER_S);
    Sample sample;

    sample_begin(&sample);
    sample_request(&sample, ORDER_STOP, &session);
    sample_foreseen(&sample, 0, &(Consequences){.list = &written, .count = 1});
    assert_text(preview_at(&sample, 50), "673dd518.13e0f  pid 81423  app@shop  report-worker\n"
                                         "    10.0.0.5  idle in xact for 1m00s\n"
                                         "    in a transaction for 4m10s\n"
                                         "    query: UPDATE account SET balance = 1 WHERE i…\n"
                                         "    will: terminate\n"
                                         "    why: it has been idle in transaction for 1 min\n"
                                         "          0 s: no statement runs, so only ending\n"
                                         "          the session ends its transaction\n"
                                         "    loses: it has written (xid 7312): its changes\n"
                                         "          are rolled back\n");
    sample_end(&sample);
}

static void test_preview_says_an_unusual_scope(void **state)
{
    Order order = {.kind = ORDER_STOP, .scope = SCOPE_TRANSACTION, .grace_us = 250 * US_PER_MS};
    Session session = sample_session(81423);
    Event event = {
        .kind = EVENT_REQUEST, .session = &session, .order = &order, .server_us = NOW_US};
    Sample sample;
    char *text;

    session.wait_event_type = "Lock";
    session.wait_event = "tuple";
    session.root_blocker = 0;
    event.redirected_from = 44;
    sample_begin(&sample);
    engine_step(sample.engine, &event, &sample.plan);
    text = preview_at(&sample, 0);
    assert_non_null(strstr(text, "    will: cancel, then terminate after 250 ms "
                                 "(until the transaction is over)\n"));
    assert_non_null(strstr(text, "  waits: Lock/tuple behind a prepared transaction\n"));
    session.root_gid = "it's";
    engine_step(sample.engine, &event, &sample.plan);
    free(text);
    text = preview_at(&sample, 0);
    assert_non_null(strstr(text, "  waits: Lock/tuple behind prepared transaction 'it'\\''s'\n"));
    assert_non_null(strstr(text, "    note: named by pid 44, a parallel worker of it\n"));
    free(text);
    sample_end(&sample);
}

static void test_preview_says_denied_apart(void **state)
{
    Session session = sample_session(81423);
    Sample sample;
    char *text;

    session.role_signalable = false;
    sample_begin(&sample);
    sample_request(&sample, ORDER_CANCEL, &session);
    text = preview_at(&sample, 0);
    assert_non_null(strstr(text, "\n    denied: "));
    assert_null(strstr(text, "will:"));
    free(text);
    sample_end(&sample);
}

static void test_preview_of_many_is_a_table(void **state)
{
    static const char expected[] =
        " PID  ROLE  STATE         FOR  WILL               WAITERS  QUERY OR REFUSAL\n"
        "1000  app   active       4.2s  cancel, terminate        0  UPDATE account SET b…\n"
        "1001  app   idle         4.2s  refused                  0  it is idle, nothing …\n"
        "1002  app";
    Sample sample;
    char *text;

    sample_begin(&sample);
    sample_request_many(&sample, 10);
    text = preview_at(&sample, 80);
    assert_non_null(strstr(text, "    will: cancel"));
    free(text);
    sample_request(&sample, ORDER_TERMINATE, &(Session){.pid = 5, .backend_start = TIME_UNKNOWN});
    text = preview_at(&sample, 80);
    assert_int_equal(count_lines(text), 12);
    assert_memory_equal(text, expected, sizeof(expected) - 1);
    free(text);
    sample_end(&sample);
}

static void test_preview_of_many_ends_in_sums(void **state)
{
    Session session = sample_idle_in_transaction(81423, 60 * US_PER_S);
    Sample sample;
    char *text;

    sample_begin(&sample);
    sample_request_many(&sample, ACTIONS_PREVIEW_MAX);
    sample_request(&sample, ORDER_STOP, &session);
    sample_foreseen(&sample, 0, &(Consequences){.freed = 2, .temp_tables = COUNT_UNKNOWN});
    sample_foreseen(&sample, 10, &(Consequences){.freed = 1, .temp_tables = 1});
    text = preview_at(&sample, 200);
    assert_non_null(strstr(text, "\ntogether:  3 sessions that wait are freed  1 has written, "
                                 "which is rolled back  1 temporary table is dropped\n"));
    free(text);
    sample_end(&sample);
}

static void test_every_width_fits(void **state)
{
    static const char wide[] = "\xe6\x97\xa5\xe6\x9c\xac" HOSTILE "\xe8\xaa\x9e";
    Session session = lock_waiter(81423);
    char *query = sample_long('q', 1 << 20);
    Sample sample;

    session.role = session.database = session.application = session.client = wide;
    session.wait_event = session.backend_type = wide;
    session.query = query;
    sample_begin(&sample);
    sample_request(&sample, ORDER_STOP, &session);
    session.backend_type = "client backend";
    for (size_t count = 2; count <= 12; count += 10) {
        while (engine_target_count(sample.engine) < count)
            sample_request(&sample, ORDER_STOP, &session);
        for (int columns = 14; columns <= 200; columns++)
            free(preview_at(&sample, columns));
    }
    sample_end(&sample);
    free(query);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_preview_says_what_will_happen),
        cmocka_unit_test(test_preview_wraps),
        cmocka_unit_test(test_preview_says_an_unusual_scope),
        cmocka_unit_test(test_preview_says_denied_apart),
        cmocka_unit_test(test_preview_of_many_is_a_table),
        cmocka_unit_test(test_preview_of_many_ends_in_sums),
        cmocka_unit_test(test_every_width_fits),
    };

    (void) setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
