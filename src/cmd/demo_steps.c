/* SPDX-License-Identifier: PostgreSQL */
/* Demo steps: the story as a table. */
#include "cmd/demo_story.h"

#define COUNT(what) "(SELECT count(*) FROM pg_stat_activity WHERE " what ")"

#define WHY(reason) "--reason", reason, "--ticket", "DEMO-1", "--audit", "audit.db"

const StoryStep story_steps[] = {
    {
        .sentence = "What is wrong? pgquell alone says it, with the command that fixes it: billing "
                    "forgot to commit, and two checkouts wait for it.",
        .argv = {"pgquell"},
        .status = ERR_UNRESOLVED,
    },
    {
        .sentence =
            "What else is going on: a report that never ends, a batch, and pgbench's ordinary "
            "load.",
        .argv = {"pgquell", "ps"},
    },
    {
        .sentence = "The report runs a statement, so a cancel is enough: the statement ends, the "
                    "connection stays.",
        .argv = {"pgquell", "cancel", "--application", "report-runner", "--yes", WHY("never ends")},
        .condition = COUNT("application_name = 'report-runner' AND state = 'idle'") " = 1",
        .checked = "report-runner is still connected, and idle",
    },
    {
        .sentence = "Billing runs no statement: a cancel would do nothing, so pgquell refuses to "
                    "send one and says what would help.",
        .argv = {"pgquell", "cancel", "@billing", "--yes", WHY("blocks checkout")},
        .status = ERR_REFUSED,
        .condition = COUNT("application_name = 'billing' AND state = 'idle in transaction'") " = 1",
        .checked = "billing was left alone",
    },
    {
        .sentence = "Stop picks the remedy itself: whoever blocks two sessions or more is "
                    "terminated, since only that ends a transaction that idles.",
        .argv = {"pgquell", "stop", "--blocking=2", "--yes", WHY("blocks checkout")},
        .condition = COUNT("application_name = 'billing'") " = 0 AND " COUNT(
            "application_name = 'checkout' AND state = 'idle'") " = 2",
        .checked = "billing is gone, and both checkouts have got through",
    },
    {
        .sentence = "The batch catches cancels and goes on, so stop escalates: cancel, one second "
                    "of grace, terminate.",
        .argv = {"pgquell", "stop", "--application", "nightly-batch", "--grace=1s", "--yes",
                 WHY("ignores cancels")},
        .condition = COUNT("application_name = 'nightly-batch'") " = 0",
        .checked = "nightly-batch is gone",
    },
    {
        .sentence = "What is left is the ordinary load.",
        .argv = {"pgquell", "ps"},
    },
    {
        .sentence = "Every action is on record, the refused one too: who, whom, why, and what came "
                    "of it.",
        .argv = {"pgquell", "log", "--audit", "audit.db"},
    },
    {
        .sentence = "The first of them in full.",
        .argv = {"pgquell", "log", "show", "1", "--audit", "audit.db"},
    },
    {
        .sentence = "Nobody has changed the record, and it has all that the server's own log knows "
                    "of.",
        .argv = {"pgquell", "log", "verify", "--against", "server.log", "--audit", "audit.db"},
    },
};

const size_t story_step_count = sizeof(story_steps) / sizeof(story_steps[0]);
