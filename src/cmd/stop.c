/* SPDX-License-Identifier: PostgreSQL */
/* stop: the mildest remedy that can work, and the next only where it did not. */
#include "cmd/act.h"

static ErrCode run(Scene *scene, Err *err)
{
    return act_run(scene, ORDER_STOP, err);
}

const Command command_stop = {
    .name = "stop",
    .summary = "cancel first, terminate only what does not respond",
    .arguments = "TARGET...",
    .details =
        "Cancels each target's statement, waits for the grace, looks, and terminates only what "
        "did not respond. What a cancel cannot reach (idle in transaction, a client that does "
        "not read) is terminated at once. A target is a pid, a session id, or what the "
        "filters pick.",
    .options = ACT_OPTIONS,
    .needs = NEEDS_CONNECTION,
    .run = run,
};
