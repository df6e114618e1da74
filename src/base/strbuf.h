/* SPDX-License-Identifier: PostgreSQL */
/* StrBuf: a growing text, always terminated; owned by whoever called strbuf_init(). */
#ifndef PGQUELL_BASE_STRBUF_H
#define PGQUELL_BASE_STRBUF_H

#include <stddef.h>

#include "base/err.h"

typedef struct StrBuf {
    char *text; /* never NULL between strbuf_init() and strbuf_done() */
    size_t length;
    size_t capacity;
} StrBuf;

void strbuf_init(StrBuf *buf);
void strbuf_done(StrBuf *buf);
void strbuf_clear(StrBuf *buf);
void strbuf_add(StrBuf *buf, const char *text);
void strbuf_add_bytes(StrBuf *buf, const char *bytes, size_t length);
void strbuf_add_char(StrBuf *buf, char c);
void strbuf_printf(StrBuf *buf, const char *format, ...) PRINTF_LIKE(2, 3);

/* Adds `count` times the character. */
void strbuf_pad(StrBuf *buf, char c, size_t count);

#endif
