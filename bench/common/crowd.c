/* SPDX-License-Identifier: PostgreSQL */
/* Crowd: many sessions, idle or with a statement sent, in a process of their own, so that the bench
 * stays small. */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/bench.h"

/* Beyond the sessions' own sockets. */
#define SPARE_FILES 32

static void allow_files(size_t count)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max < count + SPARE_FILES)
        bench_die("%zu sessions need more open files than are allowed (ulimit -Hn)", count);
    limit.rlim_cur = limit.rlim_max;
    (void) setrlimit(RLIMIT_NOFILE, &limit);
}

/* Ends when its end of the pipe says that the parent is done; _exit() closes the sessions. */
_Noreturn static void hold(size_t count, const char *application, const char *sql, int ready,
                           int go)
{
    char byte = 'r';

    (void) prctl(PR_SET_PDEATHSIG, SIGKILL);
    allow_files(count);
    for (size_t i = 0; i < count; i++) {
        PGconn *conn = bench_connect(application);

        if (sql && PQsendQuery(conn, sql) != 1)
            bench_die("could not send: %s", PQerrorMessage(conn));
    }
    (void) (write(ready, &byte, 1) + read(go, &byte, 1));
    _exit(0);
}

void crowd_send(Crowd *crowd, size_t count, const char *application, const char *sql)
{
    int ready[2];
    int go[2];
    char byte;

    if (pipe(ready) != 0 || pipe(go) != 0)
        bench_die("could not make a pipe");
    crowd->pid = fork();
    if (crowd->pid < 0)
        bench_die("could not fork");
    if (crowd->pid == 0) {
        (void) close(ready[0]);
        (void) close(go[1]);
        hold(count, application, sql, ready[1], go[0]);
    }
    (void) close(ready[1]);
    (void) close(go[0]);
    if (read(ready[0], &byte, 1) != 1)
        bench_die("the crowd did not gather");
    (void) close(ready[0]);
    crowd->hold = go[1];
}

void crowd_gather(Crowd *crowd, size_t count, const char *application)
{
    crowd_send(crowd, count, application, NULL);
}

void crowd_dismiss(Crowd *crowd)
{
    (void) close(crowd->hold);
    (void) waitpid(crowd->pid, NULL, 0);
}
