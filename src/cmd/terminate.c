/* SPDX-License-Identifier: PostgreSQL */
/* terminate: ends sessions. */
#include "cmd/act.h"

static ErrCode run(Scene *scene, Err *err)
{
    return act_run(scene, ORDER_TERMINATE, err);
}

const Command command_terminate = {
    .name = "terminate",
    .summary = "end sessions",
    .arguments = "TARGET...",
    .details =
        "Terminates each target's session, if it is still the same one, and watches until it "
        "is gone. Open transactions roll back. A target is a pid, a session id, or what the "
        "filters pick.",
    .options = ACT_OPTIONS,
    .needs = NEEDS_CONNECTION,
    .run = run,
};
