/* SPDX-License-Identifier: PostgreSQL */
/* StrBuf: a growing text, always terminated. */
#include "base/strbuf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

#define STRBUF_FIRST_BYTES 256

void strbuf_init(StrBuf *buf)
{
    buf->text = xcalloc(STRBUF_FIRST_BYTES, 1);
    buf->length = 0;
    buf->capacity = STRBUF_FIRST_BYTES;
}

void strbuf_done(StrBuf *buf)
{
    free(buf->text);
    buf->text = NULL;
    buf->length = buf->capacity = 0;
}

void strbuf_clear(StrBuf *buf)
{
    buf->length = 0;
    buf->text[0] = '\0';
}

/* Makes room for `more` characters and the terminator. */
static void strbuf_reserve(StrBuf *buf, size_t more)
{
    size_t need = buf->length + more + 1;

    if (need <= buf->capacity)
        return;
    while (buf->capacity < need)
        buf->capacity *= 2;
    buf->text = xrealloc(buf->text, buf->capacity);
}

void strbuf_add_bytes(StrBuf *buf, const char *bytes, size_t length)
{
    strbuf_reserve(buf, length);
    memcpy(buf->text + buf->length, bytes, length);
    buf->length += length;
    buf->text[buf->length] = '\0';
}

void strbuf_add(StrBuf *buf, const char *text)
{
    strbuf_add_bytes(buf, text, strlen(text));
}

void strbuf_add_char(StrBuf *buf, char c)
{
    strbuf_add_bytes(buf, &c, 1);
}

void strbuf_pad(StrBuf *buf, char c, size_t count)
{
    strbuf_reserve(buf, count);
    memset(buf->text + buf->length, c, count);
    buf->length += count;
    buf->text[buf->length] = '\0';
}

void strbuf_printf(StrBuf *buf, const char *format, ...)
{
    va_list args;
    int length;

    va_start(args, format);
    length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(length >= 0);
    strbuf_reserve(buf, (size_t) length);
    va_start(args, format);
    (void) vsnprintf(buf->text + buf->length, (size_t) length + 1, format, args);
    va_end(args);
    buf->length += (size_t) length;
}
