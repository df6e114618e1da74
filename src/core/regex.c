/* SPDX-License-Identifier: PostgreSQL */
/* Regex: PCRE2 patterns over untrusted text. */
#include "core/regex.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/arena.h"

/* About 20 ms at worst for one text; PCRE2's own default is ten million. */
#define REGEX_MATCH_LIMIT 200000
#define REGEX_DEPTH_LIMIT 50000
#define REGEX_HEAP_LIMIT_KIB 8192

struct Regex {
    pcre2_code *code;
    pcre2_match_data *match;
    pcre2_match_context *limits;
};

/* Memory as everywhere: aborts when it is out. */
static void *allocate(size_t size, void *unused)
{
    (void) unused;
    return xcalloc(size, 1);
}

static void release(void *memory, void *unused)
{
    (void) unused;
    free(memory);
}

static Regex *regex_new(pcre2_code *code)
{
    pcre2_general_context *memory = pcre2_general_context_create(allocate, release, NULL);
    Regex *regex = xcalloc(1, sizeof(*regex));

    regex->code = code;
    regex->match = pcre2_match_data_create_from_pattern(code, memory);
    regex->limits = pcre2_match_context_create(memory);
    pcre2_general_context_free(memory);
    assert(regex->match && regex->limits);
    (void) pcre2_set_match_limit(regex->limits, REGEX_MATCH_LIMIT);
    (void) pcre2_set_depth_limit(regex->limits, REGEX_DEPTH_LIMIT);
    (void) pcre2_set_heap_limit(regex->limits, REGEX_HEAP_LIMIT_KIB);
    return regex;
}

bool regex_compile(const char *pattern, Regex **ret_regex, Err *err)
{
    PCRE2_UCHAR message[128];
    PCRE2_SIZE offset;
    int code;
    pcre2_code *compiled;

    compiled = pcre2_compile((PCRE2_SPTR) pattern, PCRE2_ZERO_TERMINATED,
                             PCRE2_UTF | PCRE2_MATCH_INVALID_UTF, &code, &offset, NULL);
    if (!compiled) {
        (void) pcre2_get_error_message(code, message, sizeof(message));
        (void) err_set(err, ERR_USAGE, "invalid regular expression \"%s\": %s at character %zu",
                       pattern, (const char *) message, (size_t) offset + 1);
        return err_hint(err,
                        "Patterns are Perl-compatible (PCRE2) and case-sensitive; (?i) in front "
                        "ignores case.");
    }
    (void) pcre2_jit_compile(compiled, PCRE2_JIT_COMPLETE); /* without it matching is only slower */
    *ret_regex = regex_new(compiled);
    return true;
}

void regex_free(Regex *regex)
{
    if (!regex)
        return;
    pcre2_match_context_free(regex->limits);
    pcre2_match_data_free(regex->match);
    pcre2_code_free(regex->code);
    free(regex);
}

RegexMatch regex_match(const Regex *regex, const char *text)
{
    int result;

    assert(regex);
    result = pcre2_match(regex->code, (PCRE2_SPTR) text, strlen(text), 0, 0, regex->match,
                         regex->limits);
    if (result >= 0)
        return REGEX_MATCHES;
    return result == PCRE2_ERROR_NOMATCH ? REGEX_DIFFERS : REGEX_GAVE_UP;
}
