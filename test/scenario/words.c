/* SPDX-License-Identifier: PostgreSQL */
/* Words: how a scenario's lines are read. */
#include "words.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void scenario_fail(const Place *place, const char *format, ...)
{
    va_list args;

    (void) fprintf(stderr, "%s:%zu: ", place->file, place->line);
    va_start(args, format);
    (void) vfprintf(stderr, format, args);
    va_end(args);
    (void) fputc('\n', stderr);
    exit(2);
}

/* Takes one word off the line into `word`. */
static const char *cut_one(const Place *place, const char *at, StrBuf *word)
{
    bool quoted = false;

    for (; *at && (quoted || *at != ' '); at++) {
        if (*at == '"') {
            quoted = !quoted;
        } else if (quoted && *at == '\\' && at[1] != '\0') {
            at++;
            strbuf_add_char(word, *at == 'n' ? '\n' : *at);
        } else {
            strbuf_add_char(word, *at);
        }
    }
    if (quoted)
        scenario_fail(place, "a quote is not closed");
    return at;
}

void words_cut(Words *words, const char *line, Arena *arena)
{
    StrBuf word;

    words->count = 0;
    strbuf_init(&word);
    for (line += strspn(line, " "); *line; line += strspn(line, " ")) {
        strbuf_clear(&word);
        line = cut_one(&words->place, line, &word);
        if (words->count == WORDS_MAX)
            scenario_fail(&words->place, "more than %d words", WORDS_MAX);
        words->words[words->count++] = arena_strdup(arena, word.text);
    }
    strbuf_done(&word);
}

const char *word_value(const char *word, const char *key)
{
    size_t length = strlen(key);

    if (strncmp(word, key, length) != 0 || word[length] != '=')
        return NULL;
    return word + length + 1;
}

int64_t offset_parse(const Place *place, const char *text)
{
    int64_t offset;
    Err err;

    if (text[0] != '-' && text[0] != '+')
        scenario_fail(place, "\"%s\" is no offset: it starts with + or -, as in -10s", text);
    if (!duration_parse(text + 1, &offset, &err))
        scenario_fail(place, "%s", err.message);
    return text[0] == '-' ? -offset : offset;
}

const char *offset_format(int64_t offset_us, char buffer[OFFSET_TEXT_MAX])
{
    static const struct {
        int64_t us;
        const char *name;
    } units[] = {{3600 * US_PER_S, "h"}, {60 * US_PER_S, "min"}, {US_PER_S, "s"}};
    char sign = offset_us < 0 ? '-' : '+';
    long long us = offset_us < 0 ? -offset_us : offset_us;

    if (us == 0) {
        (void) snprintf(buffer, OFFSET_TEXT_MAX, "0s");
        return buffer;
    }
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (us % units[i].us != 0)
            continue;
        (void) snprintf(buffer, OFFSET_TEXT_MAX, "%c%lld%s", sign, us / units[i].us, units[i].name);
        return buffer;
    }
    if (us % US_PER_MS == 0)
        (void) snprintf(buffer, OFFSET_TEXT_MAX, "%c%lldms", sign, us / US_PER_MS);
    else
        (void) snprintf(buffer, OFFSET_TEXT_MAX, "%c%lldus", sign, us);
    return buffer;
}

int number_parse(const Place *place, const char *text)
{
    char *rest;
    long number;

    errno = 0;
    number = strtol(text, &rest, 10);
    if (errno != 0 || rest == text || *rest != '\0' || number < INT_MIN || number > INT_MAX)
        scenario_fail(place, "\"%s\" is not a number", text);
    return (int) number;
}

bool choice_parse(const Place *place, const char *text)
{
    if (strcmp(text, "yes") != 0 && strcmp(text, "no") != 0)
        scenario_fail(place, "\"%s\" is neither yes nor no", text);
    return strcmp(text, "yes") == 0;
}
