/* SPDX-License-Identifier: PostgreSQL */
/* Demo child: the programs that the demo runs, each started, watched and ended by its own pid.
 *
 * Between watch_begin() and watch_end() SIGINT, SIGTERM and SIGHUP do not end us: a wait notices
 * them. Deadlines are on the steady clock. */
#ifndef PGQUELL_CMD_DEMO_CHILD_H
#define PGQUELL_CMD_DEMO_CHILD_H

#include <signal.h>
#include <sys/types.h>

#include "base/timefmt.h"

typedef struct Watch {
    sigset_t signals;   /* that are waited for */
    sigset_t before;    /* the mask that was found */
    bool deaf;          /* while cleaning up, nothing interrupts */
    int interrupted_by; /* the signal; 0: none */
} Watch;

void watch_begin(Watch *watch);
void watch_end(Watch *watch); /* what came meanwhile is dropped */

/* As whom a child runs; a uid of 0 means as we do. */
typedef struct User {
    const char *name;
    uid_t uid;
    gid_t gid;
} User;

/* All is borrowed for the call. */
typedef struct ChildSetup {
    const char *program; /* path */
    const char *const *argv;
    char *const *env;
    User user;
    int directory_fd;  /* to start in */
    int output_fd;     /* of what it prints; negative: to where we print */
    const char *input; /* written to its standard input, which stays open then; NULL: it has none */
    int parting;       /* the signal that it gets when we die */
    bool apart; /* in a session of its own, so that the terminal's Ctrl-C does not reach it */
} ChildSetup;

typedef struct Child {
    pid_t pid; /* 0: there is none, or it was waited for */
    int input_fd;
} Child;

FALLIBLE bool child_start(const ChildSetup *setup, const Watch *watch, Child *ret_child, Err *err);

/* Waits for its end and answers its exit status, 128 and more for a signal. Fails with
 * ERR_INTERRUPTED, or with ERR_UNRESOLVED at the deadline; the child runs on then. */
FALLIBLE bool child_wait(Child *child, Watch *watch, int64_t deadline_us, int *ret_status,
                         Err *err);

/* Whether it has not ended. */
bool child_runs(Child *child);

/* Sends the signal and waits for its end; SIGKILL after `patience_us`. Does nothing where there is
 * none. */
void child_end(Child *child, Watch *watch, int signal, int64_t patience_us);

/* Lets time pass, until something happens to a child or the deadline. Fails when interrupted. */
FALLIBLE bool watch_pause(Watch *watch, int64_t deadline_us, Err *err);

#endif
