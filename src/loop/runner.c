/* SPDX-License-Identifier: PostgreSQL */
/* Runner: performs the engine's plans and feeds back what comes. */
#include "loop/runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/text.h"
#include "loop/runner_internal.h"

/* Records other than intents may wait so long for company before they are made durable. */
#define RECORDS_WAIT_US (200 * US_PER_MS)

/* Lines for the server's log stand back behind looks, but not for longer than this. */
#define LOG_WAIT_US (100 * US_PER_MS)

/* After an interrupt, what is on its way is waited for so long, or until the next one. */
#define INTERRUPT_WAIT_US (3 * US_PER_S)

/* How long the server may take to show, before anything is sent, that it is still there. */
#define CONTACT_WAIT_US (2 * US_PER_S)

/* A turn lasts at most so long, so that live progress moves. */
#define TURN_LONGEST_US (200 * US_PER_MS)

typedef struct Signal {
    SignalAnswer answer; /* first, so that it can be told from its Answer */
    Runner *runner;
    size_t target;
    Remedy remedy;
} Signal;

void runner_make_id(char id[RUN_ID_MAX])
{
    unsigned char bytes[(RUN_ID_MAX - 1) / 2];

    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t) sizeof(bytes))
        abort();
    for (size_t i = 0; i < sizeof(bytes); i++)
        (void) snprintf(id + 2 * i, 3, "%02x", (unsigned int) bytes[i]);
}

/* One line for the server's log: who signals whom and why, and the head of the audit chain. */
static void add_log_line(Runner *runner, const Signal *signal)
{
    const Mandate *mandate = &runner->setup.mandate;
    const Target *target = engine_target(runner->setup.engine, signal->target);
    char *(*fit)(Arena *, const char *) = mandate->utf8 ? text_cleaned : text_as_ascii;
    Arena *arena = &runner->signal_arena;
    StrBuf *lines = &runner->log_lines;
    char id[SESSION_ID_MAX];

    if (!mandate->log_on_server)
        return;
    if (lines->length == 0)
        runner->log_line_us = clock_steady_us();
    strbuf_printf(lines,
                  "%spgquell: %s sent to session %s by %s, ticket %s, reason %s (%s); "
                  "audit run %s head %s",
                  lines->length > 0 ? "\n" : "", remedy_name(signal->remedy),
                  session_id(&target->before, id), fit(arena, mandate->operator_name),
                  mandate->ticket ? fit(arena, mandate->ticket) : "none",
                  mandate->reason ? fit(arena, mandate->reason) : "none",
                  fit(arena, target->reason), mandate->run, store_head(runner->setup.store));
}

static void on_log(Answer *answer)
{
    Runner *runner = answer->owner;

    runner->signals_open--;
    if (answer->failed && !answer->lost && runner->setup.ret_log_err)
        *runner->setup.ret_log_err = answer->err; /* the trail is ours, so nothing else changes */
}

static void send_log_lines(Runner *runner)
{
    Answer *answer;

    if (runner->log_lines.length == 0 || link_state(runner->setup.link) != LINK_READY)
        return;
    if (looks_out(runner) && clock_steady_us() < runner->log_line_us + LOG_WAIT_US)
        return;
    answer = ARENA_NEW(&runner->signal_arena, Answer);
    answer->arena = &runner->signal_arena;
    answer->on_done = on_log;
    answer->owner = runner;
    runner->signals_open++;
    ask_log(runner->setup.link, answer, runner->log_lines.text);
    strbuf_clear(&runner->log_lines);
}

static void on_signal(Answer *answer)
{
    Signal *signal = (Signal *) answer;
    Runner *runner = signal->runner;
    Event event = {.kind = EVENT_SIGNALLED, .target = signal->target};
    StrBuf reason;

    runner->signals_open--;
    if (answer->lost)
        return; /* the engine hears that contact is lost */
    event.signal = signal_result(&signal->answer);
    if (event.signal == SIGNAL_SENT)
        add_log_line(runner, signal);
    strbuf_init(&reason);
    if (answer->failed) {
        text_clean(&reason, answer->err.message);
        if (answer->err.hint[0] != '\0') {
            strbuf_add(&reason, ": ");
            text_clean(&reason, answer->err.hint);
        }
    }
    event.text = reason.length > 0 ? reason.text : NULL;
    runner_feed(runner, &event);
    strbuf_done(&reason);
}

static void send_signal(Runner *runner, const Action *action)
{
    Signal *signal;

    if (runner->signals_open == 0)
        arena_clear(&runner->signal_arena);
    signal = ARENA_NEW(&runner->signal_arena, Signal);
    signal->answer.answer = (Answer){.arena = &runner->signal_arena, .on_done = on_signal};
    signal->runner = runner;
    signal->target = action->target;
    signal->remedy = action->remedy;
    runner->signals_open++;
    ask_signal(runner->setup.link, &signal->answer, action->remedy, &action->stamp);
}

static void perform(Runner *runner, const Action *action)
{
    switch (action->kind) {
    case ACTION_RECORD_INTENT:
        records_add_intent(runner, action);
        break;
    case ACTION_SIGNAL:
        send_signal(runner, action);
        break;
    case ACTION_RECORD:
        records_add_step(runner, action);
        break;
    case ACTION_LOOK:
        looks_want(runner, action->target, action->full);
        break;
    case ACTION_FINISH:
        records_add_outcome(runner, action->target);
        break;
    }
}

/* Intents of one plan are made durable together; only then does the engine hear of them. */
static void confirm_intents(Runner *runner, const Plan *plan)
{
    Event stop = {.kind = EVENT_INTERRUPT, .text = "the audit store failed"};
    bool any = false;

    for (size_t i = 0; i < plan->count; i++)
        any = any || plan->actions[i].kind == ACTION_RECORD_INTENT;
    if (!any)
        return;
    if (!records_flush(runner)) {
        runner_feed(runner, &stop);
        return;
    }
    for (size_t i = 0; i < plan->count; i++) {
        Event event = {.kind = EVENT_RECORDED, .target = plan->actions[i].target};

        if (plan->actions[i].kind == ACTION_RECORD_INTENT)
            runner_feed(runner, &event);
    }
}

void runner_feed(Runner *runner, Event *event)
{
    Arena arena;
    Plan plan = {.arena = &arena};

    arena_init(&arena);
    event->steady_us = clock_steady_us();
    event->wall_us = clock_wall_us();
    engine_step(runner->setup.engine, event, &plan);
    runner->deadline_us = plan.deadline_us;
    for (size_t i = 0; i < plan.count; i++)
        perform(runner, &plan.actions[i]);
    confirm_intents(runner, &plan);
    arena_done(&arena);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t turn_deadline(const Runner *runner)
{
    int64_t deadline = earlier(runner->deadline_us, contact_deadline(runner));

    if (runner->records.count > 0)
        deadline = earlier(deadline, runner->records.oldest_us + RECORDS_WAIT_US);
    return earlier(deadline, clock_steady_us() + TURN_LONGEST_US);
}

static void heed_interrupts(Runner *runner)
{
    Event event = {.kind = EVENT_INTERRUPT, .text = "interrupted by the operator"};

    if (runner->interrupts == 0 && loop_interrupts(runner->setup.loop) > 0) {
        runner->interrupts = 1;
        runner->interrupted_us = clock_steady_us();
        runner_feed(runner, &event);
    }
    if (runner->interrupts == 0)
        return;
    if (loop_interrupts(runner->setup.loop) > 1 ||
        clock_steady_us() - runner->interrupted_us >= INTERRUPT_WAIT_US) {
        event = (Event){.kind = EVENT_GIVE_UP,
                        .text = "interrupted by the operator before its effect could be seen"};
        runner_feed(runner, &event);
    }
}

static void turn(Runner *runner)
{
    loop_turn(runner->setup.loop, turn_deadline(runner));
    heed_interrupts(runner);
    contact_advance(runner);
    leftover_advance(runner);
    if (clock_steady_us() >= runner->deadline_us) {
        Event event = {.kind = EVENT_TIME};

        runner_feed(runner, &event);
    }
    looks_send(runner);
    send_log_lines(runner);
    if (runner->records.count > 0 &&
        clock_steady_us() >= runner->records.oldest_us + RECORDS_WAIT_US)
        (void) records_flush(runner); /* a failure is told at the end, and ends all signalling */
    if (runner->setup.on_turn)
        runner->setup.on_turn(runner->setup.context);
}

/* What is still on its way (log lines) is waited for, but not for long. */
static void drain(Runner *runner)
{
    int64_t deadline = clock_steady_us() + US_PER_S;

    looks_forget(runner);
    send_log_lines(runner);
    while (link_pending(runner->setup.link) > 0 && clock_steady_us() < deadline)
        loop_turn(runner->setup.loop, deadline);
    if (link_pending(runner->setup.link) > 0)
        link_stop(runner->setup.link); /* what has not come by now has nowhere to go to */
}

/* Has the server plan what will be sent, and so finds out, while nothing has been sent, whether
 * there still is contact: the operator may have been asked for long. */
static void prove_contact(Runner *runner)
{
    const size_t rounds = sizeof(runner->warm) / sizeof(runner->warm[0]);
    int64_t deadline = clock_steady_us() + CONTACT_WAIT_US;

    for (size_t i = 0; i < rounds; i++) {
        runner->warm[i].arena = &runner->signal_arena;
        ask_warm(runner->setup.link, &runner->warm[i]);
    }
    while (!runner->warm[rounds - 1].done && clock_steady_us() < deadline &&
           loop_interrupts(runner->setup.loop) == 0)
        loop_turn(runner->setup.loop, deadline);
    runner->distrusted = !runner->warm[rounds - 1].done;
    contact_advance(runner);
}

static void begin(Runner *runner)
{
    Event event = {.kind = EVENT_GO};

    prove_contact(runner);
    leftover_prepare(runner);
    heed_interrupts(runner);
    runner_feed(runner, &event);
    looks_send(runner);
}

bool runner_run(const RunnerSetup *setup, Err *err)
{
    Runner runner = {.setup = *setup, .world = *setup->world};

    arena_init(&runner.records.arena);
    arena_init(&runner.look_arena[0]);
    arena_init(&runner.look_arena[1]);
    arena_init(&runner.signal_arena);
    arena_init(&runner.contact_arena);
    strbuf_init(&runner.log_lines);
    begin(&runner);
    while (!engine_is_done(setup->engine))
        turn(&runner);
    drain(&runner);
    (void) records_flush(&runner);
    if (runner.audit_failed)
        *err = runner.audit_err;
    leftover_done(&runner);
    looks_done(&runner);
    strbuf_done(&runner.log_lines);
    arena_done(&runner.contact_arena);
    arena_done(&runner.signal_arena);
    arena_done(&runner.look_arena[0]);
    arena_done(&runner.look_arena[1]);
    arena_done(&runner.records.arena);
    return !runner.audit_failed;
}
