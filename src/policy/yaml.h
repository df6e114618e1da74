/* SPDX-License-Identifier: PostgreSQL */
/* Yaml: a document as a tree whose nodes know where they stand, and errors that say so.
 *
 * One document of texts, lists and maps. Anchors, aliases, merge keys and tags are refused, and so
 * are keys that stand twice. A text is what was written, whatever YAML would make of it (`no` is
 * "no"); the reader says what it wants. Nodes and their texts live in the arena; the
 * file's name is borrowed. Every error has code ERR_USAGE and begins with `FILE:LINE:COLUMN: `, and
 * with the key where there is one. */
#ifndef PGQUELL_POLICY_YAML_H
#define PGQUELL_POLICY_YAML_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

#define YAML_BYTES_MAX ((size_t) 1 << 18) /* of a document */
#define YAML_NODES_MAX 20000              /* of a document, its keys included */
#define YAML_DEPTH_MAX 16                 /* lists and maps inside each other */

typedef enum YamlKind {
    YAML_NONE, /* nothing behind the key, `~`, `null`, or an empty document */
    YAML_TEXT,
    YAML_LIST,
    YAML_MAP,
} YamlKind;

typedef struct YamlNode YamlNode;

struct YamlNode {
    YamlKind kind;
    const char *file;
    int line;               /* from 1 */
    int column;             /* from 1, in characters */
    const char *key;        /* of the map in which it, or its list, stands; NULL: in none */
    const char *text;       /* of YAML_TEXT and YAML_NONE */
    bool plain;             /* written without quotes */
    const YamlNode **keys;  /* of YAML_MAP */
    const YamlNode **items; /* of YAML_LIST, and the values of YAML_MAP */
    size_t count;
};

/* A document as it was read from its file; borrowed, need not be terminated. */
typedef struct YamlSource {
    const char *file;
    const char *bytes;
    size_t length;
} YamlSource;

/* The tree of a document. */
FALLIBLE bool yaml_read(Arena *arena, const YamlSource *source, const YamlNode **ret_root,
                        Err *err);

/* Fills the error with the place and answers false; the second also names the node's key. */
bool yaml_error(const YamlNode *at, Err *err, const char *format, ...) PRINTF_LIKE(3, 4);
bool yaml_bad_value(const YamlNode *at, Err *err, const char *format, ...) PRINTF_LIKE(3, 4);

/* What follows reads one value, and fails where it is something else. */

FALLIBLE bool yaml_map(const YamlNode *node, Err *err); /* an empty value counts as an empty map */

/* Whether every key of the map is one of those that `right` lists (NULL ends it) and stands once;
 * `-` and `_` are alike. `kind` is what such a key is called: "key", "predicate". */
FALLIBLE bool yaml_check_keys(const YamlNode *map, const char *kind, const char *const *right,
                              Err *err);

/* The value of a key, `-` and `_` being alike; NULL where there is none. */
const YamlNode *yaml_fetch(const YamlNode *map, const char *key);

/* The same for a name, which has to be just that one. */
const YamlNode *yaml_named(const YamlNode *map, const char *name);

FALLIBLE bool yaml_text(const YamlNode *node, const char **ret_text, Err *err); /* may be empty */
FALLIBLE bool yaml_bool(const YamlNode *node, bool *ret_value, Err *err);       /* true, false */
FALLIBLE bool yaml_int(const YamlNode *node, int least, int most, int *ret_value, Err *err);
FALLIBLE bool yaml_duration(const YamlNode *node, int64_t *ret_us, Err *err);

/* A list, or one value in place of a list of it: how many items there are, and each of them. Of an
 * empty value there are none. */
size_t yaml_item_count(const YamlNode *node);
const YamlNode *yaml_item(const YamlNode *node, size_t index);

#endif
