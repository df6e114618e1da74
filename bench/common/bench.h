/* SPDX-License-Identifier: PostgreSQL */
/* Bench: what the programs share: series of figures, verdicts, connections, other programs' runs,
 * crowds.
 *
 * Connections are made as the PG* variables say. What fails ends the program with a message. */
#ifndef PGQUELL_BENCH_COMMON_BENCH_H
#define PGQUELL_BENCH_COMMON_BENCH_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Figures of one kind, usually milliseconds. Zeroed, it is empty. */
typedef struct Series {
    double *values;
    size_t count;
    size_t capacity;
} Series;

void series_add(Series *series, double value);
void series_done(Series *series);
double series_median(Series *series); /* sorts it; 0 when empty */

double bench_now_ms(void);
void bench_die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* Whole number from the environment or the default: so that a run can be made shorter or longer. */
int bench_setting(const char *name, int default_value);

/* `what: floor 0.31 ms, pgquell 0.38 ms, ratio 1.22 (limit 1.5)`, of the medians. */
void bench_verdict(const char *what, Series *floor, Series *ours, double limit);

PGconn *bench_connect(const char *application);
void bench_exec(PGconn *conn, const char *sql);
/* A prepared statement with one parameter; the caller clears the result. */
PGresult *bench_ask(PGconn *conn, const char *prepared, const char *parameter);
void bench_prepare(PGconn *conn, const char *name, const char *sql);

/* A program's run, its output read from a pipe. */
#define RUN_OUTPUT_MAX 65536 /* kept of it, with the terminator; the rest is read and dropped */

typedef struct Run {
    double first_ms; /* to the first byte of output */
    double whole_ms;
    long rss_kb; /* the largest it was resident; needs a small parent, whose size at fork counts too
                  */
    int status;  /* exit status, 128 and more for a signal */
    char output[RUN_OUTPUT_MAX];
} Run;

void run_program(const char *const argv[], Run *run);
const char *run_pgquell(void); /* the binary, from PGQUELL */

/* Idle sessions of one application name, held by a process of their own. */
typedef struct Crowd {
    pid_t pid;
    int hold; /* the holder ends when this is closed */
} Crowd;

void crowd_gather(Crowd *crowd, size_t count, const char *application);
/* The same, each with this statement sent, which is not waited for. */
void crowd_send(Crowd *crowd, size_t count, const char *application, const char *sql);
void crowd_dismiss(Crowd *crowd);

#endif
