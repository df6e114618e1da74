/* SPDX-License-Identifier: PostgreSQL */
/* States: what a target can be in, and what may follow. */
#include "core/states.h"

#include <assert.h>

#define TO(state) (1U << (state))

typedef struct StateRow {
    const char *name;
    unsigned int next; /* a bit for every state that may follow */
    const char *meaning;
} StateRow;

static const StateRow rows[TARGET_STATES] = {
    [TARGET_PLANNED] = {"planned", TO(TARGET_QUEUED) | TO(TARGET_FINISHED),
                        "judged; waits for the go-ahead"},
    [TARGET_QUEUED] = {"queued", TO(TARGET_INTENDING) | TO(TARGET_WATCHING) | TO(TARGET_FINISHED),
                       "waits for its turn in the pace"},
    [TARGET_INTENDING] = {"intending",
                          TO(TARGET_SIGNALLING) | TO(TARGET_QUEUED) | TO(TARGET_WATCHING) |
                              TO(TARGET_FINISHED),
                          "its intent is being written to the audit store"},
    [TARGET_SIGNALLING] = {"signalling",
                           TO(TARGET_WATCHING) | TO(TARGET_CHECKING) | TO(TARGET_LOST) |
                               TO(TARGET_FINISHED),
                           "the guarded signal is on its way"},
    [TARGET_WATCHING] = {"watching",
                         TO(TARGET_QUEUED) | TO(TARGET_SETTLING) | TO(TARGET_LOST) |
                             TO(TARGET_FINISHED),
                         "looked at until its scope is over or its time is up"},
    [TARGET_CHECKING] = {"checking", TO(TARGET_SETTLING) | TO(TARGET_LOST) | TO(TARGET_FINISHED),
                         "the signal found it changed and was not sent; looked at to say how"},
    [TARGET_SETTLING] = {"settling", TO(TARGET_LOST) | TO(TARGET_FINISHED),
                         "its outcome is known; locks and waiters are counted a last time"},
    [TARGET_LOST] = {"lost",
                     TO(TARGET_WATCHING) | TO(TARGET_CHECKING) | TO(TARGET_SETTLING) |
                         TO(TARGET_FINISHED),
                     "contact with the server is lost; it will be looked at first"},
    [TARGET_FINISHED] = {"finished", 0, "it has its outcome"},
};

const char *target_state_name(TargetState state)
{
    assert(state < TARGET_STATES);
    return rows[state].name;
}

const char *target_state_meaning(TargetState state)
{
    assert(state < TARGET_STATES);
    return rows[state].meaning;
}

bool target_state_follows(TargetState from, TargetState to)
{
    assert(from < TARGET_STATES && to < TARGET_STATES);
    return (rows[from].next & TO(to)) != 0;
}

void target_states_print(StrBuf *buf)
{
    strbuf_add(buf, "digraph target {\n");
    for (int state = 0; state < TARGET_STATES; state++)
        strbuf_printf(buf, "    %s [tooltip=\"%s\"];\n", rows[state].name, rows[state].meaning);
    for (int from = 0; from < TARGET_STATES; from++)
        for (int to = 0; to < TARGET_STATES; to++)
            if (target_state_follows((TargetState) from, (TargetState) to))
                strbuf_printf(buf, "    %s -> %s;\n", rows[from].name, rows[to].name);
    strbuf_add(buf, "}\n");
}
