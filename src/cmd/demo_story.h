/* SPDX-License-Identifier: PostgreSQL */
/* Demo story: the sessions that make trouble, and the steps that deal with them. */
#ifndef PGQUELL_CMD_DEMO_STORY_H
#define PGQUELL_CMD_DEMO_STORY_H

#include "cmd/demo_stage.h"
#include "ui/look.h"

#define STORY_WORDS_MAX 12 /* of a step's command line */

/* One step: what is to be seen, the command, and what has to come of it. */
typedef struct StoryStep {
    const char *sentence;
    const char *argv[STORY_WORDS_MAX + 1]; /* "@NAME" stands for the pid of that application */
    int status;                            /* the exit status that it has to have */
    const char *condition;                 /* SQL that has to be true then; NULL: none */
    const char *checked;                   /* what that says, in words */
} StoryStep;

extern const StoryStep story_steps[];
extern const size_t story_step_count;

/* Sets up the database and lets the sessions begin; returns when all of them are in trouble. */
FALLIBLE bool story_set_up(Stage *stage, Err *err);

/* Tells the steps; fails at the first that does not come out as it has to. */
FALLIBLE bool story_tell(Stage *stage, const Look *look, Err *err);

/* Appends a command line as one would type it in a shell. */
void story_add_command(StrBuf *buf, const char *const *argv);

#endif
