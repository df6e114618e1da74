/* SPDX-License-Identifier: PostgreSQL */
/* Bench: figures, verdicts and connections. */
#include "common/bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/timefmt.h"

void series_add(Series *series, double value)
{
    if (series->count == series->capacity) {
        series->capacity = series->capacity ? series->capacity * 2 : 64;
        series->values = xrealloc(series->values, series->capacity * sizeof(series->values[0]));
    }
    series->values[series->count++] = value;
}

void series_done(Series *series)
{
    free(series->values);
    *series = (Series){0};
}

static int compare_doubles(const void *a, const void *b)
{
    double left = *(const double *) a;
    double right = *(const double *) b;

    return (left > right) - (left < right);
}

double series_median(Series *series)
{
    size_t half = series->count / 2;

    if (series->count == 0)
        return 0;
    qsort(series->values, series->count, sizeof(series->values[0]), compare_doubles);
    if (series->count % 2 == 1)
        return series->values[half];
    return (series->values[half - 1] + series->values[half]) / 2;
}

double bench_now_ms(void)
{
    return (double) clock_steady_us() / (double) US_PER_MS;
}

void bench_die(const char *format, ...)
{
    va_list args;

    (void) fflush(stdout);
    (void) fputs("bench: ", stderr);
    va_start(args, format);
    (void) vfprintf(stderr, format, args);
    va_end(args);
    (void) fputs("\n", stderr);
    exit(1);
}

int bench_setting(const char *name, int default_value)
{
    const char *text = getenv(name);
    char *end;
    long value;

    if (!text)
        return default_value;
    value = strtol(text, &end, 10);
    if (*end || value < 1 || value > 1000000)
        bench_die("%s is no number from 1 to 1000000: %s", name, text);
    return (int) value;
}

void bench_verdict(const char *what, Series *floor, Series *ours, double limit)
{
    double low = series_median(floor);
    double high = series_median(ours);
    double ratio = low > 0 ? high / low : 0;

    printf("%s: floor %.2f ms, pgquell %.2f ms, ratio %.2f (limit %.1f)%s\n", what, low, high,
           ratio, limit, ratio > limit ? ", over the limit" : "");
}

PGconn *bench_connect(const char *application)
{
    const char *const keywords[] = {"application_name", NULL};
    const char *const values[] = {application, NULL};
    PGconn *conn = PQconnectdbParams(keywords, values, 0);

    if (PQstatus(conn) != CONNECTION_OK)
        bench_die("could not connect: %s", PQerrorMessage(conn));
    return conn;
}

static void check(const PGconn *conn, const PGresult *result, const char *sql)
{
    ExecStatusType status = PQresultStatus(result);

    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        bench_die("\"%s\" failed: %s", sql, PQerrorMessage(conn));
}

void bench_exec(PGconn *conn, const char *sql)
{
    PGresult *result = PQexec(conn, sql);

    check(conn, result, sql);
    PQclear(result);
}

PGresult *bench_ask(PGconn *conn, const char *prepared, const char *parameter)
{
    PGresult *result = PQexecPrepared(conn, prepared, 1, &parameter, NULL, NULL, 0);

    check(conn, result, prepared);
    return result;
}

void bench_prepare(PGconn *conn, const char *name, const char *sql)
{
    PGresult *result = PQprepare(conn, name, sql, 0, NULL);

    check(conn, result, sql);
    PQclear(result);
}
