/* SPDX-License-Identifier: PostgreSQL */
/* Run: another program's run, timed to its first byte and to its end. */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/bench.h"

#define RUN_LONGEST_MS 60000.0

const char *run_pgquell(void)
{
    const char *path = getenv("PGQUELL");

    return path ? path : "build/pgquell";
}

static pid_t start(const char *const argv[], int *ret_output)
{
    int ends[2];
    pid_t pid;

    if (pipe(ends) != 0)
        bench_die("could not make a pipe");
    pid = fork();
    if (pid < 0)
        bench_die("could not fork");
    if (pid == 0) {
        (void) dup2(ends[1], STDOUT_FILENO);
        (void) close(ends[0]);
        (void) close(ends[1]);
        (void) execv(argv[0], (char *const *) argv);
        _exit(127);
    }
    (void) close(ends[1]);
    *ret_output = ends[0];
    return pid;
}

/* One piece of output; false at its end. */
static bool read_piece(int fd, size_t *length, Run *run)
{
    static char dropped[RUN_OUTPUT_MAX];
    size_t room = sizeof(run->output) - 1 - *length;
    ssize_t got =
        read(fd, room > 0 ? run->output + *length : dropped, room > 0 ? room : sizeof(dropped));

    if (got <= 0)
        return false;
    if (room > 0)
        *length += (size_t) got;
    return true;
}

static void read_output(int fd, pid_t pid, double begun_ms, Run *run)
{
    size_t length = 0;
    bool more = true;

    while (more) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        double left = begun_ms + RUN_LONGEST_MS - bench_now_ms();

        if (left <= 0 || poll(&ready, 1, (int) left + 1) <= 0) {
            (void) kill(pid, SIGKILL);
            bench_die("a program did not end in time");
        }
        if (run->first_ms == 0)
            run->first_ms = bench_now_ms() - begun_ms;
        more = read_piece(fd, &length, run);
    }
    run->output[length] = '\0';
}

void run_program(const char *const argv[], Run *run)
{
    double begun_ms = bench_now_ms();
    struct rusage usage;
    int status;
    int output;
    pid_t pid;

    run->first_ms = 0;
    pid = start(argv, &output);
    read_output(output, pid, begun_ms, run);
    (void) close(output);
    if (wait4(pid, &status, 0, &usage) != pid)
        bench_die("could not wait for %s", argv[0]);
    run->whole_ms = bench_now_ms() - begun_ms;
    run->rss_kb = usage.ru_maxrss;
    run->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
