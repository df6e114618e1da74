/* SPDX-License-Identifier: PostgreSQL */
/* Loop: waits for connections, signals and deadlines, on libevent. */
#include "loop/loop.h"

#include <assert.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <signal.h>
#include <stdlib.h>

#include "base/timefmt.h"

/* For one answer; longer than our own statement_timeout, so that the server speaks first if it can.
 */
#define AWAIT_LONGEST_US (40 * US_PER_S)
#define TICK_US US_PER_S

static const int stop_signals[] = {SIGINT, SIGTERM, SIGHUP};

#define STOP_SIGNALS (sizeof(stop_signals) / sizeof(stop_signals[0]))

typedef struct Watched {
    Link *link;
    struct event event;
    bool armed;
    unsigned int ready; /* LINK_ bits that came in this turn */
} Watched;

struct Loop {
    struct event_base *base;
    struct event *signals[STOP_SIGNALS];
    struct event *timer;
    unsigned int interrupts;
    Watched links[LOOP_LINKS_MAX];
    size_t link_count;
    void (*tick)(void *context);
    void *tick_context;
};

static void on_signal(evutil_socket_t signal_number, short what, void *context)
{
    Loop *loop = context;

    (void) signal_number;
    (void) what;
    loop->interrupts++;
}

static void on_ready(evutil_socket_t fd, short what, void *context)
{
    Watched *watched = context;

    (void) fd;
    watched->ready |= (what & EV_READ ? LINK_READ : 0U) | (what & EV_WRITE ? LINK_WRITE : 0U);
}

static void on_time(evutil_socket_t fd, short what, void *context)
{
    (void) fd;
    (void) what;
    (void) context; /* that the wait is over is all there is to say */
}

bool loop_new(Loop **ret_loop, Err *err)
{
    Loop *loop = xcalloc(1, sizeof(*loop));

    loop->base = event_base_new();
    if (!loop->base) {
        free(loop);
        return err_set(err, ERR_UNRESOLVED, "could not start the event loop");
    }
    for (size_t i = 0; i < STOP_SIGNALS; i++) {
        loop->signals[i] = evsignal_new(loop->base, stop_signals[i], on_signal, loop);
        if (!loop->signals[i] || event_add(loop->signals[i], NULL) != 0)
            abort(); /* out of memory, as everywhere */
    }
    loop->timer = evtimer_new(loop->base, on_time, NULL);
    if (!loop->timer)
        abort();
    *ret_loop = loop;
    return true;
}

void loop_free(Loop *loop)
{
    if (!loop)
        return;
    for (size_t i = 0; i < STOP_SIGNALS; i++)
        event_free(loop->signals[i]);
    event_free(loop->timer);
    event_base_free(loop->base);
    free(loop);
}

void loop_add(Loop *loop, Link *link)
{
    assert(loop->link_count < LOOP_LINKS_MAX);
    loop->links[loop->link_count++] = (Watched){.link = link};
}

bool loop_has_room(const Loop *loop)
{
    return loop->link_count < LOOP_LINKS_MAX;
}

void loop_remove(Loop *loop, Link *link)
{
    for (size_t i = 0; i < loop->link_count; i++) {
        if (loop->links[i].link != link)
            continue;
        loop->links[i] = loop->links[--loop->link_count];
        return;
    }
}

/* The socket may be another at every turn, so it is asked for anew. libpq closes it when it finds
 * the server gone while it sends: then nothing would ever come, and the link is advanced at once
 * to find that out. Answers whether there is something to wait for. */
static bool arm(Loop *loop, Watched *watched)
{
    unsigned int wants = link_wants(watched->link);
    short what = (short) ((wants & LINK_READ ? EV_READ : 0) | (wants & LINK_WRITE ? EV_WRITE : 0));

    watched->ready = 0;
    watched->armed = false;
    if (what == 0)
        return true;
    if (link_fd(watched->link) < 0) {
        watched->ready = wants;
        return false;
    }
    watched->armed = event_assign(&watched->event, loop->base, link_fd(watched->link), what,
                                  on_ready, watched) == 0 &&
                     event_add(&watched->event, NULL) == 0;
    return true;
}

static void wait_until(Loop *loop, int64_t deadline_us)
{
    int64_t left = deadline_us - clock_steady_us();

    if (deadline_us != TIME_NEVER) {
        struct timeval tv;

        left = left > 0 ? left : 0;
        tv = (struct timeval){.tv_sec = left / US_PER_S, .tv_usec = left % US_PER_S};
        (void) event_add(loop->timer, &tv);
    }
    (void) event_base_loop(loop->base, EVLOOP_ONCE);
    (void) event_del(loop->timer);
}

void loop_turn(Loop *loop, int64_t deadline_us)
{
    bool waits = true;

    for (size_t i = 0; i < loop->link_count; i++)
        waits = arm(loop, &loop->links[i]) && waits;
    wait_until(loop, waits ? deadline_us : 0);
    for (size_t i = 0; i < loop->link_count; i++)
        if (loop->links[i].armed)
            (void) event_del(&loop->links[i].event);
    for (size_t i = 0; i < loop->link_count; i++)
        if (loop->links[i].ready)
            link_advance(loop->links[i].link, loop->links[i].ready);
}

unsigned int loop_interrupts(const Loop *loop)
{
    return loop->interrupts;
}

static bool interrupted(Err *err)
{
    return err_set(err, ERR_INTERRUPTED, "interrupted");
}

bool loop_connect(Loop *loop, Link *link, int64_t timeout_us, Err *err)
{
    int64_t deadline = clock_steady_us() + timeout_us;

    link_start(link);
    while (link_state(link) != LINK_READY && link_state(link) != LINK_BROKEN) {
        if (loop->interrupts > 0)
            return interrupted(err);
        if (clock_steady_us() >= deadline) {
            link_stop(link);
            return err_set(err, ERR_CONNECTION, "could not connect: no answer within %d s",
                           (int) (timeout_us / US_PER_S));
        }
        loop_turn(loop, deadline);
    }
    if (link_state(link) == LINK_READY)
        return true;
    *err = *link_error(link);
    return false;
}

static void on_input(evutil_socket_t fd, short what, void *context)
{
    (void) fd;
    (void) what;
    *(bool *) context = true;
}

bool loop_await_input(Loop *loop, int fd)
{
    bool ready = false;
    struct event *event = event_new(loop->base, fd, EV_READ, on_input, &ready);

    if (!event || event_add(event, NULL) != 0)
        abort();        /* out of memory, as everywhere */
    loop_turn(loop, 0); /* takes note of signals that have come by now */
    while (!ready && loop->interrupts == 0)
        loop_turn(loop, TIME_NEVER);
    event_free(event);
    return ready && loop->interrupts == 0;
}

void loop_set_tick(Loop *loop, void (*tick)(void *context), void *context)
{
    loop->tick = tick;
    loop->tick_context = context;
}

bool loop_await(Loop *loop, Link *link, const Answer *answer, Err *err)
{
    int64_t deadline = clock_steady_us() + AWAIT_LONGEST_US;
    int64_t tick_us = clock_steady_us() + TICK_US;

    while (!answer->done) {
        if (loop->interrupts > 0) {
            link_stop(link);
            return interrupted(err);
        }
        if (clock_steady_us() >= deadline) {
            link_stop(link);
            return err_set(err, ERR_CONNECTION, "the server did not answer within %d s",
                           (int) (AWAIT_LONGEST_US / US_PER_S));
        }
        if (loop->tick && clock_steady_us() >= tick_us) {
            loop->tick(loop->tick_context);
            tick_us += TICK_US;
        }
        loop_turn(loop, loop->tick && tick_us < deadline ? tick_us : deadline);
    }
    if (answer->failed)
        *err = answer->err;
    return !answer->failed;
}
