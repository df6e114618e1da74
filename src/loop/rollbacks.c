/* SPDX-License-Identifier: PostgreSQL */
/* Rollbacks: performs what core/rollback.h decides. */
#include "loop/rollbacks.h"

#include <string.h>

#include "base/text.h"
#include "pg/ask.h"
#include "pg/ask_locks.h"
#include "pg/ask_rollback.h"
#include "ui/json.h"
#include "ui/rollbacks.h"

/* Between two looks at one that somebody else is ending, and between two tries to connect. */
#define PAUSE_US (100 * US_PER_MS)

/* How long a line for the server's log is waited for at the end. */
#define LOG_WAIT_US US_PER_S

typedef struct Runs {
    const RollbacksSetup *setup;
    Arena arena; /* of the whole run: log lines on their way */
    bool audit_failed;
    Err audit_err;
} Runs;

/* One of them on its way. */
typedef struct Run {
    Runs *runs;
    Rollback *rollback;
    size_t index;
    Arena arena; /* answers; freed only after the link that fills them */
    Link *link;  /* to its database; NULL: not tried yet */
    int64_t deadline_us;
    size_t recorded; /* steps that are on record */
} Run;

static Moment moment(void)
{
    return (Moment){.steady_us = clock_steady_us(), .wall_us = clock_wall_us()};
}

static void append(Run *run, RecordKind kind, json_t *body)
{
    Runs *runs = run->runs;
    const RollbacksSetup *setup = runs->setup;
    const char *gid = text_cleaned(&run->arena, run->rollback->before.gid);
    Record record = {
        .at_us = clock_wall_us(),
        .run = setup->mandate->run,
        .target = (int) run->index,
        .kind = kind,
        .session = arena_printf(&run->arena, "prepared %s", gid),
        .body = json_text(&run->arena, body),
    };

    if (!runs->audit_failed)
        runs->audit_failed = !store_append(setup->store, &record, 1, &run->arena, &runs->audit_err);
}

static void tell_mandate(Run *run, json_t *body)
{
    const RollbacksSetup *setup = run->runs->setup;

    json_object_set_new(body, "command", json_string("rollback-prepared"));
    json_object_set_new(body, "scope", json_string("transaction"));
    mandate_tell(body, setup->mandate, setup->world, setup->link, &run->arena);
}

static void record_intent(Run *run)
{
    const Rollback *rollback = run->rollback;
    json_t *body = json_object();

    tell_mandate(run, body);
    json_object_set_new(body, "remedy", json_string(step_name(STEP_ROLLBACK)));
    json_object_set_new(body, "reason", json_string(rollback->reason));
    json_object_set_new(body, "prepared", json_prepared(&rollback->before, clock_wall_us()));
    json_object_set_new(body, "locks", json_integer(rollback->before.locks));
    json_object_set_new(body, "waiters", json_integer(rollback->waiters_before));
    json_object_set_new(body, "consequences", json_consequences(&rollback->foreseen));
    append(run, RECORD_INTENT, body);
}

static void record_steps(Run *run)
{
    for (; run->recorded < run->rollback->step_count; run->recorded++) {
        const Step *step = &run->rollback->steps[run->recorded];
        json_t *body = json_object();
        char at[INSTANT_TEXT_MAX];

        json_object_set_new(body, "at", json_string(instant_format(step->wall_us, at)));
        json_object_set_new(body, "step", json_string(step_name(step->kind)));
        json_object_set_new(body, "result", json_string(step->result));
        append(run, step->kind == STEP_ROLLBACK ? RECORD_SIGNAL : RECORD_OBSERVATION, body);
    }
}

static void record_outcome(Run *run)
{
    json_t *body = rollbacks_json(run->rollback);

    tell_mandate(run, body);
    append(run, RECORD_OUTCOME, body);
}

static void on_log(Answer *answer)
{
    const RollbacksSetup *setup = answer->owner;

    if (answer->failed && !answer->lost)
        *setup->ret_log_err = answer->err; /* the trail is ours, so nothing else changes */
}

static void send_log_line(const Run *run)
{
    Runs *runs = run->runs;
    const RollbacksSetup *setup = runs->setup;
    const Mandate *mandate = setup->mandate;
    const Prepared *before = &run->rollback->before;
    char *(*fit)(Arena *, const char *) = mandate->utf8 ? text_cleaned : text_as_ascii;
    Answer *answer;

    if (!mandate->log_on_server || link_state(setup->link) != LINK_READY)
        return;
    answer = ARENA_NEW(&runs->arena, Answer);
    answer->arena = &runs->arena;
    answer->on_done = on_log;
    answer->owner = (void *) setup;
    ask_log(setup->link, answer,
            arena_printf(&runs->arena,
                         "pgquell: rollback prepared sent to transaction \"%s\" (xid %u) %s",
                         fit(&runs->arena, before->gid), (unsigned int) before->xid,
                         mandate_signature(mandate, store_head(setup->store), &runs->arena)));
}

/* Before anything was sent the first Ctrl-C counts, afterwards the second: what was sent is waited
 * for. */
static bool is_late(const Run *run)
{
    unsigned int patience = run->rollback->sent ? 1 : 0;

    return clock_steady_us() >= run->deadline_us ||
           loop_interrupts(run->runs->setup->loop) > patience;
}

static void turn(const Run *run, int64_t until_us)
{
    loop_turn(run->runs->setup->loop, until_us < run->deadline_us ? until_us : run->deadline_us);
}

/* Whether it came; not when the connection broke or the time is up. */
static bool await(const Run *run, const Answer *answer)
{
    while (!answer->done && !is_late(run))
        turn(run, TIME_NEVER);
    return answer->done && !answer->lost;
}

static void pause_for(const Run *run, int64_t pause_us)
{
    int64_t until_us = clock_steady_us() + pause_us;

    while (clock_steady_us() < until_us && !is_late(run))
        turn(run, until_us);
}

/* That it is the same cluster, and one where prepared transactions show; else what it is. */
static const char *not_the_server(const World *world, const WorldAnswer *hello,
                                  const SystemAnswer *system)
{
    uint64_t identifier = system->system_identifier;

    if (hello->answer.failed)
        return hello->answer.err.message;
    if (identifier != 0 && world->system_identifier != 0 && identifier != world->system_identifier)
        return "another server answers now";
    if (identifier == 0 && hello->world.postmaster_start != world->postmaster_start)
        return "another server, or the same one started anew, answers now";
    return hello->world.standby ? "a standby answers now, where none shows" : NULL;
}

/* Our session's settings, and which server it is; `why` says what is wrong with it. */
static bool greet(Run *run, const char **why)
{
    WorldAnswer *hello = ARENA_NEW(&run->arena, WorldAnswer);
    SystemAnswer *system = ARENA_NEW(&run->arena, SystemAnswer);

    hello->answer.arena = system->answer.arena = &run->arena;
    ask_world(run->link, hello);
    ask_system(run->link, system);
    if (!await(run, &hello->answer) || !await(run, &system->answer))
        return false;
    *why = not_the_server(run->runs->setup->world, hello, system);
    return *why == NULL;
}

/* The link to its database, made at the first try; NULL without contact to the server. */
static bool prepare_link(Run *run)
{
    const RollbacksSetup *setup = run->runs->setup;

    if (run->link)
        return true;
    if (link_state(setup->link) != LINK_READY || !loop_has_room(setup->loop))
        return false;
    run->link = link_sibling(setup->link, run->rollback->before.database);
    loop_add(setup->loop, run->link);
    return true;
}

/* A connection to its database. Where it is refused, `why` says how. */
static bool reach(Run *run, const char **why)
{
    *why = "contact with the server was lost";
    if (!prepare_link(run))
        return false;
    *why = NULL;
    link_start(run->link);
    while (link_state(run->link) != LINK_READY && link_state(run->link) != LINK_BROKEN &&
           !is_late(run))
        turn(run, TIME_NEVER);
    if (link_state(run->link) == LINK_BROKEN)
        *why = arena_strdup(&run->arena, link_error(run->link)->message);
    else if (link_state(run->link) == LINK_READY && greet(run, why))
        return true;
    link_stop(run->link);
    return false;
}

static const Prepared *found(const PreparedAnswer *answer, const char *gid)
{
    for (size_t i = 0; i < answer->count; i++)
        if (strcmp(answer->prepared[i].gid, gid) == 0)
            return &answer->prepared[i];
    return NULL;
}

static bool is_connected(const Run *run)
{
    return run->link && link_state(run->link) == LINK_READY;
}

/* Looks; where that fails the connection is given up, and the next look makes another. */
static RollbackNext look(Run *run)
{
    PreparedAnswer *answer = ARENA_NEW(&run->arena, PreparedAnswer);
    const char *why = NULL;

    if (!is_connected(run) && !reach(run, &why)) {
        if (why && !run->rollback->sent)
            return rollback_unreachable(run->rollback, why, moment());
        pause_for(run, PAUSE_US);
        return ROLLBACK_LOOK;
    }
    answer->answer.arena = &run->arena;
    ask_prepared(run->link, answer);
    if (await(run, &answer->answer) && !answer->answer.failed)
        return rollback_looked(run->rollback, found(answer, run->rollback->before.gid), moment());
    link_stop(run->link);
    pause_for(run, PAUSE_US);
    return ROLLBACK_LOOK;
}

static RollbackNext send_it(Run *run)
{
    Answer *answer = ARENA_NEW(&run->arena, Answer);
    RollbackAnswer how;

    answer->arena = &run->arena;
    ask_rollback_prepared(run->link, answer, run->rollback->before.gid);
    (void) await(run, answer);
    how = rollback_answer_of(answer);
    if (how == ROLLBACK_DONE || how == ROLLBACK_UNANSWERED)
        send_log_line(run);
    if (how == ROLLBACK_UNANSWERED)
        link_stop(run->link);
    return rollback_answered(run->rollback, how, answer->err.message, moment());
}

static void pursue(Run *run)
{
    RollbackNext next = rollback_begin(run->rollback, moment());

    run->deadline_us = clock_steady_us() + run->runs->setup->timeout_us;
    while (next != ROLLBACK_END && !is_late(run)) {
        if (run->rollback->seen_after)
            pause_for(run, PAUSE_US);
        next = next == ROLLBACK_SEND ? send_it(run) : look(run);
        record_steps(run);
    }
    if (next != ROLLBACK_END)
        rollback_late(run->rollback, moment());
}

static void run_one(Runs *runs, size_t index)
{
    const RollbacksSetup *setup = runs->setup;
    Run run = {.runs = runs, .rollback = &setup->list[index], .index = index};

    arena_init(&run.arena);
    if (run.rollback->planned && loop_interrupts(setup->loop) == 0)
        record_intent(&run);
    if (runs->audit_failed)
        rollback_hold(run.rollback, "the audit store failed", moment());
    else if (run.rollback->planned && loop_interrupts(setup->loop) > 0)
        rollback_hold(run.rollback, "interrupted by the operator", moment());
    else
        pursue(&run);
    record_outcome(&run);
    if (run.link) {
        loop_remove(setup->loop, run.link);
        link_free(run.link);
    }
    arena_done(&run.arena); /* after the link, which fills it */
    setup->on_done(setup->context, run.rollback);
}

bool rollbacks_run(const RollbacksSetup *setup, Err *err)
{
    Runs runs = {.setup = setup};
    int64_t deadline_us;

    arena_init(&runs.arena);
    for (size_t i = 0; i < setup->count; i++)
        run_one(&runs, i);
    deadline_us = clock_steady_us() + LOG_WAIT_US;
    while (link_pending(setup->link) > 0 && clock_steady_us() < deadline_us)
        loop_turn(setup->loop, deadline_us);
    if (link_pending(setup->link) > 0)
        link_stop(setup->link); /* what has not come by now has nowhere to go to */
    arena_done(&runs.arena);
    if (runs.audit_failed)
        *err = runs.audit_err;
    return !runs.audit_failed;
}
