/* SPDX-License-Identifier: PostgreSQL */
/* Act: what cancel, stop and terminate have in common, from targets to outcomes. */
#ifndef PGQUELL_CMD_ACT_H
#define PGQUELL_CMD_ACT_H

#include "cmd/command.h"

/* The options of every action. */
#define ACT_OPTIONS (OPTION_FILTER | OPTION_ACTION | OPTION_OUTPUT | OPTION_CONNECTION)

ErrCode act_run(Scene *scene, OrderKind kind, Err *err);

#endif
