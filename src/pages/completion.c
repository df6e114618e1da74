/* SPDX-License-Identifier: PostgreSQL */
/* Completion: what the scripts of all shells share. */
#include "pages/completion.h"

#include <ctype.h>
#include <string.h>

void completion_quote(StrBuf *buf, const char *text, const char *quote)
{
    strbuf_add_char(buf, '\'');
    for (; *text; text++) {
        if (*text == '\'')
            strbuf_add(buf, quote);
        else
            strbuf_add_char(buf, *text);
    }
    strbuf_add_char(buf, '\'');
}

void completion_escape(StrBuf *buf, const char *word)
{
    for (; *word; word++) {
        if (!isalnum((unsigned char) *word) && !strchr("-_.,/", *word))
            strbuf_add_char(buf, '\\');
        strbuf_add_char(buf, *word);
    }
}

void completion_value_letters(StrBuf *buf)
{
    for (int id = 0; id < OPTIONS; id++)
        if (option_rows[id].letter != '\0' && option_needs_value(&option_rows[id]))
            strbuf_add_char(buf, option_rows[id].letter);
}
