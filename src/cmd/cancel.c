/* SPDX-License-Identifier: PostgreSQL */
/* cancel: ends statements, keeps connections. */
#include "cmd/act.h"

static ErrCode run(Scene *scene, Err *err)
{
    if (scene->settings->order.scope == SCOPE_SESSION) {
        (void) err_set(err, ERR_USAGE, "a cancel cannot end a session");
        (void) err_hint(err, "Use \"pgquell terminate\", or --scope statement or transaction.");
        return ERR_USAGE;
    }
    return act_run(scene, ORDER_CANCEL, err);
}

const Command command_cancel = {
    .name = "cancel",
    .summary = "end statements and keep the connections",
    .arguments = "TARGET...",
    .details =
        "Sends a cancel to each target's statement, if it is still the same one, and watches "
        "until the statement is over. Where a cancel cannot work, it says so and sends "
        "nothing. A target is a pid, a session id, or what the filters pick.",
    .options = ACT_OPTIONS,
    .needs = NEEDS_CONNECTION,
    .run = run,
};
