/* SPDX-License-Identifier: PostgreSQL */
/* Plays scenarios to the engine and compares its answers with what the files expect.
 *
 * usage: run_scenario [--rewrite] FILE...
 *
 * Exit: 0 as expected (or rewritten), 1 it differs, 2 a file cannot be read. README.md has the
 * format. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stage.h"

#define DIVIDER "----"
#define LINES_MAX 4000

typedef struct Lines {
    const char *lines[LINES_MAX];
    size_t count;
} Lines;

static char *read_all(const char *path)
{
    FILE *file = fopen(path, "re");
    char chunk[4096];
    size_t got;
    StrBuf text;

    if (!file) {
        (void) fprintf(stderr, "could not open \"%s\": %s\n", path, strerror(errno));
        exit(2);
    }
    strbuf_init(&text);
    while ((got = fread(chunk, 1, sizeof(chunk), file)) > 0)
        strbuf_add_bytes(&text, chunk, got);
    (void) fclose(file);
    return text.text;
}

/* Cuts a text at its line ends, in place. */
static void cut_lines(const char *path, char *text, Lines *lines)
{
    lines->count = 0;
    while (*text) {
        char *end = strchr(text, '\n');

        if (lines->count == LINES_MAX) {
            (void) fprintf(stderr, "%s: more than %d lines\n", path, LINES_MAX);
            exit(2);
        }
        lines->lines[lines->count++] = text;
        if (!end)
            break;
        *end = '\0';
        text = end + 1;
    }
}

static size_t find_divider(const Lines *lines)
{
    size_t i = 0;

    while (i < lines->count && strcmp(lines->lines[i], DIVIDER) != 0)
        i++;
    return i;
}

/* Plays everything above the divider. */
static void play(Stage *stage, const char *path, const Lines *script, size_t divider)
{
    for (size_t i = 0; i < divider; i++) {
        const char *line = script->lines[i];
        Place place = {.file = path, .line = i + 1};

        if (line[0] != '#' && line[strspn(line, " ")] != '\0')
            stage_play(stage, &place, line);
    }
    if (!stage->engine) {
        (void) fprintf(stderr, "%s: it has no event\n", path);
        exit(2);
    }
}

/* How many lines agree from the end on, of those behind `same`. */
static size_t same_tail(const Lines *a, size_t a_from, const Lines *b, size_t b_from)
{
    size_t tail = 0;

    while (a_from + tail < a->count && b_from + tail < b->count &&
           strcmp(a->lines[a->count - 1 - tail], b->lines[b->count - 1 - tail]) == 0)
        tail++;
    return tail;
}

/* Prints what lies between the lines that agree at both ends; answers whether there was anything.
 */
static bool print_difference(const char *path, const Lines *expected, size_t from,
                             const Lines *actual)
{
    size_t same = 0;
    size_t tail;

    while (from + same < expected->count && same < actual->count &&
           strcmp(expected->lines[from + same], actual->lines[same]) == 0)
        same++;
    if (from + same == expected->count && same == actual->count)
        return false;
    tail = same_tail(expected, from + same, actual, same);
    (void) printf("%s:%zu: the engine answers otherwise from here on\n", path, from + same + 1);
    for (size_t i = same > 3 ? same - 3 : 0; i < same; i++)
        (void) printf("%5zu   %s\n", from + i + 1, actual->lines[i]);
    for (size_t i = from + same; i < expected->count - tail; i++)
        (void) printf("%5zu - %s\n", i + 1, expected->lines[i]);
    for (size_t i = same; i < actual->count - tail; i++)
        (void) printf("      + %s\n", actual->lines[i]);
    (void) puts("(- expected, + actual; \"run_scenario --rewrite FILE\" takes the answers over)");
    return true;
}

static void rewrite(const char *path, const Lines *script, size_t divider, const char *answers)
{
    FILE *file = fopen(path, "we");
    bool written = file != NULL;

    for (size_t i = 0; written && i < divider; i++)
        written = fprintf(file, "%s\n", script->lines[i]) > 0;
    written = written && fprintf(file, "%s\n%s", DIVIDER, answers) > 0;
    if (file)
        written = fclose(file) == 0 && written;
    if (!written) {
        (void) fprintf(stderr, "could not write \"%s\": %s\n", path, strerror(errno));
        exit(2);
    }
}

/* Answers whether the file is as it should be, or was made so. */
static bool run(const char *path, bool rewriting)
{
    static Lines script;
    static Lines answers;
    static Stage stage;
    char *text = read_all(path);
    size_t divider;
    bool differs = false;

    cut_lines(path, text, &script);
    divider = find_divider(&script);
    stage_init(&stage);
    play(&stage, path, &script, divider);
    if (rewriting) {
        rewrite(path, &script, divider, stage.out.text);
    } else {
        cut_lines(path, stage.out.text, &answers);
        differs = print_difference(path, &script, divider == script.count ? divider : divider + 1,
                                   &answers);
    }
    stage_done(&stage);
    free(text);
    return !differs;
}

int main(int argc, char **argv)
{
    bool rewriting = argc > 1 && strcmp(argv[1], "--rewrite") == 0;
    bool passed = true;

    if (argc < (rewriting ? 3 : 2)) {
        (void) fputs("usage: run_scenario [--rewrite] FILE...\n", stderr);
        return 2;
    }
    for (int i = rewriting ? 2 : 1; i < argc; i++)
        passed = run(argv[i], rewriting) && passed;
    return passed ? 0 : 1;
}
