/* SPDX-License-Identifier: PostgreSQL */
/* Status: `pgquell status` with a thousand sessions of which two hundred wait for one lock, beside
 * `psql -c "SELECT * FROM pg_stat_activity"`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/timefmt.h"
#include "common/bench.h"

#define LIMIT 3.0
#define QUEUE_LONGEST_MS 60000.0
#define POLL_PAUSE_MS 20
#define SETTLE_MS 1100 /* a wait is a finding after a second */

#define PSQL "/usr/lib/postgresql/15/bin/psql" /* not Debian's wrapper in Perl */

/* What the waiters want, and what the one in front of them holds. */
typedef struct Trouble {
    const char *name;
    const char *held;
    const char *wanted;
} Trouble;

static const Trouble troubles[] = {
    {"for a table", "LOCK bench_queue IN ACCESS EXCLUSIVE MODE",
     "SELECT count(*) FROM bench_queue"},
    {"for a row", "UPDATE bench_queue SET n = n", "UPDATE bench_queue SET n = n"},
};

static void pause_ms(long ms)
{
    const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * US_PER_MS * 1000};

    (void) nanosleep(&pause, NULL);
}

static int count_waiters(PGconn *conn)
{
    PGresult *result = bench_ask(conn, "waiters", "Lock");
    int count = (int) strtol(PQgetvalue(result, 0, 0), NULL, 10);

    PQclear(result);
    return count;
}

static void await_queue(PGconn *conn, int waiters)
{
    double deadline_ms = bench_now_ms() + QUEUE_LONGEST_MS;

    while (count_waiters(conn) < waiters) {
        if (bench_now_ms() > deadline_ms)
            bench_die("%d of %d wait", count_waiters(conn), waiters);
        pause_ms(POLL_PAUSE_MS);
    }
    pause_ms(SETTLE_MS);
}

static double run_side(bool ours, int waiters)
{
    static Run run;
    const char *psql[] = {PSQL, "-X", "-c", "SELECT * FROM pg_stat_activity", NULL};
    const char *pgquell[] = {run_pgquell(), "status", NULL};
    char expected[64];

    run_program(ours ? pgquell : psql, &run);
    if (run.status != (ours ? 1 : 0))
        bench_die("%s left with %d: %s", ours ? "pgquell" : "psql", run.status, run.output);
    (void) snprintf(expected, sizeof(expected), "%d sessions wait behind", waiters);
    if (ours && !strstr(run.output, expected))
        bench_die("no \"%s\" in: %s", expected, run.output);
    return run.whole_ms;
}

static void run_trouble(PGconn *conn, const Trouble *trouble, int sessions, int waiters)
{
    int rounds = bench_setting("BENCH_ROUNDS", 30);
    PGconn *holder = bench_connect("bench-holder");
    Series sides[2] = {{0}, {0}};
    Crowd idle;
    Crowd queue;
    char what[96];

    bench_exec(holder, "BEGIN");
    bench_exec(holder, trouble->held);
    crowd_gather(&idle, (size_t) (sessions - waiters), "bench-crowd");
    crowd_send(&queue, (size_t) waiters, "bench-queue", trouble->wanted);
    await_queue(conn, waiters);
    for (int i = 0; i < 2 * rounds; i++) {
        int ours = (i + i / 2) % 2; /* each round begins with the other side */

        series_add(&sides[ours], run_side(ours, waiters));
    }
    (void) snprintf(what, sizeof(what), "status, %d sessions, %d of them wait %s", sessions,
                    waiters, trouble->name);
    bench_verdict(what, &sides[0], &sides[1], LIMIT);
    (void) fflush(stdout);
    bench_exec(holder, "ROLLBACK");
    PQfinish(holder);
    crowd_dismiss(&queue);
    crowd_dismiss(&idle);
    series_done(&sides[0]);
    series_done(&sides[1]);
}

int main(void)
{
    int sessions = bench_setting("BENCH_SESSIONS", 1000);
    int waiters = bench_setting("BENCH_WAITERS", sessions / 5);
    PGconn *conn = bench_connect("bench-watcher");

    bench_prepare(conn, "waiters",
                  "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = $1");
    bench_exec(conn, "CREATE TABLE bench_queue (n int)");
    bench_exec(conn, "INSERT INTO bench_queue VALUES (0)");
    for (size_t i = 0; i < sizeof(troubles) / sizeof(troubles[0]); i++)
        run_trouble(conn, &troubles[i], sessions, waiters);
    PQfinish(conn);
    return 0;
}
