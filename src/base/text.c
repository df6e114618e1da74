/* SPDX-License-Identifier: PostgreSQL */
/* Text: untrusted bytes made fit for a terminal, a log line or JSON. */
#include "base/text.h"

#include <assert.h>
#include <string.h>
#include <wchar.h>

#define TEXT_WORD_MAX 48 /* longest word that text_nearest() compares */

typedef struct Range {
    uint32_t first;
    uint32_t last;
} Range;

/* General categories Cc, Cf, Zl, Zp, Cs and the noncharacters. Source: UnicodeData.txt 15.0. */
static const Range hostile_ranges[] = {
    {0x0000, 0x001f},   {0x007f, 0x009f},   {0x00ad, 0x00ad},   {0x0600, 0x0605},
    {0x061c, 0x061c},   {0x06dd, 0x06dd},   {0x070f, 0x070f},   {0x0890, 0x0891},
    {0x08e2, 0x08e2},   {0x180e, 0x180e},   {0x200b, 0x200f},   {0x2028, 0x202e},
    {0x2060, 0x206f},   {0xd800, 0xdfff},   {0xfdd0, 0xfdef},   {0xfeff, 0xfeff},
    {0xfff0, 0xfffb},   {0xfffe, 0xffff},   {0x110bd, 0x110bd}, {0x110cd, 0x110cd},
    {0x13430, 0x1343f}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
};

bool text_is_hostile(uint32_t code)
{
    size_t low = 0;
    size_t high = sizeof(hostile_ranges) / sizeof(hostile_ranges[0]);

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (code > hostile_ranges[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < sizeof(hostile_ranges) / sizeof(hostile_ranges[0]) &&
        code >= hostile_ranges[low].first)
        return true;
    return (code & 0xfffe) == 0xfffe; /* the last two of every plane */
}

/* Length that the lead byte announces, with its payload bits; 0 for a byte that leads nothing. */
static size_t lead_byte(unsigned char byte, uint32_t *ret_bits)
{
    if (byte < 0x80) {
        *ret_bits = byte;
        return 1;
    }
    if (byte >= 0xc2 && byte <= 0xdf) {
        *ret_bits = byte & 0x1fU;
        return 2;
    }
    if ((byte & 0xf0) == 0xe0) {
        *ret_bits = byte & 0x0fU;
        return 3;
    }
    if (byte >= 0xf0 && byte <= 0xf4) {
        *ret_bits = byte & 0x07U;
        return 4;
    }
    return 0;
}

size_t text_decode(const char *bytes, size_t length, uint32_t *ret_code)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t code;
    size_t size;

    assert(length > 0);
    size = lead_byte((unsigned char) bytes[0], &code);
    if (size == 0 || size > length)
        return 0;
    for (size_t i = 1; i < size; i++) {
        unsigned char byte = (unsigned char) bytes[i];

        if ((byte & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (byte & 0x3fU);
    }
    if (code < smallest[size] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return 0;
    *ret_code = code;
    return size;
}

static void add_escaped(StrBuf *buf, uint32_t code)
{
    if (code == '\n')
        strbuf_add(buf, "\\n");
    else if (code == '\r')
        strbuf_add(buf, "\\r");
    else if (code == '\t')
        strbuf_add(buf, "\\t");
    else if (code < 0x80)
        strbuf_printf(buf, "\\x%02x", (unsigned int) code);
    else if (code < 0x10000)
        strbuf_printf(buf, "\\u%04x", (unsigned int) code);
    else
        strbuf_printf(buf, "\\U%08x", (unsigned int) code);
}

/* What is kept as it is; the rest is escaped. */
typedef enum Keep {
    KEEP_SAFE,  /* all but hostile characters */
    KEEP_VALID, /* all that is UTF-8 */
    KEEP_ASCII, /* printable ASCII */
} Keep;

static bool kept(Keep keep, uint32_t code)
{
    if (keep == KEEP_VALID)
        return true;
    return !text_is_hostile(code) && (keep == KEEP_SAFE || code < 0x80);
}

static void add_text(StrBuf *buf, const char *text, Keep keep)
{
    size_t left = strlen(text);

    while (left > 0) {
        uint32_t code = 0;
        size_t size = text_decode(text, left, &code);

        if (size == 0) {
            strbuf_printf(buf, "\\x%02x", (unsigned int) (unsigned char) *text);
            size = 1;
        } else if (kept(keep, code)) {
            strbuf_add_bytes(buf, text, size);
        } else {
            add_escaped(buf, code);
        }
        text += size;
        left -= size;
    }
}

static char *text_copied(Arena *arena, const char *text, Keep keep)
{
    StrBuf buf;
    char *copy;

    if (!text)
        return NULL;
    strbuf_init(&buf);
    add_text(&buf, text, keep);
    copy = arena_strndup(arena, buf.text, buf.length);
    strbuf_done(&buf);
    return copy;
}

void text_clean(StrBuf *buf, const char *text)
{
    add_text(buf, text, KEEP_SAFE);
}

char *text_cleaned(Arena *arena, const char *text)
{
    return text_copied(arena, text, KEEP_SAFE);
}

char *text_as_utf8(Arena *arena, const char *text)
{
    return text_copied(arena, text, KEEP_VALID);
}

char *text_as_ascii(Arena *arena, const char *text)
{
    return text_copied(arena, text, KEEP_ASCII);
}

static size_t code_width(uint32_t code)
{
    int width = code < 0x80 ? 1 : wcwidth((wchar_t) code);

    return width < 0 ? 1 : (size_t) width;
}

size_t text_width(const char *text)
{
    size_t left = strlen(text);
    size_t width = 0;

    while (left > 0) {
        uint32_t code = 0;
        size_t size = text_decode(text, left, &code);

        width += size ? code_width(code) : 1;
        size = size ? size : 1;
        text += size;
        left -= size;
    }
    return width;
}

/* How many bytes of the text fit into `width` columns, and how many columns they take. */
static size_t bytes_that_fit(const char *text, size_t width, size_t *ret_width)
{
    size_t left = strlen(text);
    size_t bytes = 0;
    size_t used = 0;

    while (left > 0) {
        uint32_t code = 0;
        size_t size = text_decode(text + bytes, left, &code);
        size_t columns = size ? code_width(code) : 1;

        size = size ? size : 1;
        if (used + columns > width)
            break;
        used += columns;
        bytes += size;
        left -= size;
    }
    *ret_width = used;
    return bytes;
}

void text_fit(StrBuf *buf, const char *text, size_t width, bool pad)
{
    size_t used = 0;
    size_t bytes = bytes_that_fit(text, width, &used);

    if (text[bytes] != '\0' && width > 0) {
        bytes = bytes_that_fit(text, width - 1, &used);
        strbuf_add_bytes(buf, text, bytes);
        strbuf_add(buf, "\xe2\x80\xa6");
        used++;
    } else {
        strbuf_add_bytes(buf, text, bytes);
    }
    if (pad)
        strbuf_pad(buf, ' ', width - used);
}

/* Glob by backtracking to the last star: linear in practice, quadratic at worst. */
static bool glob_matches(const char *pattern, const char *text)
{
    const char *star = NULL;
    const char *resume = NULL;

    while (*text) {
        if (*pattern == '*') {
            star = pattern++;
            resume = text;
        } else if (*pattern == '?' || *pattern == *text) {
            pattern++;
            text++;
            while (pattern[-1] == '?' && ((unsigned char) *text & 0xc0) == 0x80)
                text++; /* one character, not one byte */
        } else if (star) {
            pattern = star + 1;
            text = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

bool text_matches(const char *pattern, const char *text)
{
    if (strpbrk(pattern, "*?"))
        return glob_matches(pattern, text);
    return strcmp(pattern, text) == 0;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Edit distance with swaps of neighbours, over bytes; both words at most TEXT_WORD_MAX long. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t rows[TEXT_WORD_MAX + 1][TEXT_WORD_MAX + 1];
    size_t a_length = strlen(a);
    size_t b_length = strlen(b);

    for (size_t i = 0; i <= a_length; i++) {
        for (size_t j = 0; j <= b_length; j++) {
            size_t best;

            if (i == 0 || j == 0) {
                rows[i][j] = i + j;
                continue;
            }
            best = smaller(rows[i - 1][j], rows[i][j - 1]) + 1;
            best = smaller(best, rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                best = smaller(best, rows[i - 2][j - 2] + 1);
            rows[i][j] = best;
        }
    }
    return rows[a_length][b_length];
}

const char *text_nearest(const char *word, const char *const *candidates, size_t count)
{
    const char *nearest = NULL;
    size_t length = strlen(word);
    size_t best = length / 3 + 2; /* a distance must be below this to count */

    if (length == 0 || length > TEXT_WORD_MAX)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        size_t distance;

        if (strlen(candidates[i]) > TEXT_WORD_MAX)
            continue;
        distance = edit_distance(word, candidates[i]);
        if (distance < best && distance < strlen(candidates[i])) {
            best = distance;
            nearest = candidates[i];
        }
    }
    return nearest;
}
