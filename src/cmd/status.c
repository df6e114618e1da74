/* SPDX-License-Identifier: PostgreSQL */
/* status: what is wrong, worst first, and what would fix it. */
#include "ui/status.h"

#include <stdio.h>

#include "cmd/command.h"
#include "cmd/poolers.h"
#include "cmd/reach.h"
#include "cmd/waiting.h"
#include "cmd/watching.h"
#include "pg/ask_server.h"
#include "ui/json.h"

#define STATEMENT_US (60 * US_PER_S)
#define TRANSACTION_US (300 * US_PER_S)
#define IN_STATE_US (10 * US_PER_S)
#define LOOKS_MORE 2 /* at what may stand still */
#define LOOK_PAUSE_US (100 * US_PER_MS)

/* One look at everything. */
typedef struct Seen {
    ServerAnswer server;
    Waiting waiting;
    TriageFacts facts;
    TriageLimits limits;
    Triage triage;
} Seen;

static int64_t given_or(int64_t given_us, int64_t default_us)
{
    return given_us == TIME_UNKNOWN ? default_us : given_us;
}

static TriageLimits limits_of(const Settings *settings)
{
    const int64_t *ages = settings->filter.ages;

    return (TriageLimits){
        .statement_us = given_or(ages[FILTER_STATEMENT_AGE], STATEMENT_US),
        .transaction_us = given_or(ages[FILTER_TRANSACTION_AGE], TRANSACTION_US),
        .in_state_us = given_or(ages[FILTER_STATE_AGE], IN_STATE_US),
        .xids = settings->xmin_behind,
        .targets = settings->limit,
    };
}

static const Session *session_of(const Session *sessions, size_t count, int pid)
{
    for (size_t i = 0; i < count; i++)
        if (sessions[i].pid == pid)
            return &sessions[i];
    return NULL;
}

/* Keeps those of the pids that stand still from what was seen first to now; answers how many. */
static size_t keep_unmoved(const Scene *scene, const SessionsAnswer *now, int *pids, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        const Session *before = session_of(scene->sessions, scene->session_count, pids[i]);

        if (triage_stands_still(before, session_of(now->sessions, now->count, pids[i])))
            pids[kept++] = pids[i];
    }
    return kept;
}

static bool pause_and_look(Scene *scene, SessionsAnswer *look, const int *pids, size_t count,
                           Err *err)
{
    int64_t due_us = clock_steady_us() + LOOK_PAUSE_US;

    while (clock_steady_us() < due_us && loop_interrupts(scene->loop) == 0)
        loop_turn(scene->loop, due_us);
    look->answer.arena = &scene->arena;
    ask_look(scene->link, look, pids, count);
    return scene_await(scene, &look->answer, err);
}

/* One look cannot tell a slow client from a stuck one. */
static bool look_again(Scene *scene, Seen *seen, Err *err)
{
    const int *suspects;
    size_t count = triage_suspects(&seen->facts, &seen->limits, &scene->arena, &suspects);
    int *pids = ARENA_ARRAY(&scene->arena, int, count + 1);

    for (size_t i = 0; i < count; i++)
        pids[i] = suspects[i];
    for (int look = 0; look < LOOKS_MORE && count > 0; look++) {
        SessionsAnswer *now = ARENA_NEW(&scene->arena, SessionsAnswer);

        if (!pause_and_look(scene, now, pids, count, err))
            return false;
        count = keep_unmoved(scene, now, pids, count);
    }
    seen->facts.unmoved = pids;
    seen->facts.unmoved_count = count;
    return true;
}

/* The server's answer comes in front of the sessions', in the same flight. */
static bool see(Scene *scene, Seen *seen, Err *err)
{
    seen->limits = limits_of(scene->settings);
    seen->server.answer.arena = &scene->arena;
    ask_server(scene->link, &seen->server);
    if (!scene_snapshot(scene, false, err) || !scene_await(scene, &seen->server.answer, err) ||
        !scene_pooled(scene, err) || !waiting_learn(scene, &seen->waiting, err))
        return false;
    seen->facts = (TriageFacts){.world = &scene->world,
                                .server = &seen->server.server,
                                .sessions = scene->sessions,
                                .session_count = scene->session_count,
                                .prepared = seen->waiting.prepared,
                                .prepared_count = seen->waiting.prepared_count,
                                .waits = &seen->waiting.waits,
                                .now_us = scene->server_us,
                                .reason_demand = scene->reason_demand};
    if (!look_again(scene, seen, err))
        return false;
    seen->triage = triage_of(&seen->facts, &seen->limits, &scene->arena);
    return true;
}

static void print_json(FILE *out, const StatusPage *page)
{
    bool written = json_print(out, status_json_head(page));

    for (size_t i = 0; i < page->triage->count && written; i++)
        written = json_print(out, status_json_finding(page, &page->triage->findings[i]));
}

static bool draw(Scene *scene, FILE *out, void *context, Err *err)
{
    Seen *seen = ARENA_NEW(&scene->arena, Seen);
    StatusPage page = {.world = &scene->world};

    if (!see(scene, seen, err))
        return false;
    page.cluster = reach_name(scene, seen->server.server.cluster_name, &scene->arena);
    page.server = &seen->server.server;
    page.triage = &seen->triage;
    page.connection = reach_options(scene->settings, &scene->arena, &page.connection_count);
    page.now_us = scene->server_us;
    page.pooled = scene->settings->pgbouncer_count > 0;
    *(size_t *) context = seen->triage.count;
    if (scene->settings->json)
        print_json(out, &page);
    else if (!scene->settings->quiet)
        status_print(out, &page, &scene->look);
    return true;
}

static ErrCode run(Scene *scene, Err *err)
{
    const Settings *settings = scene->settings;
    size_t findings = 0;

    if (settings->word_count > 0) {
        (void) err_set(err, ERR_USAGE, "unexpected word \"%s\"", settings->words[0]);
        return ERR_USAGE;
    }
    if (settings->watch_us > 0)
        return watching_run(scene, draw, &findings, err);
    if (!watching_once(scene, draw, &findings, err))
        return err->code;
    return findings > 0 ? ERR_UNRESOLVED : ERR_NONE;
}

const Command command_status = {
    .name = "status",
    .summary = "what is wrong, worst first, and what would fix it",
    .arguments = "",
    .details =
        "One screen: who blocks whom, forgotten, aborted, long and prepared transactions, runaway "
        "and stuck statements, connections near their limit, and who keeps old rows; each with "
        "the command that fixes it. The limits are by default: statements 1min, transactions "
        "5min, in their state (also prepared, aborted, stuck) 10s. Exit status 1 when something "
        "was found. This is what pgquell runs without a command.",
    .options = OPTION_AGES | OPTION_XMIN | OPTION_WATCH | OPTION_OUTPUT | OPTION_CONNECTION,
    .needs = NEEDS_CONNECTION,
    .run = run,
};
