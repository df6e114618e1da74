/* SPDX-License-Identifier: PostgreSQL */
/* Contact: losing the server, finding it again, and asking which one it is before anything else. */
#include "loop/runner_internal.h"

#define RETRY_FIRST_US (50 * US_PER_MS)
#define RETRY_LONGEST_US (2 * US_PER_S)
#define STALL_SHORTEST_US (2 * US_PER_S)

static void lose(Runner *runner)
{
    Event event = {.kind = EVENT_LOST};

    runner->lost = true;
    runner->greeting = false;
    runner->lost_since_us = clock_steady_us();
    runner->retry_us = runner->lost_since_us;
    runner->pause_us = RETRY_FIRST_US;
    looks_forget(runner);
    runner_feed(runner, &event);
}

static void greet(Runner *runner)
{
    arena_clear(&runner->contact_arena);
    runner->greeting = true;
    runner->hello = (WorldAnswer){.answer = {.arena = &runner->contact_arena}};
    runner->system = (SystemAnswer){.answer = {.arena = &runner->contact_arena}};
    ask_world(runner->setup.link, &runner->hello);
    ask_system(runner->setup.link, &runner->system);
}

static void found(Runner *runner)
{
    Event event = {.kind = EVENT_BACK, .world = &runner->hello.world};

    runner->hello.world.system_identifier = runner->system.system_identifier;
    runner->lost = false;
    runner->greeting = false;
    runner_feed(runner, &event);
}

static void try_again_later(Runner *runner)
{
    runner->greeting = false;
    link_stop(runner->setup.link);
    runner->retry_us = clock_steady_us() + runner->pause_us;
    runner->pause_us =
        runner->pause_us * 2 < RETRY_LONGEST_US ? runner->pause_us * 2 : RETRY_LONGEST_US;
}

static void advance_greeting(Runner *runner)
{
    if (!runner->system.answer.done || !runner->hello.answer.done)
        return;
    if (runner->hello.answer.failed)
        try_again_later(runner);
    else
        found(runner);
}

static void advance_lost(Runner *runner)
{
    switch (link_state(runner->setup.link)) {
    case LINK_READY:
        greet(runner);
        break;
    case LINK_BROKEN:
        try_again_later(runner);
        break;
    case LINK_CLOSED:
        if (clock_steady_us() >= runner->retry_us)
            link_start(runner->setup.link);
        break;
    default: /* it is connecting */
        break;
    }
}

/* How long an answer may take: our statements are short, so a server that says nothing for as long
 * as that hangs, or the network does. */
static int64_t stall_limit_us(const Runner *runner)
{
    int64_t limit = runner->setup.give_up_us;

    return limit < STALL_SHORTEST_US ? STALL_SHORTEST_US : limit;
}

static bool is_stalled(const Runner *runner)
{
    int64_t since = link_waiting_since_us(runner->setup.link);

    return since != TIME_NEVER && clock_steady_us() - since >= stall_limit_us(runner);
}

static void give_up(Runner *runner)
{
    Event event = {.kind = EVENT_GIVE_UP};

    runner_feed(runner, &event);
}

void contact_advance(Runner *runner)
{
    bool ready = link_state(runner->setup.link) == LINK_READY;

    if (!runner->lost && (runner->distrusted || !ready || is_stalled(runner))) {
        runner->distrusted = false;
        link_stop(runner->setup.link);
        lose(runner);
    }
    if (!runner->lost)
        return;
    if (clock_steady_us() - runner->lost_since_us >= runner->setup.give_up_us)
        give_up(runner);
    else if (runner->greeting)
        advance_greeting(runner);
    else
        advance_lost(runner);
}

int64_t contact_deadline(const Runner *runner)
{
    int64_t give_up_us = runner->lost_since_us + runner->setup.give_up_us;

    if (!runner->lost)
        return TIME_NEVER;
    if (link_state(runner->setup.link) == LINK_CLOSED && runner->retry_us < give_up_us)
        return runner->retry_us;
    return give_up_us;
}
