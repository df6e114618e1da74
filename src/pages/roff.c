/* SPDX-License-Identifier: PostgreSQL */
/* Roff: plain text made fit for a manual page. */
#include "pages/roff.h"

#include <assert.h>
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define LINE_MAX_BYTES 78 /* of the source; nothing is longer but a word */

static const char *escape_of(char c)
{
    switch (c) {
    case '\\':
        return "\\e";
    case '-':
        return "\\-";
    case '\'':
        return "\\(aq";
    case '`':
        return "\\(ga";
    case '^':
        return "\\(ha";
    case '~':
        return "\\(ti";
    case '"':
        return "\\(dq";
    default:
        return NULL;
    }
}

static void add_char(StrBuf *buf, char c)
{
    const char *escape = escape_of(c);

    assert((unsigned char) c < 0x80);
    if (escape)
        strbuf_add(buf, escape);
    else if (c == '.' && (buf->length == 0 || buf->text[buf->length - 1] == '\n'))
        strbuf_add(buf, "\\&."); /* no request */
    else
        strbuf_add_char(buf, c);
}

void roff_add(StrBuf *buf, const char *text)
{
    for (; *text; text++)
        add_char(buf, *text);
}

void roff_line(StrBuf *buf, const char *text)
{
    roff_add(buf, text);
    strbuf_add_char(buf, '\n');
}

/* Whether what follows the word, which ends in a full stop, is another sentence. */
static bool ends_sentence(const char *word, size_t length)
{
    char next = word[length] == ' ' ? word[length + 1] : '\0';

    return length > 0 && word[length - 1] == '.' && (isupper((unsigned char) next) || next == '"');
}

static size_t line_length(const StrBuf *buf)
{
    size_t at = buf->length;

    while (at > 0 && buf->text[at - 1] != '\n')
        at--;
    return buf->length - at;
}

void roff_text(StrBuf *buf, const char *text)
{
    StrBuf word;
    bool first = true;

    strbuf_init(&word);
    while (*text) {
        size_t length = strcspn(text, " ");
        bool ends = ends_sentence(text, length);

        strbuf_clear(&word);
        for (size_t i = 0; i < length; i++)
            add_char(&word, text[i]);
        if (!first && line_length(buf) + 1 + word.length > LINE_MAX_BYTES)
            strbuf_add_char(buf, '\n');
        else if (!first && line_length(buf) > 0)
            strbuf_add_char(buf, ' ');
        strbuf_add(buf, word.text);
        if (ends)
            strbuf_add_char(buf, '\n');
        first = false;
        text += length + strspn(text + length, " ");
    }
    strbuf_add_char(buf, '\n');
    strbuf_done(&word);
}

void roff_synopsis(StrBuf *buf, const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";

    while (*text) {
        size_t word = strspn(text, letters);
        size_t other = strcspn(text + word, letters);

        if (word > 0) {
            strbuf_add(buf, islower((unsigned char) *text) ? "\\fB" : "\\fI");
            for (size_t i = 0; i < word; i++)
                add_char(buf, text[i]);
            strbuf_add(buf, "\\fR");
        }
        for (size_t i = word; i < word + other; i++)
            add_char(buf, text[i]);
        text += word + other;
    }
}
