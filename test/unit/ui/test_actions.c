/* SPDX-License-Identifier: PostgreSQL */
/* Actions: preview, result, progress and summary in exact words, and at every width. */
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

static const Look unlimited = {0};

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

static char *result_at(const Sample *sample, size_t target, int columns)
{
    Look look = {.columns = columns, .terminal = columns > 0};
    Printed printed;
    char *text;

    printed_begin(&printed);
    actions_result(printed.out, engine_target(sample->engine, target), &look);
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

static void assert_progress(const Sample *sample, int columns, const char *expected)
{
    Look look = {.columns = columns, .terminal = columns > 0};
    StrBuf buf;

    strbuf_init(&buf);
    actions_progress(&buf, sample->engine, sample->steady_us, &look);
    assert_string_equal(buf.text, expected);
    strbuf_done(&buf);
}

static void assert_summary(const Sample *sample, const Look *look, const char *expected)
{
    Printed printed;

    printed_begin(&printed);
    actions_summary(printed.out, sample->engine, look);
    assert_text(printed_end(&printed), expected);
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

static void request_many(Sample *sample, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        Session session = sample_session(1000 + (int) i);

        if (i == 1) {
            session.state = STATE_IDLE;
            session.xact_start = TIME_UNKNOWN;
        }
        sample_request(sample, ORDER_STOP, &session);
    }
}

static size_t line_count(const char *text)
{
    size_t count = 0;

    for (; *text; text++)
        count += *text == '\n';
    return count;
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
    request_many(&sample, 10);
    text = preview_at(&sample, 80);
    assert_non_null(strstr(text, "    will: cancel"));
    free(text);
    sample_request(&sample, ORDER_TERMINATE, &(Session){.pid = 5, .backend_start = TIME_UNKNOWN});
    text = preview_at(&sample, 80);
    assert_int_equal(line_count(text), 12);
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
    request_many(&sample, ACTIONS_PREVIEW_MAX);
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
    sample_event(&sample, EVENT_GO, 0);
    for (int columns = 14; columns <= 200; columns++)
        free(result_at(&sample, 0, columns));
    sample_end(&sample);
    free(query);
}

static void test_result_of_a_terminate(void **state)
{
    Session session = sample_idle_in_transaction(81423, 60 * US_PER_S);
    Sample sample;

    sample_begin(&sample);
    sample_terminated(&sample, &session);
    assert_text(result_at(&sample, 0, 0), "673dd518.13e0f  pid 81423  terminated  in 1.2 ms  "
                                          "(locks 3 -> 0, waiters 2 -> 0)\n");
    assert_text(result_at(&sample, 0, 60), "673dd518.13e0f  pid 81423  terminated  in 1.2 ms\n"
                                           "    (locks 3 -> 0, waiters 2 -> 0)\n");
    sample_end(&sample);
}

static void test_result_with_a_note(void **state)
{
    Session session = sample_session(81423);
    Sample sample;

    sample_begin(&sample);
    session.waiters = 0;
    sample_request(&sample, ORDER_CANCEL, &session);
    sample_event(&sample, EVENT_GO, 0);
    sample_event(&sample, EVENT_RECORDED, 0);
    sample_signalled(&sample, 0, SIGNAL_SENT, NULL);
    sample.steady_us += 12 * US_PER_MS;
    sample_looked(&sample, 0, NULL);
    assert_text(result_at(&sample, 0, 80),
                "673dd518.13e0f  pid 81423  disconnected  in 12 ms  (locks 3 -> 0)\n"
                "    only a cancel was sent: its client or pooler dropped the connection\n");
    assert_text(result_at(&sample, 0, 0),
                "673dd518.13e0f  pid 81423  disconnected  in 12 ms  (locks 3 -> 0)  "
                "only a cancel was sent: its client or pooler dropped the connection\n");
    sample_end(&sample);
}

static void test_result_of_a_refusal_is_its_reason(void **state)
{
    Session session = sample_session(81423);
    Sample sample;

    session.state = STATE_IDLE;
    session.xact_start = TIME_UNKNOWN;
    sample_begin(&sample);
    sample_request(&sample, ORDER_STOP, &session);
    sample_event(&sample, EVENT_GO, 0);
    assert_text(result_at(&sample, 0, 80),
                "673dd518.13e0f  pid 81423  refused\n"
                "    it is idle, nothing runs: only `terminate` would end the session\n");
    sample_end(&sample);
}

/* PostgreSQL's own words come as they are. */
static void test_result_cleans_the_servers_words(void **state)
{
    Session session = sample_session(81423);
    Sample sample;
    char *text;

    sample_begin(&sample);
    sample_request(&sample, ORDER_CANCEL, &session);
    sample_event(&sample, EVENT_GO, 0);
    sample_event(&sample, EVENT_RECORDED, 0);
    sample_signalled(&sample, 0, SIGNAL_DENIED, "must be\033[2J " HOSTILE);
    text = result_at(&sample, 0, 0);
    assert_non_null(strstr(text, "  denied  "));
    assert_non_null(strstr(text, "must be\\x1b[2J a\\x1b[2J\\u202e\\xff\\x7f\\nb\n"));
    free(text);
    sample_end(&sample);
}

static void test_result_breaks_a_word_of_a_megabyte(void **state)
{
    Session session = sample_session(81423);
    char *word = sample_long('w', 1 << 20);
    Sample sample;
    char *text;

    sample_begin(&sample);
    sample_request(&sample, ORDER_CANCEL, &session);
    sample_event(&sample, EVENT_GO, 0);
    sample_event(&sample, EVENT_RECORDED, 0);
    sample_signalled(&sample, 0, SIGNAL_FAILED, word);
    text = result_at(&sample, 0, 44);
    assert_int_equal(line_count(text), 2 + ((1 << 20) + 39) / 40);
    free(text);
    sample_end(&sample);
    free(word);
}

static void test_result_is_coloured_by_its_outcome(void **state)
{
    static const Look color = {.columns = 80, .terminal = true, .color = true};
    Session session = sample_session(81423);
    Sample sample;
    Printed printed;

    sample_begin(&sample);
    sample_terminated(&sample, &session);
    printed_begin(&printed);
    actions_result(printed.out, engine_target(sample.engine, 0), &color);
    assert_text(printed_end(&printed), "673dd518.13e0f  pid 81423  \033[32mterminated\033[0m  "
                                       "in 1.2 ms  (locks 3 -> 0)\n");
    sample_end(&sample);
}

static void test_progress(void **state)
{
    Session session = sample_session(81423);
    Session other = sample_session(5);
    Sample sample;

    sample_begin(&sample);
    sample_request(&sample, ORDER_STOP, &session);
    assert_progress(&sample, 80, "pid 81423 waits for the go-ahead");
    sample_event(&sample, EVENT_GO, 0);
    assert_progress(&sample, 80, "recording the intent for pid 81423");
    sample_event(&sample, EVENT_RECORDED, 0);
    assert_progress(&sample, 80, "sending cancel to pid 81423");
    sample_signalled(&sample, 0, SIGNAL_SENT, NULL);
    sample.steady_us = 1200 * US_PER_MS;
    assert_progress(&sample, 80,
                    "waiting for pid 81423: cancel sent 1.2 s ago, terminate in 3.8 s");
    sample_request(&sample, ORDER_TERMINATE, &other);
    assert_progress(
        &sample, 80,
        "0 of 2 done, waiting for pid 81423: cancel sent 1.2 s ago, terminate in 3.8 s");
    assert_progress(&sample, 40, "0 of 2 done, waiting for pid 81423: can…");
    sample_event(&sample, EVENT_GO, 1);
    sample_event(&sample, EVENT_RECORDED, 1);
    sample_signalled(&sample, 1, SIGNAL_SENT, NULL);
    sample_looked(&sample, 0, NULL);
    assert_progress(&sample, 80,
                    "1 of 2 done, waiting for pid 5: terminate sent 0.0 ms ago, 30.0 s left");
    sample.steady_us += 31 * US_PER_S;
    assert_progress(&sample, 0,
                    "1 of 2 done, waiting for pid 5: terminate sent 31.0 s ago, a last look");
    sample_event(&sample, EVENT_LOST, 0);
    assert_progress(&sample, 0,
                    "1 of 2 done, contact with the server is lost, trying to get it back");
    sample_event(&sample, EVENT_GIVE_UP, 0);
    assert_progress(&sample, 0, "2 of 2 done");
    sample_end(&sample);
}

static void test_progress_names_the_one_that_takes_longest(void **state)
{
    Session first = sample_session(1);
    Session second = sample_session(2);
    Sample sample;

    sample_begin(&sample);
    sample_request(&sample, ORDER_CANCEL, &first);
    sample_request(&sample, ORDER_CANCEL, &second);
    sample_event(&sample, EVENT_GO, 0);
    sample_event(&sample, EVENT_RECORDED, 1);
    sample_signalled(&sample, 1, SIGNAL_SENT, NULL);
    sample.steady_us = US_PER_S;
    sample_event(&sample, EVENT_RECORDED, 0);
    sample_signalled(&sample, 0, SIGNAL_SENT, NULL);
    assert_progress(&sample, 0,
                    "0 of 2 done, waiting for pid 2: cancel sent 1.0 s ago, 29.0 s left");
    sample_end(&sample);
}

static void test_summary(void **state)
{
    static const Look narrow = {.columns = 30, .terminal = true};
    Session session = sample_session(81423);
    Sample sample;

    sample_begin(&sample);
    sample_terminated(&sample, &session);
    assert_summary(&sample, &unlimited, "");
    request_many(&sample, 3);
    assert_summary(&sample, &unlimited, "4 targets: 1 terminated, 1 refused, 2 open\n");
    sample_event(&sample, EVENT_GO, 0);
    sample_event(&sample, EVENT_INTERRUPT, 0);
    assert_summary(&sample, &unlimited, "4 targets: 1 terminated, 2 held, 1 refused\n");
    assert_summary(&sample, &narrow, "4 targets: 1 terminated, 2\n    held, 1 refused\n");
    sample_end(&sample);
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
        cmocka_unit_test(test_result_of_a_terminate),
        cmocka_unit_test(test_result_with_a_note),
        cmocka_unit_test(test_result_of_a_refusal_is_its_reason),
        cmocka_unit_test(test_result_cleans_the_servers_words),
        cmocka_unit_test(test_result_breaks_a_word_of_a_megabyte),
        cmocka_unit_test(test_result_is_coloured_by_its_outcome),
        cmocka_unit_test(test_progress),
        cmocka_unit_test(test_progress_names_the_one_that_takes_longest),
        cmocka_unit_test(test_summary),
    };

    (void) setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
