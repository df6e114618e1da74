/* SPDX-License-Identifier: PostgreSQL */
/* Demo stage: a private PostgreSQL cluster in a directory of its own, and the programs around it.
 *
 * Whatever becomes of the demo, stage_close() leaves neither a process nor a file behind. Failures
 * are ERR_UNRESOLVED, or ERR_INTERRUPTED after SIGINT, SIGTERM or SIGHUP. */
#ifndef PGQUELL_CMD_DEMO_STAGE_H
#define PGQUELL_CMD_DEMO_STAGE_H

#include "cmd/demo_child.h"
#include "cmd/demo_tree.h"

#define STAGE_ACTORS_MAX 8
#define STAGE_WORDS_MAX 24 /* of a program's command line */
#define STAGE_ANSWER_MAX 32

typedef struct Stage {
    Arena *arena;
    Watch watch;
    User user;
    const char *bin; /* directory of PostgreSQL's programs */
    Tree tree;
    char **env; /* the server's address in PG*, of ours nothing that begins so */
    int log_fd; /* what the programs say; negative: not open */
    Child server;
    Child actors[STAGE_ACTORS_MAX];
    size_t actor_count;
} Stage;

/* Makes the directory and the cluster and starts the server. To be closed also after a failure. */
FALLIBLE bool stage_open(Stage *stage, Arena *arena, Err *err);

/* Ends every process and removes the directory. */
FALLIBLE bool stage_close(Stage *stage, Err *err);

/* Runs one of PostgreSQL's programs, argv[0], to its end, which has to be a good one. */
FALLIBLE bool stage_run(Stage *stage, const char *const *argv, Err *err);

/* Starts one, which goes on until the stage is closed. `input` as for child_start(). */
FALLIBLE bool stage_start(Stage *stage, const char *const *argv, const char *input, Err *err);

/* Runs SQL in a database. */
FALLIBLE bool stage_sql(Stage *stage, const char *database, const char *sql, Err *err);

/* Waits until `SELECT condition` is true, for a few seconds; false without an error set (an empty
 * message) where it does not become so. */
FALLIBLE bool stage_await(Stage *stage, const char *condition, Err *err);

/* A query's only value. */
FALLIBLE bool stage_ask(Stage *stage, const char *query, char ret_answer[STAGE_ANSWER_MAX],
                        Err *err);

/* Runs this very binary with `argv`, in the directory and on our output. */
FALLIBLE bool stage_pgquell(Stage *stage, const char *const *argv, int *ret_status, Err *err);

#endif
