/* SPDX-License-Identifier: PostgreSQL */
/* Statement: the first words of a query's text. */
#include "core/statement.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#define WORD_MAX 16 /* longest keyword asked about, with the terminator; longer words are cut */

static const char *skip_block_comment(const char *at)
{
    int depth = 0;

    do {
        if (strncmp(at, "/*", 2) == 0) {
            depth++;
            at += 2;
        } else if (strncmp(at, "*/", 2) == 0) {
            depth--;
            at += 2;
        } else {
            at++;
        }
    } while (depth > 0 && *at);
    return at;
}

/* Past white space and comments. */
static const char *skip_blank(const char *at)
{
    for (;;) {
        at += strspn(at, " \t\r\n\f\v");
        if (strncmp(at, "--", 2) == 0)
            at += strcspn(at, "\n");
        else if (strncmp(at, "/*", 2) == 0)
            at = skip_block_comment(at);
        else
            return at;
    }
}

/* Takes a word, or the single character that stands there instead, "" at the end. */
static const char *take_word(const char *at, char word[WORD_MAX])
{
    size_t length;

    at = skip_blank(at);
    length = strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789$");
    if (length == 0)
        length = *at ? 1 : 0;
    for (size_t i = 0; i < length && i < WORD_MAX - 1; i++)
        word[i] = at[i];
    word[length < WORD_MAX ? length : WORD_MAX - 1] = '\0';
    return at + length;
}

static bool word_is(const char *word, const char *keyword)
{
    return strcasecmp(word, keyword) == 0;
}

/* Behind CREATE: [UNIQUE] INDEX CONCURRENTLY. */
static bool index_concurrently(const char *at)
{
    char word[WORD_MAX];

    at = take_word(at, word);
    if (word_is(word, "unique"))
        at = take_word(at, word);
    if (!word_is(word, "index"))
        return false;
    (void) take_word(at, word);
    return word_is(word, "concurrently");
}

/* Behind an option's name: whether it is switched off. */
static bool switched_off(const char *at)
{
    char word[WORD_MAX];

    (void) take_word(at, word);
    return word_is(word, "false") || word_is(word, "off") || word_is(word, "0");
}

/* Behind REINDEX: [(options)] kind [CONCURRENTLY]; the option list may say it too. */
static bool reindex_concurrently(const char *at)
{
    char word[WORD_MAX];

    at = take_word(at, word);
    if (word_is(word, "(")) {
        do {
            at = take_word(at, word);
            if (word_is(word, "concurrently") && !switched_off(at))
                return true;
        } while (word[0] != '\0' && !word_is(word, ")"));
        at = take_word(at, word);
    }
    (void) take_word(at, word);
    return word_is(word, "concurrently");
}

bool statement_builds_concurrently(const char *query)
{
    char word[WORD_MAX];
    const char *at;

    if (!query)
        return false;
    at = take_word(query, word);
    if (word_is(word, "create"))
        return index_concurrently(at);
    return word_is(word, "reindex") && reindex_concurrently(at);
}

bool statement_rolls_back(const char *query)
{
    char word[WORD_MAX];

    if (!query)
        return false;
    (void) take_word(query, word);
    return word_is(word, "rollback") || word_is(word, "abort");
}

/* CREATE counts for an index only. */
static bool creates_index(const char *at)
{
    char word[WORD_MAX];

    at = take_word(at, word);
    if (word_is(word, "unique"))
        (void) take_word(at, word);
    return word_is(word, "index");
}

const char *statement_long_by_nature(const char *query)
{
    static const char *const commands[] = {"VACUUM",  "ANALYZE", "REINDEX",
                                           "CLUSTER", "COPY",    "REFRESH"};
    char word[WORD_MAX];
    const char *at;

    if (!query)
        return NULL;
    at = take_word(query, word);
    if (word_is(word, "create"))
        return creates_index(at) ? "CREATE INDEX" : NULL;
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        if (word_is(word, commands[i]))
            return commands[i];
    return NULL;
}

/* Up to the quote that ends a quoted name; two of them stand for one. */
static size_t quoted_length(const char *at)
{
    size_t length = 1;

    while (at[length] && (at[length] != '"' || at[length + 1] == '"'))
        length += at[length] == '"' ? 2 : 1;
    return at[length] ? length + 1 : length;
}

const char *statement_listens(const char *query, Arena *arena)
{
    char word[WORD_MAX];
    const char *at;
    size_t length;

    if (!query)
        return NULL;
    at = take_word(query, word);
    if (!word_is(word, "listen"))
        return NULL;
    at = skip_blank(at);
    length = *at == '"' ? quoted_length(at) : strcspn(at, " \t\r\n\f\v;");
    return length > 0 ? arena_strndup(arena, at, length) : NULL;
}
