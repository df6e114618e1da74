/* SPDX-License-Identifier: PostgreSQL */
/* Mistyped: options that a word may be short for. */
#include "cmd/mistyped.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cmd/options.h"

typedef struct Names {
    const char *name[OPTIONS];
    size_t count;
} Names;

static void collect(unsigned int groups, Names *ret_names)
{
    ret_names->count = 0;
    for (int id = 0; id < OPTIONS; id++)
        if (option_rows[id].groups & groups)
            ret_names->name[ret_names->count++] = option_rows[id].name;
}

/* Those that the word is the beginning of; the one that it is, where it is one. */
static void keep_begun(const Names *names, const char *word, Names *ret_begun)
{
    size_t length = strlen(word);

    ret_begun->count = 0;
    for (size_t i = 0; i < names->count && length > 0; i++) {
        if (strncmp(names->name[i], word, length) != 0)
            continue;
        if (names->name[i][length] == '\0')
            ret_begun->count = 0;
        ret_begun->name[ret_begun->count++] = names->name[i];
        if (names->name[i][length] == '\0')
            return;
    }
}

static bool ambiguous(const char *word, const Names *begun, Err *err)
{
    StrBuf list;

    strbuf_init(&list);
    for (size_t i = 0; i < begun->count; i++)
        strbuf_printf(&list, "%s--%s",
                      i == 0                 ? ""
                      : i + 1 < begun->count ? ", "
                                             : " or ",
                      begun->name[i]);
    (void) err_set(err, ERR_USAGE, "option \"--%s\" is ambiguous", word);
    (void) err_hint(err, "It may be short for %s.", list.text);
    strbuf_done(&list);
    return false;
}

static bool unknown(const char *given, const char *word, const Names *names, Err *err)
{
    const char *nearest = text_nearest(word, names->name, names->count);

    (void) err_set(err, ERR_USAGE, "unknown option \"%s\"", given);
    if (nearest)
        (void) err_hint(err, "Did you mean --%s?", nearest);
    return false;
}

bool mistyped_option(unsigned int groups, const char *given, Err *err)
{
    char *word;
    Names names;
    Names begun;

    assert(strncmp(given, "--", 2) == 0);
    word = xstrdup(given + 2);
    word[strcspn(word, "=")] = '\0';
    collect(groups, &names);
    keep_begun(&names, word, &begun);
    if (begun.count > 1)
        (void) ambiguous(word, &begun, err);
    else if (begun.count == 1)
        (void) err_set(err, ERR_USAGE, "option \"--%s\" takes no value", begun.name[0]);
    else
        (void) unknown(given, word, &names, err);
    free(word);
    return false;
}
