/* SPDX-License-Identifier: PostgreSQL */
/* Flow: lines of pieces and sentences that break before they get wider than the device. */
#include "ui/flow.h"

#include <string.h>

#include "base/text.h"

#define PIECE_GAP 2
#define WORD_GAP 1
#define LINE_LEAST 10 /* columns that an indentation leaves at least */

static size_t indent_that_fits(const Look *look, size_t indent)
{
    size_t columns = (size_t) look->columns;

    if (columns == 0 || indent + LINE_LEAST <= columns)
        return indent;
    return columns > LINE_LEAST ? columns - LINE_LEAST : 0;
}

Flow flow_begin(const Look *look, StrBuf *buf, size_t first, size_t indent)
{
    Flow flow = {.look = look, .buf = buf, .indent = indent_that_fits(look, indent), .empty = true};

    flow.used = indent_that_fits(look, first);
    strbuf_pad(buf, ' ', flow.used);
    return flow;
}

static void break_line(Flow *flow)
{
    strbuf_add_char(flow->buf, '\n');
    strbuf_pad(flow->buf, ' ', flow->indent);
    flow->used = flow->indent;
    flow->empty = true;
}

static bool fits(const Flow *flow, size_t width)
{
    return flow->look->columns <= 0 || flow->used + width <= (size_t) flow->look->columns;
}

/* Bytes at the start of the text that fit on the present line; at least one character. */
static size_t bytes_that_fit(const Flow *flow, const char *text, size_t length)
{
    size_t bytes = 0;
    size_t width = 0;

    while (bytes < length) {
        char one[8] = "";
        uint32_t code;
        size_t size = text_decode(text + bytes, length - bytes, &code);

        size = size ? size : 1;
        memcpy(one, text + bytes, size);
        width += text_width(one);
        if (bytes > 0 && !fits(flow, width))
            break;
        bytes += size;
    }
    return bytes;
}

static void add_bytes(Flow *flow, const char *text, size_t length)
{
    size_t from = flow->buf->length;

    strbuf_add_bytes(flow->buf, text, length);
    flow->used += text_width(flow->buf->text + from);
    flow->empty = false;
}

static size_t width_of(const char *text, size_t length)
{
    StrBuf buf;
    size_t width;

    strbuf_init(&buf);
    strbuf_add_bytes(&buf, text, length);
    width = text_width(buf.text);
    strbuf_done(&buf);
    return width;
}

static void add_word(Flow *flow, const char *word, size_t length, size_t gap)
{
    size_t width = width_of(word, length);

    if (!flow->empty && !fits(flow, gap + width))
        break_line(flow);
    if (!flow->empty) {
        strbuf_pad(flow->buf, ' ', gap);
        flow->used += gap;
    }
    while (!fits(flow, width)) { /* a word of a megabyte is measured once */
        size_t bytes = bytes_that_fit(flow, word, length);
        size_t used = flow->used;

        add_bytes(flow, word, bytes);
        width -= flow->used - used;
        word += bytes;
        length -= bytes;
        if (length == 0)
            return;
        break_line(flow);
    }
    add_bytes(flow, word, length);
}

static void add_words(Flow *flow, const char *text, size_t gap)
{
    for (const char *word = text + strspn(text, " "); *word; word += strspn(word, " ")) {
        size_t length = strcspn(word, " ");

        add_word(flow, word, length, gap);
        word += length;
        gap = WORD_GAP;
    }
}

void flow_piece(Flow *flow, const char *text, Style style)
{
    size_t gap = flow->empty ? 0 : PIECE_GAP;

    if (text[0] == '\0')
        return;
    if (!flow->empty && !fits(flow, gap + text_width(text)))
        break_line(flow);
    else
        strbuf_pad(flow->buf, ' ', gap);
    flow->used += flow->empty ? 0 : gap;
    strbuf_add(flow->buf, look_on(flow->look, style));
    if (fits(flow, text_width(text)))
        add_bytes(flow, text, strlen(text));
    else
        add_words(flow, text, 0);
    strbuf_add(flow->buf, look_off(flow->look, style));
}

void flow_words(Flow *flow, const char *text, Style style)
{
    if (text[0] == '\0')
        return;
    strbuf_add(flow->buf, look_on(flow->look, style));
    add_words(flow, text, WORD_GAP);
    strbuf_add(flow->buf, look_off(flow->look, style));
}

void flow_end(Flow *flow)
{
    strbuf_add_char(flow->buf, '\n');
}
