/* SPDX-License-Identifier: PostgreSQL */
/* Yaml: from libyaml's events to a tree. */
#include "policy/yaml.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

/* What the reading of one document has in hand. */
typedef struct Reader {
    yaml_parser_t parser;
    yaml_event_t event; /* the one that was read last; empty before the first */
    Arena *arena;
    const YamlSource *source;
    size_t nodes;
    int depth;
    const char *key; /* of the value that is read */
    Err *err;
} Reader;

static bool PRINTF_LIKE(3, 0) fail(const YamlNode *at, Err *err, const char *format, va_list args)
{
    char text[ERR_MESSAGE_MAX];

    (void) vsnprintf(text, sizeof(text), format, args);
    return err_set(err, ERR_USAGE, "%s:%d:%d: %s", at->file, at->line, at->column, text);
}

bool yaml_error(const YamlNode *at, Err *err, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void) fail(at, err, format, args);
    va_end(args);
    return false;
}

/* A node of no kind at a mark of libyaml's, which counts from 0. */
static YamlNode at_mark(const Reader *reader, yaml_mark_t mark)
{
    return (YamlNode){
        .file = reader->source->file, .line = (int) mark.line + 1, .column = (int) mark.column + 1};
}

static bool refuse(const Reader *reader, const char *what, const char *hint)
{
    YamlNode at = at_mark(reader, reader->event.start_mark);

    (void) yaml_error(&at, reader->err, "%s", what);
    return err_hint(reader->err, "%s", hint);
}

static bool continues_character(char byte)
{
    return ((unsigned char) byte & 0xC0) == 0x80;
}

/* libyaml tells a character that it cannot read by its offset in bytes only. */
static yaml_mark_t mark_of_offset(const Reader *reader, size_t offset)
{
    yaml_mark_t mark = {0};

    for (size_t i = 0; i < offset && i < reader->source->length; i++) {
        if (reader->source->bytes[i] == '\n') {
            mark.line++;
            mark.column = 0;
        } else if (!continues_character(reader->source->bytes[i])) {
            mark.column++;
        }
    }
    return mark;
}

static bool unreadable(const Reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    YamlNode at = at_mark(reader, mark_of_offset(reader, parser->problem_offset));

    if (parser->problem_value >= 0 && parser->problem_value < 0x80)
        return yaml_error(&at, reader->err, "control character \\x%02X is not allowed",
                          parser->problem_value);
    (void) yaml_error(&at, reader->err, "%s", parser->problem);
    return err_hint(reader->err, "The file has to be UTF-8.");
}

static char byte_at(const Reader *reader, yaml_mark_t mark)
{
    size_t character = 0;
    size_t i = 0;

    for (; i < reader->source->length && character < mark.index; i++)
        character +=
            i + 1 == reader->source->length || !continues_character(reader->source->bytes[i + 1]);
    return i < reader->source->length ? reader->source->bytes[i] : '\0';
}

/* What libyaml found wrong, in its words; it has none for the tab, the commonest of all. */
static bool bad_syntax(const Reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    YamlNode at = at_mark(reader, parser->problem_mark);

    if (parser->error == YAML_MEMORY_ERROR)
        abort(); /* as everywhere */
    if (parser->error == YAML_READER_ERROR)
        return unreadable(reader);
    if (byte_at(reader, parser->problem_mark) == '\t') {
        (void) yaml_error(&at, reader->err, "a tab cannot indent");
        return err_hint(reader->err, "Indent with spaces.");
    }
    if (parser->context)
        (void) yaml_error(&at, reader->err, "%s %s that begins on line %zu", parser->problem,
                          parser->context, parser->context_mark.line + 1);
    else
        (void) yaml_error(&at, reader->err, "%s", parser->problem);
    return err_hint(reader->err,
                    "Look at the indentation, and quote a text that has \": \" or \" #\" in it.");
}

static bool next(Reader *reader)
{
    yaml_event_delete(&reader->event);
    if (yaml_parser_parse(&reader->parser, &reader->event) == 1)
        return true;
    return bad_syntax(reader);
}

static bool check_decoration(const Reader *reader, const yaml_char_t *anchor,
                             const yaml_char_t *tag)
{
    if (anchor)
        return refuse(reader, "anchors and aliases are not allowed", "Write the value out.");
    if (tag)
        return refuse(reader, "tags are not allowed", "Write the value without its \"!\".");
    return true;
}

static YamlNode *refused(const Reader *reader, const char *what, const char *hint)
{
    (void) refuse(reader, what, hint);
    return NULL;
}

/* This and the readers below answer NULL where the error has been set. */
static YamlNode *new_node(Reader *reader, YamlKind kind)
{
    YamlNode *node;

    if (reader->nodes++ == YAML_NODES_MAX)
        return refused(reader, "the document has too many values",
                       "A configuration of that size is surely a mistake.");
    node = ARENA_NEW(reader->arena, YamlNode);
    *node = at_mark(reader, reader->event.start_mark);
    node->kind = kind;
    node->key = reader->key;
    return node;
}

static bool is_none(const YamlNode *node)
{
    static const char *const nones[] = {"", "~", "null", "Null", "NULL"};

    for (size_t i = 0; i < sizeof(nones) / sizeof(nones[0]); i++)
        if (strcmp(node->text, nones[i]) == 0)
            return node->plain;
    return false;
}

static YamlNode *read_text(Reader *reader)
{
    const char *text = (const char *) reader->event.data.scalar.value;
    size_t length = reader->event.data.scalar.length;
    YamlNode *node;

    if (!check_decoration(reader, reader->event.data.scalar.anchor, reader->event.data.scalar.tag))
        return NULL;
    if (memchr(text, '\0', length))
        return refused(reader, "a text may not contain a zero byte", "Leave the \"\\0\" out.");
    node = new_node(reader, YAML_TEXT);
    if (!node)
        return NULL;
    node->text = arena_strndup(reader->arena, text, length);
    node->plain = reader->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (is_none(node))
        node->kind = YAML_NONE;
    return node;
}

static YamlNode *read_value(Reader *reader);

static bool read_items(Reader *reader, YamlNode *list)
{
    for (;;) {
        const YamlNode *item;

        if (!next(reader))
            return false;
        if (reader->event.type == YAML_SEQUENCE_END_EVENT)
            return true;
        item = read_value(reader);
        if (!item)
            return false;
        list->items = arena_grow(reader->arena, list->items, list->count, sizeof(const YamlNode *));
        list->items[list->count++] = item;
    }
}

static bool check_twin(const YamlNode *map, const YamlNode *key, Err *err)
{
    for (size_t i = 0; i < map->count; i++) {
        if (strcmp(map->keys[i]->text, key->text) != 0)
            continue;
        (void) yaml_error(key, err, "duplicate key \"%s\"", key->text);
        return err_hint(err, "It stands on line %d already.", map->keys[i]->line);
    }
    return true;
}

static YamlNode *read_key(Reader *reader, const YamlNode *map)
{
    YamlNode *key;

    if (reader->event.type != YAML_SCALAR_EVENT && reader->event.type != YAML_ALIAS_EVENT)
        return refused(reader, "a key has to be a text", "Quote it if it has brackets or braces.");
    key = read_value(reader);
    if (!key)
        return NULL;
    if (strcmp(key->text, "<<") == 0)
        return refused(reader, "merge keys (\"<<\") are not allowed", "Write the values out.");
    key->kind = YAML_TEXT; /* a name may be "null" */
    return check_twin(map, key, reader->err) ? key : NULL;
}

static bool read_pairs(Reader *reader, YamlNode *map)
{
    const char *outer = reader->key;

    for (;;) {
        const YamlNode *key;
        const YamlNode *value;

        if (!next(reader))
            return false;
        if (reader->event.type == YAML_MAPPING_END_EVENT)
            return true;
        key = read_key(reader, map);
        if (!key || !next(reader))
            return false;
        reader->key = key->text;
        value = read_value(reader);
        reader->key = outer;
        if (!value)
            return false;
        map->keys = arena_grow(reader->arena, map->keys, map->count, sizeof(const YamlNode *));
        map->items = arena_grow(reader->arena, map->items, map->count, sizeof(const YamlNode *));
        map->keys[map->count] = key;
        map->items[map->count++] = value;
    }
}

/* A list or a map, up to its end. */
static YamlNode *read_inside(Reader *reader, YamlKind kind)
{
    YamlNode *node;
    bool read;

    if (reader->depth == YAML_DEPTH_MAX)
        return refused(reader, "lists and maps are nested too deeply",
                       "Nothing that is known here needs so many levels.");
    node = new_node(reader, kind);
    if (!node)
        return NULL;
    reader->depth++;
    read = kind == YAML_LIST ? read_items(reader, node) : read_pairs(reader, node);
    reader->depth--;
    return read ? node : NULL;
}

/* The value that begins with the event that was read last. */
static YamlNode *read_value(Reader *reader)
{
    const yaml_event_t *event = &reader->event;

    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return read_text(reader);
    case YAML_SEQUENCE_START_EVENT:
        if (!check_decoration(reader, event->data.sequence_start.anchor,
                              event->data.sequence_start.tag))
            return NULL;
        return read_inside(reader, YAML_LIST);
    case YAML_MAPPING_START_EVENT:
        if (!check_decoration(reader, event->data.mapping_start.anchor,
                              event->data.mapping_start.tag))
            return NULL;
        return read_inside(reader, YAML_MAP);
    default:
        assert(event->type == YAML_ALIAS_EVENT);
        (void) check_decoration(reader, event->data.alias.anchor, NULL);
        return NULL;
    }
}

static YamlNode *read_nothing(Reader *reader)
{
    YamlNode *root = new_node(reader, YAML_NONE);

    if (root) {
        root->line = root->column = 1;
        root->text = "";
    }
    return root;
}

/* Past one event, to the one behind it. */
static bool skip(Reader *reader)
{
    bool more = next(reader);

    return more && next(reader);
}

static YamlNode *read_document(Reader *reader)
{
    YamlNode *root;

    if (!skip(reader)) /* the stream's start */
        return NULL;
    if (reader->event.type == YAML_STREAM_END_EVENT)
        return read_nothing(reader);
    if (!next(reader))
        return NULL;
    root = read_value(reader);
    if (!root || !skip(reader)) /* the document's end */
        return NULL;
    if (reader->event.type != YAML_STREAM_END_EVENT)
        return refused(reader, "a second document begins", "Only one is allowed in a file.");
    return root;
}

bool yaml_read(Arena *arena, const YamlSource *source, const YamlNode **ret_root, Err *err)
{
    Reader reader = {.arena = arena, .source = source, .err = err};
    const YamlNode *root;

    if (source->length > YAML_BYTES_MAX)
        return err_set(err, ERR_USAGE, "%s: the file has more than %zu kB", source->file,
                       YAML_BYTES_MAX / 1024);
    if (yaml_parser_initialize(&reader.parser) != 1)
        abort(); /* out of memory, as everywhere */
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *) source->bytes,
                                 source->length);
    root = read_document(&reader);
    yaml_event_delete(&reader.event);
    yaml_parser_delete(&reader.parser);
    if (root)
        *ret_root = root;
    return root != NULL;
}
