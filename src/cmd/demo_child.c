/* SPDX-License-Identifier: PostgreSQL */
/* Demo child: the programs that the demo runs, each started, watched and ended by its own pid. */
#include "cmd/demo_child.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STATUS_NOT_RUN 127 /* as a shell says it */

/* The signals are blocked and fetched by sigtimedwait(), so that there is no handler and none gets
 * lost between a look and a wait. */
void watch_begin(Watch *watch)
{
    struct sigaction hangup;

    memset(watch, 0, sizeof(*watch));
    (void) sigemptyset(&watch->signals);
    (void) sigaddset(&watch->signals, SIGCHLD);
    (void) sigaddset(&watch->signals, SIGINT);
    (void) sigaddset(&watch->signals, SIGTERM);
    if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN) /* nohup */
        (void) sigaddset(&watch->signals, SIGHUP);
    (void) signal(SIGCHLD, SIG_DFL); /* ignored, it would let no status through */
    (void) sigprocmask(SIG_BLOCK, &watch->signals, &watch->before);
}

void watch_end(Watch *watch)
{
    const struct timespec none = {0};

    while (sigtimedwait(&watch->signals, NULL, &none) > 0)
        continue;
    (void) sigprocmask(SIG_SETMASK, &watch->before, NULL);
}

static bool tell_interrupted(Err *err)
{
    return err_set(err, ERR_INTERRUPTED, "interrupted");
}

bool watch_pause(Watch *watch, int64_t deadline_us, Err *err)
{
    int64_t left_us = deadline_us - clock_steady_us();
    struct timespec left = {0};
    int got;

    if (left_us > 0)
        left = (struct timespec){.tv_sec = left_us / US_PER_S,
                                 .tv_nsec = (long) (left_us % US_PER_S) * 1000};
    got = sigtimedwait(&watch->signals, NULL, &left);
    if (got > 0 && got != SIGCHLD)
        watch->interrupted_by = got;
    return watch->deaf || watch->interrupted_by == 0 || tell_interrupted(err);
}

/* For good: who was root cannot become so again. */
static bool become(const User *user)
{
    return user->uid == 0 || (setgroups(1, &user->gid) == 0 && setgid(user->gid) == 0 &&
                              setuid(user->uid) == 0 && setuid(0) != 0);
}

static bool redirect(const ChildSetup *setup, int input_fd)
{
    if (setup->apart && setsid() < 0)
        return false;
    if (dup2(input_fd, STDIN_FILENO) < 0)
        return false;
    return setup->output_fd < 0 || (dup2(setup->output_fd, STDOUT_FILENO) >= 0 &&
                                    dup2(setup->output_fd, STDERR_FILENO) >= 0);
}

/* In the child, which never comes back from here. */
_Noreturn static void become_program(const ChildSetup *setup, const Watch *watch, int input_fd,
                                     pid_t parent)
{
    (void) signal(SIGPIPE, SIG_DFL);
    (void) signal(SIGXFSZ, SIG_DFL);
    (void) sigprocmask(SIG_SETMASK, &watch->before, NULL);
    /* The parting signal after the change of user, which would clear it. */
    if (redirect(setup, input_fd) && become(&setup->user) &&
        prctl(PR_SET_PDEATHSIG, setup->parting) == 0 && getppid() == parent &&
        fchdir(setup->directory_fd) == 0)
        (void) execve(setup->program, (char *const *) (const void *) setup->argv, setup->env);
    (void) dprintf(STDERR_FILENO, "could not run \"%s\": %s\n", setup->program, strerror(errno));
    _exit(STATUS_NOT_RUN);
}

/* The two ends of its standard input; ours is -1 where it has none. */
static bool open_input(bool piped, int ret_ends[2])
{
    if (piped)
        return pipe2(ret_ends, O_CLOEXEC) == 0;
    ret_ends[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    ret_ends[1] = -1;
    return ret_ends[0] >= 0;
}

/* The child may have ended already: its status says so to whoever waits for it. */
static void feed(int input_fd, const char *input)
{
    size_t length = strlen(input);

    assert(length < PIPE_BUF); /* goes into the pipe at once */
    if (write(input_fd, input, length) != (ssize_t) length)
        return;
}

bool child_start(const ChildSetup *setup, const Watch *watch, Child *ret_child, Err *err)
{
    pid_t parent = getpid();
    int ends[2];
    pid_t pid;

    if (!open_input(setup->input != NULL, ends))
        return err_set(err, ERR_UNRESOLVED, "could not open a pipe: %s", strerror(errno));
    (void) fflush(stdout); /* what we said comes before what it says, and only once */
    pid = fork();
    if (pid == 0)
        become_program(setup, watch, ends[0], parent);
    (void) close(ends[0]);
    if (pid < 0) {
        (void) close(ends[1]);
        return err_set(err, ERR_UNRESOLVED, "could not run \"%s\": %s", setup->program,
                       strerror(errno));
    }
    if (setup->input)
        feed(ends[1], setup->input);
    *ret_child = (Child){.pid = pid, .input_fd = ends[1]};
    return true;
}

/* Whether it has ended; then it is no more, and its status is known. */
static bool reap(Child *child, int *ret_status)
{
    int status;

    assert(child->pid > 0);
    if (waitpid(child->pid, &status, WNOHANG) == 0)
        return false;
    if (child->input_fd >= 0)
        (void) close(child->input_fd);
    *child = (Child){.input_fd = -1};
    *ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return true;
}

bool child_runs(Child *child)
{
    int status;

    return child->pid > 0 && !reap(child, &status);
}

bool child_wait(Child *child, Watch *watch, int64_t deadline_us, int *ret_status, Err *err)
{
    while (!reap(child, ret_status)) {
        if (clock_steady_us() >= deadline_us)
            return err_set(err, ERR_UNRESOLVED, "it took too long");
        if (!watch_pause(watch, deadline_us, err))
            return false;
    }
    return true;
}

void child_end(Child *child, Watch *watch, int signal, int64_t patience_us)
{
    bool deaf = watch->deaf;
    int status;
    Err ignored;

    if (child->pid <= 0)
        return;
    watch->deaf = true;
    (void) kill(child->pid, signal);
    while (!child_wait(child, watch, clock_steady_us() + patience_us, &status, &ignored))
        (void) kill(child->pid, SIGKILL);
    watch->deaf = deaf;
}
