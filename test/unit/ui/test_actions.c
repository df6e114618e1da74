/* SPDX-License-Identifier: PostgreSQL */
/* Actions: result, progress and summary in exact words, and at every width. */
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

static void test_every_width_fits(void **state)
{
    static const char wide[] = "\xe6\x97\xa5\xe6\x9c\xac" HOSTILE "\xe8\xaa\x9e";
    Session session = sample_session(81423);
    Sample sample;

    session.role = session.database = session.application = session.client = wide;
    session.backend_type = wide;
    sample_begin(&sample);
    sample_request(&sample, ORDER_STOP, &session);
    sample_event(&sample, EVENT_GO, 0);
    for (int columns = 14; columns <= 200; columns++)
        free(result_at(&sample, 0, columns));
    sample_end(&sample);
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
    assert_int_equal(count_lines(text), 2 + ((1 << 20) + 39) / 40);
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
    sample_request_many(&sample, 3);
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
