/* SPDX-License-Identifier: PostgreSQL */
/* Startup: from start to the first byte of output, `pgquell ps` and `psql -c` with its query; and
 * how large `pgquell ps` gets. */
#include <stdio.h>
#include <stdlib.h>

#include "common/bench.h"
#include "pg/sql.h"

#define LIMIT 1.5
#define RSS_LIMIT_MB 16.0
#define KB_PER_MB 1024.0

#define PSQL "/usr/lib/postgresql/15/bin/psql" /* not Debian's wrapper in Perl */

typedef enum Side {
    SIDE_PSQL,
    SIDE_UNALIGNED,
    SIDE_PGQUELL,
    SIDES
} Side;

typedef struct Figures {
    Series first[SIDES];
    Series whole[SIDES];
    double rss_mb;
} Figures;

static void run_side(Side side, const char *sql, Figures *figures)
{
    static Run run;
    const char *psql[] = {PSQL, "-X", "-c", sql, NULL};
    const char *unaligned[] = {PSQL, "-X", "-At", "-c", sql, NULL};
    const char *pgquell[] = {run_pgquell(), "ps", NULL};
    const char *const *const argv[] = {psql, unaligned, pgquell};

    run_program(argv[side], &run);
    if (run.status != 0)
        bench_die("%s left with %d", argv[side][0], run.status);
    series_add(&figures->first[side], run.first_ms);
    series_add(&figures->whole[side], run.whole_ms);
    if (side == SIDE_PGQUELL && (double) run.rss_kb / KB_PER_MB > figures->rss_mb)
        figures->rss_mb = (double) run.rss_kb / KB_PER_MB;
}

static void report(Figures *figures, int sessions)
{
    char what[64];

    (void) snprintf(what, sizeof(what), "ps to first output, %d sessions", sessions);
    bench_verdict(what, &figures->first[SIDE_PSQL], &figures->first[SIDE_PGQUELL], LIMIT);
    printf("  beside it: psql -At %.2f ms; whole process: psql %.2f ms, psql -At %.2f ms, pgquell "
           "%.2f ms\n",
           series_median(&figures->first[SIDE_UNALIGNED]),
           series_median(&figures->whole[SIDE_PSQL]),
           series_median(&figures->whole[SIDE_UNALIGNED]),
           series_median(&figures->whole[SIDE_PGQUELL]));
    printf("ps resident, %d sessions: %.1f MB (limit %.0f MB)%s\n", sessions, figures->rss_mb,
           RSS_LIMIT_MB, figures->rss_mb > RSS_LIMIT_MB ? ", over the limit" : "");
    for (int side = 0; side < SIDES; side++) {
        series_done(&figures->first[side]);
        series_done(&figures->whole[side]);
    }
}

int main(void)
{
    int rounds = bench_setting("BENCH_ROUNDS", 30);
    int sessions[] = {1, bench_setting("BENCH_SESSIONS", 1000)};
    PGconn *conn = bench_connect("bench-version");
    StrBuf sql;

    strbuf_init(&sql);
    sql_text(&sql, SQL_SESSIONS, PQserverVersion(conn));
    PQfinish(conn);
    for (size_t i = 0; i < sizeof(sessions) / sizeof(sessions[0]); i++) {
        Figures figures = {0};
        Crowd crowd;

        crowd_gather(&crowd, (size_t) sessions[i], "bench-crowd");
        for (int run = 0; run < rounds * SIDES; run++)
            run_side((Side) ((run + run / SIDES) % SIDES), sql.text, &figures);
        crowd_dismiss(&crowd);
        report(&figures, sessions[i]);
    }
    strbuf_done(&sql);
    return 0;
}
