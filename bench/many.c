/* SPDX-License-Identifier: PostgreSQL */
/* Many: a thousand idle sessions ended by one statement and polling, and by pgquell, which also
 * records and verifies each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/timefmt.h"
#include "common/bench.h"

#define LIMIT 2.0
#define APPLICATION "bench-crowd"
#define GONE_LONGEST_MS 60000.0
#define POLL_PAUSE_MS 2 /* so that polling does not take the core from those who end */

static int count_crowd(PGconn *conn)
{
    PGresult *result = bench_ask(conn, "count", APPLICATION);
    int count = (int) strtol(PQgetvalue(result, 0, 0), NULL, 10);

    PQclear(result);
    return count;
}

static void await_gone(PGconn *conn, double deadline_ms)
{
    const struct timespec pause = {.tv_nsec = POLL_PAUSE_MS * US_PER_MS * 1000};

    while (count_crowd(conn) > 0) {
        if (bench_now_ms() > deadline_ms)
            bench_die("the crowd did not go");
        (void) nanosleep(&pause, NULL);
    }
}

static double floor_ms(PGconn *conn)
{
    double begun = bench_now_ms();

    PQclear(bench_ask(conn, "terminate", APPLICATION));
    await_gone(conn, begun + GONE_LONGEST_MS);
    return bench_now_ms() - begun;
}

static double pgquell_ms(PGconn *conn)
{
    static Run run;
    const char *argv[] = {run_pgquell(), "terminate", "--application", APPLICATION, "--limit",
                          "1000000",     "--pace",    "100000",        "--yes",     "--quiet",
                          NULL};

    run_program(argv, &run);
    if (run.status != 0 || count_crowd(conn) > 0)
        bench_die("pgquell terminate left with %d and %d sessions", run.status, count_crowd(conn));
    return run.whole_ms;
}

static double run_side(PGconn *conn, bool ours, int sessions)
{
    Crowd crowd;
    double ms;

    crowd_gather(&crowd, (size_t) sessions, APPLICATION);
    if (count_crowd(conn) != sessions)
        bench_die("the crowd has %d sessions, not %d", count_crowd(conn), sessions);
    ms = ours ? pgquell_ms(conn) : floor_ms(conn);
    crowd_dismiss(&crowd);
    return ms;
}

int main(void)
{
    int rounds = bench_setting("BENCH_ROUNDS", 5);
    int sessions = bench_setting("BENCH_SESSIONS", 1000);
    PGconn *conn = bench_connect("bench-floor");
    Series sides[2] = {{0}, {0}};
    char what[64];

    bench_prepare(conn, "count",
                  "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1");
    bench_prepare(
        conn, "terminate",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1");
    for (int i = 0; i < 2 * rounds; i++) {
        int ours = (i + i / 2) % 2; /* each round begins with the other side */
        double ms = run_side(conn, ours, sessions);

        printf("  round %d, %s: %.0f ms\n", i / 2 + 1, ours ? "pgquell" : "floor", ms);
        (void) fflush(stdout);
        series_add(&sides[ours], ms);
    }
    (void) snprintf(what, sizeof(what), "terminate %d sessions", sessions);
    bench_verdict(what, &sides[0], &sides[1], LIMIT);
    series_done(&sides[0]);
    series_done(&sides[1]);
    PQfinish(conn);
    return 0;
}
