/* SPDX-License-Identifier: PostgreSQL */
/* Command: one file each, with one const entry; the dispatcher makes the world ready for it. */
#ifndef PGQUELL_CMD_COMMAND_H
#define PGQUELL_CMD_COMMAND_H

#include "cmd/scene.h"
#include "cmd/settings.h"

typedef enum CommandNeeds {
    NEEDS_NOTHING,
    NEEDS_CONNECTION, /* the scene is connected, its snapshot taken */
} CommandNeeds;

typedef struct Command {
    const char *name;
    const char *summary;   /* one line for the list of commands */
    const char *arguments; /* of the synopsis */
    const char *details;   /* a paragraph for --help, which breaks its lines */
    unsigned int options;  /* OPTION_ bits */
    CommandNeeds needs;
    const char *const *words; /* that can be the first argument, ended by NULL; NULL: none known */
    bool takes_command;       /* the first argument is the name of a command */
    /* Answers the exit status; on a status that is an error, `err` has been set or, where messages
     * were printed already, left with an empty message. */
    ErrCode (*run)(Scene *scene, Err *err);
} Command;

extern const Command command_status;
extern const Command command_ps;
extern const Command command_tree;
extern const Command command_cancel;
extern const Command command_terminate;
extern const Command command_stop;
extern const Command command_kick;
extern const Command command_let_in;
extern const Command command_rollback_prepared;
extern const Command command_log;
extern const Command command_doctor;
extern const Command command_demo;
extern const Command command_help;

/* All of them, in the order of --help; NULL ends the list. */
extern const Command *const commands[];

/* NULL where there is none; and the error that says so and suggests the nearest. */
const Command *command_named(const char *name);
void command_unknown(const char *name, Err *err);

/* Runs the command line; answers the exit status. */
int command_main(int argc, char **argv);

#endif
