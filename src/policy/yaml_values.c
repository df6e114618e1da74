/* SPDX-License-Identifier: PostgreSQL */
/* Yaml values: what a node says, and the error where it says something else. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/timefmt.h"
#include "policy/yaml.h"

#define KEYS_MAX 64 /* that a map may have */

bool yaml_bad_value(const YamlNode *at, Err *err, const char *format, ...)
{
    char text[ERR_MESSAGE_MAX];
    va_list args;

    va_start(args, format);
    (void) vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return yaml_error(at, err, "%s%s%s", at->key ? at->key : "", at->key ? ": " : "", text);
}

bool yaml_map(const YamlNode *node, Err *err)
{
    if (node->kind == YAML_MAP || node->kind == YAML_NONE)
        return true;
    (void) yaml_bad_value(node, err, "expected keys with values, not a %s",
                          node->kind == YAML_LIST ? "list" : "text");
    return err_hint(err, "Write \"key: value\", one on a line, or { key: value, ... }.");
}

static char folded(char c)
{
    return c == '-' ? '_' : c;
}

static bool same_key(const char *a, const char *b)
{
    while (*a && folded(*a) == folded(*b)) {
        a++;
        b++;
    }
    return folded(*a) == folded(*b);
}

static bool unknown_key(const YamlNode *key, const char *kind, const char *const *right, Err *err)
{
    const char *nearest;
    size_t count = 0;
    StrBuf list;

    strbuf_init(&list);
    for (; right[count]; count++)
        strbuf_printf(&list, "%s%s", count ? ", " : "", right[count]);
    nearest = text_nearest(key->text, right, count);
    (void) yaml_error(key, err, "unknown %s \"%s\"%s%s%s", kind, key->text,
                      nearest ? " (did you mean \"" : "", nearest ? nearest : "",
                      nearest ? "\"?)" : "");
    (void) err_hint(err, "What can stand here: %s.", list.text);
    strbuf_done(&list);
    return false;
}

bool yaml_check_keys(const YamlNode *map, const char *kind, const char *const *right, Err *err)
{
    const YamlNode *seen[KEYS_MAX] = {0};

    for (size_t i = 0; i < map->count; i++) {
        const YamlNode *key = map->keys[i];
        size_t at = 0;

        while (right[at] && !same_key(right[at], key->text))
            at++;
        if (!right[at] || at >= KEYS_MAX)
            return unknown_key(key, kind, right, err);
        if (seen[at]) {
            (void) yaml_error(key, err, "duplicate key \"%s\"", key->text);
            return err_hint(err, "It stands on line %d already, as \"%s\".", seen[at]->line,
                            seen[at]->text);
        }
        seen[at] = key;
    }
    return true;
}

const YamlNode *yaml_fetch(const YamlNode *map, const char *key)
{
    for (size_t i = 0; map->kind == YAML_MAP && i < map->count; i++)
        if (same_key(map->keys[i]->text, key))
            return map->items[i];
    return NULL;
}

const YamlNode *yaml_named(const YamlNode *map, const char *name)
{
    for (size_t i = 0; map->kind == YAML_MAP && i < map->count; i++)
        if (strcmp(map->keys[i]->text, name) == 0)
            return map->items[i];
    return NULL;
}

bool yaml_text(const YamlNode *node, const char **ret_text, Err *err)
{
    switch (node->kind) {
    case YAML_TEXT:
        *ret_text = node->text;
        return true;
    case YAML_NONE:
        (void) yaml_bad_value(node, err, "a value is missing");
        (void) err_hint(err, "An empty text is written \"\".");
        return false;
    default:
        (void) yaml_bad_value(node, err, "expected one text, not %s",
                              node->kind == YAML_LIST ? "a list" : "keys with values");
        return false;
    }
}

bool yaml_bool(const YamlNode *node, bool *ret_value, Err *err)
{
    const char *text;

    if (!yaml_text(node, &text, err))
        return false;
    if (node->plain && (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)) {
        *ret_value = text[0] == 't';
        return true;
    }
    (void) yaml_bad_value(node, err, "invalid value \"%s\"", text);
    return err_hint(err, "It is true or false, without quotes.");
}

bool yaml_int(const YamlNode *node, int least, int most, int *ret_value, Err *err)
{
    const char *text;
    char *rest;
    long value;

    if (!yaml_text(node, &text, err))
        return false;
    errno = 0;
    value = strtol(text, &rest, 10);
    if (errno != 0 || rest == text || *rest != '\0' || value < least || value > most) {
        (void) yaml_bad_value(node, err, "invalid value \"%s\"", text);
        return err_hint(err, "It is a whole number from %d to %d.", least, most);
    }
    *ret_value = (int) value;
    return true;
}

bool yaml_duration(const YamlNode *node, int64_t *ret_us, Err *err)
{
    const char *text;
    Err bad;

    if (!yaml_text(node, &text, err))
        return false;
    if (duration_parse(text, ret_us, &bad))
        return true;
    (void) yaml_bad_value(node, err, "%s", bad.message);
    return err_hint(err, "%s", bad.hint);
}

size_t yaml_item_count(const YamlNode *node)
{
    if (node->kind == YAML_NONE)
        return 0;
    return node->kind == YAML_LIST ? node->count : 1;
}

const YamlNode *yaml_item(const YamlNode *node, size_t index)
{
    return node->kind == YAML_LIST ? node->items[index] : node;
}
