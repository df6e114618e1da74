/* SPDX-License-Identifier: PostgreSQL */
/* Configure: the configuration files fill in what the command line leaves open. */
#ifndef PGQUELL_CMD_CONFIGURE_H
#define PGQUELL_CMD_CONFIGURE_H

#include "cmd/command.h"

/* Reads the files, chooses the cluster, and completes the scene and its settings; does nothing for
 * a command that takes no option of theirs. Fails where a file is bad, the cluster is unknown, or
 * an action lacks the reason that a file demands. */
FALLIBLE bool configure(Scene *scene, const Command *command, Err *err);

#endif
