/* SPDX-License-Identifier: PostgreSQL */
/* Labelled: the lines `label: sentence` below what a preview is about. */
#include "ui/labelled.h"

#include "ui/flow.h"

#define INDENT_MORE 10 /* where a sentence goes on, behind its label */

void labelled_add(StrBuf *buf, const Look *look, const char *label, Style style, const char *text)
{
    Flow flow;

    if (*text == '\0')
        return;
    flow = flow_begin(look, buf, LABELLED_INDENT, INDENT_MORE);
    flow_words(&flow, label, style);
    flow_words(&flow, text, STYLE_PLAIN);
    flow_end(&flow);
}

void labelled_consequences(StrBuf *buf, const Look *look, const Consequences *consequences)
{
    Arena arena;

    arena_init(&arena);
    for (int kind = 0; kind < CONSEQUENCE_KINDS; kind++) {
        const char *label = consequence_label((ConsequenceKind) kind);
        const char *text = "";

        for (size_t i = 0; i < consequences->count; i++)
            if (consequences->list[i].kind == (ConsequenceKind) kind)
                text = arena_printf(&arena, "%s%s%s", text, *text ? "; " : "",
                                    look_text(look, &arena, consequences->list[i].text));
        labelled_add(buf, look, arena_printf(&arena, "%s:", label), STYLE_PLAIN, text);
    }
    arena_done(&arena);
}
