/* SPDX-License-Identifier: PostgreSQL */
/* Effect: from a signal to its effect seen, by a libpq program that polls as fast as it can and by
 * pgquell.
 *
 * Both are timed from when the statement that signals is sent, and from when its answer was read.
 * When pgquell sends is known from shim/sends.c. The floor is measured on a warm connection and,
 * for what a new one costs, on a fresh one. */
#include <jansson.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/timefmt.h"
#include "common/bench.h"

#define LIMIT 1.5
#define WARM_UP 3 /* rounds that do not count */
#define EFFECT_LONGEST_MS 10000.0

#define SERVER_CORE 1
#define VICTIM_CORE 0

#define PID_MAX 16

typedef enum Side {
    SIDE_FLOOR,
    SIDE_FRESH,
    SIDE_PGQUELL,
    SIDES
} Side;

typedef struct Kind {
    const char *name;    /* of pgquell's command and of its step */
    const char *outcome; /* what pgquell says of it */
    const char *signal;
    const char *over;       /* no row when the effect is there */
    const char *statement;  /* of the victim */
    bool waits;             /* the victim's statement does not end by itself */
    Series sent[SIDES];     /* the statement that signals sent -> effect seen */
    Series answered[SIDES]; /* its answer read -> effect seen */
    Series elapsed;         /* pgquell's elapsed_ms */
    Series process;         /* its whole process */
} Kind;

static Kind kinds[] = {
    {.name = "cancel",
     .outcome = "cancelled",
     .signal = "SELECT pg_cancel_backend($1::int4)",
     .over = "SELECT 1 FROM pg_stat_get_activity($1::int4) a WHERE a.state = 'active'",
     .statement = "SELECT pg_sleep(600)",
     .waits = true},
    {.name = "terminate",
     .outcome = "terminated",
     .signal = "SELECT pg_terminate_backend($1::int4)",
     .over = "SELECT 1 FROM pg_stat_get_activity($1::int4) a",
     .statement = "BEGIN; SELECT 1 FROM pg_class LIMIT 1"},
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

typedef struct Bench {
    PGconn *observer;
    PGconn *floor;
    PGconn *victim;
    char pid[PID_MAX];
    char sends[PATH_MAX]; /* the file that tells when pgquell sent */
    bool counts;          /* this round does */
} Bench;

static void prepare(PGconn *conn, const Kind *kind)
{
    bench_prepare(conn, kind->name, kind->signal);
    bench_prepare(conn, kind->outcome, kind->over);
}

static void pin(const char *pid, int core)
{
    cpu_set_t cores;

    CPU_ZERO(&cores);
    CPU_SET(core, &cores);
    if (sched_setaffinity((pid_t) strtol(pid, NULL, 10), sizeof(cores), &cores) != 0)
        printf("  process %s could not be bound to core %d\n", pid, core);
}

/* The postmaster, and so every session from now on. */
static void pin_server(PGconn *conn)
{
    PGresult *result = PQexec(conn, "SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)");

    if (PQntuples(result) != 1)
        bench_die("could not find the postmaster: %s", PQerrorMessage(conn));
    pin(PQgetvalue(result, 0, 0), SERVER_CORE);
    PQclear(result);
}

static bool has_row(PGconn *conn, const char *prepared, const char *pid)
{
    PGresult *result = bench_ask(conn, prepared, pid);
    bool row = PQntuples(result) > 0;

    PQclear(result);
    return row;
}

/* Until the victim is as the bench wants it: asleep, or idle in a transaction. */
static void await_victim(Bench *bench, const Kind *kind)
{
    double deadline = bench_now_ms() + EFFECT_LONGEST_MS;

    while (!has_row(bench->observer, kind->waits ? "asleep" : "in transaction", bench->pid))
        if (bench_now_ms() > deadline)
            bench_die("the victim of %s did not begin", kind->name);
}

static void ready_victim(Bench *bench, const Kind *kind)
{
    if (PQstatus(bench->victim) != CONNECTION_OK) {
        PQfinish(bench->victim);
        bench->victim = bench_connect("bench-victim");
    }
    (void) snprintf(bench->pid, sizeof(bench->pid), "%d", PQbackendPID(bench->victim));
    pin(bench->pid, VICTIM_CORE);
    if (kind->waits && PQsendQuery(bench->victim, kind->statement) != 1)
        bench_die("could not send: %s", PQerrorMessage(bench->victim));
    if (!kind->waits)
        bench_exec(bench->victim, kind->statement);
    await_victim(bench, kind);
}

/* Reads what came; a victim that was terminated learns it here. */
static void clear_victim(Bench *bench)
{
    PGresult *result;

    if (PQtransactionStatus(bench->victim) != PQTRANS_ACTIVE)
        PQclear(PQexec(bench->victim, "SELECT 1"));
    while ((result = PQgetResult(bench->victim)) != NULL)
        PQclear(result);
}

static void count(const Bench *bench, Series *series, double ms)
{
    if (bench->counts)
        series_add(series, ms);
}

static void run_floor(Bench *bench, Kind *kind, Side side)
{
    PGconn *conn = side == SIDE_FLOOR ? bench->floor : bench_connect("bench-fresh");
    double sent;
    double answered;
    double seen;

    if (side == SIDE_FRESH)
        prepare(conn, kind);
    sent = bench_now_ms();
    if (!has_row(conn, kind->name, bench->pid))
        bench_die("the signal was not sent");
    answered = bench_now_ms();
    while (has_row(conn, kind->outcome, bench->pid))
        if (bench_now_ms() > sent + EFFECT_LONGEST_MS)
            bench_die("%s had no effect", kind->name);
    seen = bench_now_ms();
    count(bench, &kind->answered[side], seen - answered);
    count(bench, &kind->sent[side], seen - sent);
    if (side == SIDE_FRESH)
        PQfinish(conn);
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

/* When the step was; the last one of that name. */
static int64_t step_at(const json_t *action, const char *name)
{
    int64_t at = 0;
    size_t index;
    json_t *step;

    json_array_foreach(json_object_get(action, "steps"), index,
                       step) if (strcmp(text_of(step, "step"), name) == 0 &&
                                 !instant_parse(text_of(step, "at"), &at))
        bench_die("a step has no time");
    if (at == 0)
        bench_die("there was no step \"%s\"", name);
    return at;
}

/* The last time that pgquell sent anything before then. */
static int64_t sent_before(const char *path, int64_t answered_us)
{
    FILE *file = fopen(path, "r");
    int64_t sent_us = 0;
    int64_t at_us;

    if (!file)
        bench_die("could not read %s", path);
    while (fread(&at_us, sizeof(at_us), 1, file) == 1)
        if (at_us <= answered_us && at_us > sent_us)
            sent_us = at_us;
    (void) fclose(file);
    if (sent_us == 0)
        bench_die("%s does not tell what was sent", path);
    return sent_us;
}

static void count_steps(const Bench *bench, Kind *kind, const json_t *action)
{
    int64_t answered = step_at(action, kind->name);
    int64_t seen = step_at(action, "observe");
    int64_t sent = sent_before(bench->sends, answered);

    count(bench, &kind->sent[SIDE_PGQUELL], (double) (seen - sent) / (double) US_PER_MS);
    count(bench, &kind->answered[SIDE_PGQUELL], (double) (seen - answered) / (double) US_PER_MS);
    count(bench, &kind->elapsed, json_number_value(json_object_get(action, "elapsed_ms")));
}

static void run_pgquell_once(Bench *bench, Kind *kind)
{
    static Run run;
    const char *argv[] = {run_pgquell(), kind->name, bench->pid, "--json", "--yes", NULL};
    json_t *action;

    run_program(argv, &run);
    action = json_loads(run.output, JSON_DISABLE_EOF_CHECK, NULL);
    if (run.status != 0 || strcmp(text_of(action, "outcome"), kind->outcome) != 0)
        bench_die("pgquell %s did not do it: %s", kind->name, run.output);
    count_steps(bench, kind, action);
    count(bench, &kind->process, run.whole_ms);
    json_decref(action);
}

/* The sides take turns, each round in another order. */
static void run_round(Bench *bench, int round)
{
    for (size_t i = 0; i < KINDS * SIDES; i++) {
        Kind *kind = &kinds[i / SIDES];
        Side side = (Side) ((i + (size_t) round) % SIDES);

        ready_victim(bench, kind);
        if (side == SIDE_PGQUELL)
            run_pgquell_once(bench, kind);
        else
            run_floor(bench, kind, side);
        clear_victim(bench);
    }
}

static void report(Kind *kind)
{
    char what[64];

    (void) snprintf(what, sizeof(what), "effect-latency %s, sent to seen", kind->name);
    bench_verdict(what, &kind->sent[SIDE_FLOOR], &kind->sent[SIDE_PGQUELL], LIMIT);
    (void) snprintf(what, sizeof(what), "effect-latency %s, answered to seen", kind->name);
    bench_verdict(what, &kind->answered[SIDE_FLOOR], &kind->answered[SIDE_PGQUELL], LIMIT);
    printf("  beside it, the floor on a fresh connection: sent to seen %.2f ms, answered to seen "
           "%.2f ms\n",
           series_median(&kind->sent[SIDE_FRESH]), series_median(&kind->answered[SIDE_FRESH]));
    printf("  fixed cost around it: pgquell's elapsed_ms %.2f ms, its whole process %.2f ms (%zu "
           "rounds)\n",
           series_median(&kind->elapsed), series_median(&kind->process), kind->process.count);
    for (int side = 0; side < SIDES; side++) {
        series_done(&kind->sent[side]);
        series_done(&kind->answered[side]);
    }
    series_done(&kind->elapsed);
    series_done(&kind->process);
}

/* What pgquell is run with, and where its sends are told. */
static void preload(Bench *bench)
{
    const char *directory = getenv("PGQUELL_BENCH");
    char library[PATH_MAX];
    int fd;

    (void) snprintf(library, sizeof(library), "%s/libbench-sends.so",
                    directory ? directory : "build/bench");
    (void) snprintf(bench->sends, sizeof(bench->sends), "%s/bench-sends.XXXXXX",
                    getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    fd = mkstemp(bench->sends);
    if (access(library, R_OK) != 0 || fd < 0)
        bench_die("could not use %s and %s", library, bench->sends);
    (void) close(fd);
    (void) setenv("BENCH_SENDS", bench->sends, 1);
    (void) setenv("LD_PRELOAD", library, 1);
}

int main(void)
{
    Bench bench = {.observer = bench_connect("bench-observer")};
    int rounds = bench_setting("BENCH_ROUNDS", 150);

    pin_server(bench.observer);
    bench.floor = bench_connect("bench-floor");
    bench.victim = bench_connect("bench-victim");
    preload(&bench);
    bench_prepare(bench.observer, "asleep",
                  "SELECT 1 FROM pg_stat_get_activity($1::int4) a "
                  "WHERE a.state = 'active' AND a.wait_event = 'PgSleep'");
    bench_prepare(
        bench.observer, "in transaction",
        "SELECT 1 FROM pg_stat_get_activity($1::int4) a WHERE a.state = 'idle in transaction'");
    for (size_t i = 0; i < KINDS; i++)
        prepare(bench.floor, &kinds[i]);
    for (int round = 0; round < rounds + WARM_UP; round++) {
        bench.counts = round >= WARM_UP;
        run_round(&bench, round);
    }
    for (size_t i = 0; i < KINDS; i++)
        report(&kinds[i]);
    (void) unlink(bench.sends);
    PQfinish(bench.victim);
    PQfinish(bench.floor);
    PQfinish(bench.observer);
    return 0;
}
