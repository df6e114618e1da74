/* SPDX-License-Identifier: PostgreSQL */
/* Shell: words quoted as a shell reads them. */
#include "base/shell.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"

/* Characters that mean nothing to a shell, wherever they stand. */
static const char plain[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%_+:,./-=";

/* Bytes of the character at `text`, and whether it may be shown as it is. */
static size_t character(const char *text, bool *ret_shown)
{
    uint32_t code;
    size_t size = text_decode(text, strlen(text), &code);

    *ret_shown = size > 0 && !text_is_hostile(code);
    return size > 0 ? size : 1;
}

static bool is_shown(const char *word)
{
    bool shown = true;

    while (*word && shown)
        word += character(word, &shown);
    return shown;
}

static void quote_shown(StrBuf *buf, const char *word)
{
    strbuf_add_char(buf, '\'');
    for (; *word; word++) {
        if (*word == '\'')
            strbuf_add(buf, "'\\''");
        else
            strbuf_add_char(buf, *word);
    }
    strbuf_add_char(buf, '\'');
}

/* Three octal digits, since a shell reads no more of them than that. */
static void quote_bytes(StrBuf *buf, const char *word)
{
    strbuf_add(buf, "$'");
    while (*word) {
        bool shown;
        size_t size = character(word, &shown);

        if (!shown)
            for (size_t i = 0; i < size; i++)
                strbuf_printf(buf, "\\%03o", (unsigned int) (unsigned char) word[i]);
        else if (*word == '\'' || *word == '\\')
            strbuf_printf(buf, "\\%c", *word);
        else
            strbuf_add_bytes(buf, word, size);
        word += size;
    }
    strbuf_add_char(buf, '\'');
}

void shell_quote(StrBuf *buf, const char *word)
{
    assert(word);
    if (*word && word[strspn(word, plain)] == '\0')
        strbuf_add(buf, word);
    else if (is_shown(word))
        quote_shown(buf, word);
    else
        quote_bytes(buf, word);
}

char *shell_word(Arena *arena, const char *word)
{
    StrBuf buf;
    char *quoted;

    strbuf_init(&buf);
    shell_quote(&buf, word);
    quoted = arena_strdup(arena, buf.text);
    strbuf_done(&buf);
    return quoted;
}
