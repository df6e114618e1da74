/* SPDX-License-Identifier: PostgreSQL */
/* Prints the engine's table of states as Graphviz, for docs/design.md (tools/docs). */
#include <stdio.h>

#include "core/states.h"

int main(void)
{
    StrBuf buf;

    strbuf_init(&buf);
    target_states_print(&buf);
    (void) fputs(buf.text, stdout);
    strbuf_done(&buf);
    return 0;
}
