/* SPDX-License-Identifier: PostgreSQL */
/* States: what a target can be in, and what may follow; docs/design.md prints its diagram from
 * here. */
#ifndef PGQUELL_CORE_STATES_H
#define PGQUELL_CORE_STATES_H

#include <stdbool.h>

#include "base/strbuf.h"

typedef enum TargetState {
    TARGET_PLANNED,
    TARGET_QUEUED,
    TARGET_INTENDING,
    TARGET_SIGNALLING,
    TARGET_WATCHING,
    TARGET_CHECKING,
    TARGET_SETTLING,
    TARGET_LOST,
    TARGET_FINISHED,
    TARGET_STATES,
} TargetState;

const char *target_state_name(TargetState state);
const char *target_state_meaning(TargetState state);
bool target_state_follows(TargetState from, TargetState to);

/* The table as a Graphviz digraph. */
void target_states_print(StrBuf *buf);

#endif
