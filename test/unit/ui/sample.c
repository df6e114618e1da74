/* SPDX-License-Identifier: PostgreSQL */
/* Sample: sessions, looks and engines for the tests of ui. */
#include "ui/sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

static const World world = {
    .server_version = 150004,
    .own_pid = 99,
    .session_role_oid = 10,
    .current_role = "dba",
    .session_role = "dba",
    .superuser = true,
    .sees_all = true,
    .system_identifier = 1,
    .postmaster_start = 1,
};

Session sample_session(int pid)
{
    return (Session){
        .pid = pid,
        .backend_start = NOW_US - 600 * US_PER_S,
        .xact_start = NOW_US - 250 * US_PER_S,
        .query_start = NOW_US - 4200 * US_PER_MS,
        .state_change = NOW_US - 4200 * US_PER_MS,
        .state = STATE_ACTIVE,
        .role_oid = 16384,
        .database_oid = 16385,
        .role = "app",
        .database = "shop",
        .application = "report-worker",
        .client = "10.0.0.5",
        .backend_type = "client backend",
        .query = "UPDATE account SET balance = 1 WHERE id = 1",
        .role_signalable = true,
        .locks = 3,
        .waiters = 0,
        .root_blocker = COUNT_UNKNOWN,
    };
}

Session sample_idle_in_transaction(int pid, int64_t state_us)
{
    Session session = sample_session(pid);

    session.state = STATE_IN_TRANSACTION;
    session.state_change = NOW_US - state_us;
    session.wait_event_type = "Client";
    session.wait_event = "ClientRead";
    session.xid = 7312;
    session.waiters = 2;
    return session;
}

char *sample_long(char c, size_t length)
{
    char *text = xcalloc(length + 1, 1);

    memset(text, c, length);
    return text;
}

void sample_begin(Sample *sample)
{
    *sample = (Sample){.engine = engine_new(&world, 1000, 0)};
    arena_init(&sample->arena);
    sample->plan.arena = &sample->arena;
}

void sample_end(Sample *sample)
{
    engine_free(sample->engine);
    arena_done(&sample->arena);
}

static void step(Sample *sample, Event event)
{
    event.steady_us = sample->steady_us;
    event.wall_us = NOW_US + sample->steady_us;
    event.server_us = NOW_US + sample->steady_us;
    engine_step(sample->engine, &event, &sample->plan);
}

void sample_request(Sample *sample, OrderKind kind, const Session *session)
{
    Order order = {.kind = kind, .grace_us = 5 * US_PER_S, .timeout_us = 30 * US_PER_S};

    step(sample, (Event){.kind = EVENT_REQUEST, .session = session, .order = &order});
}

void sample_request_many(Sample *sample, size_t count)
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

void sample_foreseen(Sample *sample, size_t target, const Consequences *consequences)
{
    step(sample, (Event){.kind = EVENT_FORESEEN, .target = target, .consequences = consequences});
}

void sample_event(Sample *sample, EventKind kind, size_t target)
{
    const char *why = kind == EVENT_INTERRUPT ? "interrupted by the operator" : NULL;

    step(sample, (Event){.kind = kind, .target = target, .text = why});
}

void sample_signalled(Sample *sample, size_t target, SignalResult result, const char *text)
{
    step(sample,
         (Event){.kind = EVENT_SIGNALLED, .target = target, .signal = result, .text = text});
}

void sample_looked(Sample *sample, size_t target, const Session *session)
{
    step(sample, (Event){.kind = EVENT_LOOKED, .target = target, .session = session});
}

void sample_terminated(Sample *sample, const Session *session)
{
    sample_request(sample, ORDER_TERMINATE, session);
    sample_event(sample, EVENT_GO, 0);
    sample_event(sample, EVENT_RECORDED, 0);
    sample_signalled(sample, 0, SIGNAL_SENT, NULL);
    sample->steady_us += 1200;
    sample_looked(sample, 0, NULL);
    assert_true(engine_is_done(sample->engine));
}

void printed_begin(Printed *printed)
{
    *printed = (Printed){0};
    printed->out = open_memstream(&printed->text, &printed->length);
    assert_non_null(printed->out);
}

char *printed_end(Printed *printed)
{
    assert_int_equal(fclose(printed->out), 0);
    assert_int_equal(strlen(printed->text), printed->length);
    return printed->text;
}

size_t count_lines(const char *text)
{
    size_t count = 0;

    for (; *text; text++)
        count += *text == '\n';
    return count;
}

static void assert_line_fits(const char *line, size_t length, int columns)
{
    size_t width = text_width(line);
    uint32_t code;
    size_t size;

    if (columns > 0 && width > (size_t) columns)
        fail_msg("%zu columns wide, not %d: %s", width, columns, line);
    if (length > 0 && line[length - 1] == ' ')
        fail_msg("ends in a blank: \"%s\"", line);
    for (size_t i = 0; i < length; i += size) {
        size = text_decode(line + i, length - i, &code);
        if (size == 0 || text_is_hostile(code))
            fail_msg("hostile at %zu: %s", i, line);
    }
}

void assert_lines_fit(const char *text, int columns)
{
    while (*text) {
        size_t length = strcspn(text, "\n");
        char *line = strndup(text, length);

        assert_non_null(line);
        assert_int_equal(text[length], '\n');
        assert_line_fits(line, length, columns);
        free(line);
        text += length + 1;
    }
}
