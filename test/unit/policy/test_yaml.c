/* SPDX-License-Identifier: PostgreSQL */
/* Yaml: what a document is read as, and where every mistake is said to be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "base/timefmt.h"
#include "policy/yaml.h"

static Arena arena;
static Err err;

static int setup(void **state)
{
    arena_init(&arena);
    return 0;
}

static int teardown(void **state)
{
    arena_done(&arena);
    return 0;
}

static const YamlNode *read_text(const char *text)
{
    const YamlNode *root = NULL;

    if (!yaml_read(&arena, &(YamlSource){"f.yaml", text, strlen(text)}, &root, &err))
        fail_msg("%s", err.message);
    return root;
}

static void fails(const char *text, const char *message)
{
    const YamlNode *root = NULL;

    assert_false(yaml_read(&arena, &(YamlSource){"f.yaml", text, strlen(text)}, &root, &err));
    assert_null(root);
    assert_string_equal(err.message, message);
    assert_int_equal(err.code, ERR_USAGE);
}

static void a_tree_knows_where_it_stands(void **state)
{
    const YamlNode *root = read_text("# comment\nfirst: one\nsecond:\n  - x\n  - { in: \"y z\" }\n"
                                     "é: deux\n");
    const YamlNode *second = yaml_fetch(root, "second");
    const YamlNode *inner = yaml_fetch(second->items[1], "in");

    assert_int_equal(root->kind, YAML_MAP);
    assert_int_equal(root->count, 3);
    assert_string_equal(yaml_fetch(root, "first")->text, "one");
    assert_int_equal(yaml_fetch(root, "first")->line, 2);
    assert_int_equal(yaml_fetch(root, "first")->column, 8);
    assert_true(yaml_fetch(root, "first")->plain);
    assert_int_equal(second->kind, YAML_LIST);
    assert_string_equal(second->items[0]->key, "second");
    assert_int_equal(second->items[0]->line, 4);
    assert_int_equal(second->items[0]->column, 5);
    assert_string_equal(inner->text, "y z");
    assert_string_equal(inner->key, "in");
    assert_string_equal(inner->file, "f.yaml");
    assert_int_equal(inner->column, 11);
    assert_false(inner->plain);
    assert_int_equal(yaml_named(root, "é")->column, 4); /* characters, not bytes */
    assert_null(yaml_fetch(root, "third"));
    assert_null(yaml_fetch(second, "first"));
}

static void the_key_of_a_value_is_that_of_its_own_map(void **state)
{
    const YamlNode *root = read_text("a: { b: 1 }\nc: [ { d: 2 }, 3 ]\n");
    const YamlNode *list = yaml_fetch(root, "c");

    assert_null(root->key);
    assert_string_equal(yaml_fetch(root, "a")->key, "a");
    assert_string_equal(yaml_fetch(yaml_fetch(root, "a"), "b")->key, "b");
    assert_string_equal(yaml_fetch(list->items[0], "d")->key, "d");
    assert_string_equal(list->items[1]->key, "c");
}

static void nothing_is_nothing(void **state)
{
    static const char *const nothings[] = {"", "\n", "# only this\n", "---\n", "~", "null"};

    for (size_t i = 0; i < sizeof(nothings) / sizeof(nothings[0]); i++) {
        const YamlNode *root = read_text(nothings[i]);

        assert_int_equal(root->kind, YAML_NONE);
        assert_int_equal(root->line, 1 + (i == 3));
        assert_true(yaml_map(root, &err));
        assert_int_equal(root->count, 0);
        assert_int_equal(yaml_item_count(root), 0);
        assert_null(yaml_fetch(root, "key"));
    }
    assert_int_equal(yaml_fetch(read_text("a: \"\""), "a")->kind, YAML_TEXT);
    assert_int_equal(yaml_fetch(read_text("a: \"null\""), "a")->kind, YAML_TEXT);
    assert_int_equal(yaml_named(read_text("null: x"), "null")->kind, YAML_TEXT);
    assert_int_equal(read_text("\xef\xbb\xbf"
                               "a: b")
                         ->count,
                     1); /* a byte order mark */
}

static void what_is_no_yaml_is_said_with_its_place(void **state)
{
    fails("a: [1, 2\n",
          "f.yaml:2:1: did not find expected ',' or ']' while parsing a flow sequence "
          "that begins on line 1");
    assert_non_null(strstr(err.hint, "indentation"));
    fails("a: b\n c: d\n", "f.yaml:2:3: mapping values are not allowed in this context");
    fails("a:\n\tb: c\n", "f.yaml:2:1: a tab cannot indent");
    assert_string_equal(err.hint, "Indent with spaces.");
    fails("é: ü\n\tb: c\n", "f.yaml:2:1: a tab cannot indent");
    fails("é: @x\n", "f.yaml:1:4: found character that cannot start any token while scanning for "
                     "the next token that begins on line 1");
    fails("a: b\nc: \x01\n", "f.yaml:2:4: control character \\x01 is not allowed");
    fails("a: b\nü: \xff\n", "f.yaml:2:4: invalid leading UTF-8 octet");
    assert_string_equal(err.hint, "The file has to be UTF-8.");
}

static void what_yaml_has_too_much_of_is_refused(void **state)
{
    fails("a: &x 1\n", "f.yaml:1:4: anchors and aliases are not allowed");
    fails("a: &x [1]\n", "f.yaml:1:4: anchors and aliases are not allowed");
    fails("a: &x {}\n", "f.yaml:1:4: anchors and aliases are not allowed");
    fails("a: 1\nb: *x\n", "f.yaml:2:4: anchors and aliases are not allowed");
    fails("a: 1\n*x : b\n", "f.yaml:2:1: anchors and aliases are not allowed");
    fails("<<: { a: b }\n", "f.yaml:1:1: merge keys (\"<<\") are not allowed");
    fails("a: !!str 1\n", "f.yaml:1:4: tags are not allowed");
    fails("!x {}\n", "f.yaml:1:1: tags are not allowed");
    fails("a: !x []\n", "f.yaml:1:4: tags are not allowed");
    fails("[a]: b\n", "f.yaml:1:1: a key has to be a text");
    fails("? { a: b }\n: c\n", "f.yaml:1:3: a key has to be a text");
    fails("a: \"x\\0y\"\n", "f.yaml:1:4: a text may not contain a zero byte");
    fails("a: b\n---\nc: d\n", "f.yaml:2:1: a second document begins");
    fails("a: b\nc: d\na: e\n", "f.yaml:3:1: duplicate key \"a\"");
    assert_string_equal(err.hint, "It stands on line 1 already.");
}

static void sizes_are_bounded(void **state)
{
    const YamlNode *root;
    StrBuf text;

    strbuf_init(&text);
    strbuf_pad(&text, '[', YAML_DEPTH_MAX);
    strbuf_pad(&text, ']', YAML_DEPTH_MAX);
    assert_int_equal(read_text(text.text)->kind, YAML_LIST);
    strbuf_clear(&text);
    strbuf_pad(&text, '[', 100000); /* ends at once, and does not take the stack */
    fails(text.text, "f.yaml:1:17: lists and maps are nested too deeply");

    strbuf_clear(&text);
    for (int i = 0; i < YAML_NODES_MAX - 1; i++)
        strbuf_add(&text, "- x\n");
    assert_int_equal(read_text(text.text)->count, YAML_NODES_MAX - 1);
    strbuf_add(&text, "- x\n");
    fails(text.text, "f.yaml:20000:3: the document has too many values");

    strbuf_clear(&text);
    strbuf_pad(&text, '#', YAML_BYTES_MAX);
    assert_true(yaml_read(&arena, &(YamlSource){"f.yaml", text.text, text.length}, &root, &err));
    strbuf_add_char(&text, '#');
    fails(text.text, "f.yaml: the file has more than 256 kB");
    strbuf_done(&text);
}

static void keys_are_checked(void **state)
{
    static const char *const right[] = {"grace", "require_reason", NULL};
    const YamlNode *root = read_text("grace: 1\nrequire-reason: 2\n");

    assert_true(yaml_check_keys(root, "key", right, &err));
    assert_string_equal(yaml_fetch(root, "require_reason")->text, "2");
    assert_null(yaml_named(root, "require_reason"));
    assert_false(yaml_check_keys(read_text("a:\n  grcae: 1")->items[0], "key", right, &err));
    assert_string_equal(err.message, "f.yaml:2:3: unknown key \"grcae\" (did you mean \"grace\"?)");
    assert_string_equal(err.hint, "What can stand here: grace, require_reason.");
    assert_false(yaml_check_keys(read_text("in_stat: 1"), "predicate", right, &err));
    assert_string_equal(err.message, "f.yaml:1:1: unknown predicate \"in_stat\"");
    assert_false(
        yaml_check_keys(read_text("require_reason: 1\nrequire-reason: 1"), "key", right, &err));
    assert_string_equal(err.message, "f.yaml:2:1: duplicate key \"require-reason\"");
    assert_string_equal(err.hint, "It stands on line 1 already, as \"require_reason\".");
    assert_false(yaml_map(read_text("a: [b]")->items[0], &err));
    assert_string_equal(err.message, "f.yaml:1:4: a: expected keys with values, not a list");
    assert_false(yaml_map(read_text("b"), &err));
    assert_string_equal(err.message, "f.yaml:1:1: expected keys with values, not a text");
}

static const YamlNode *value(const char *text)
{
    return read_text(arena_printf(&arena, "k: %s", text))->items[0];
}

static void values_are_what_is_written(void **state)
{
    const char *text;
    bool yes = false;
    int number;
    int64_t duration;

    assert_true(yaml_text(value("no"), &text, &err));
    assert_string_equal(text, "no");
    assert_true(yaml_text(value("\"\""), &text, &err));
    assert_string_equal(text, "");
    assert_true(yaml_bool(value("true"), &yes, &err));
    assert_true(yes);
    assert_true(yaml_bool(value("false"), &yes, &err));
    assert_false(yes);
    assert_true(yaml_int(value("7"), 1, 10, &number, &err));
    assert_int_equal(number, 7);
    assert_true(yaml_duration(value("1.5min"), &duration, &err));
    assert_int_equal(duration, 90 * US_PER_S);
}

static void bad_values_name_their_key(void **state)
{
    static const char *const numbers[] = {"0", "11", "x", "7x", "1e3", "99999999999999999999"};
    const char *text;
    bool yes;
    int number;
    int64_t duration;

    assert_false(yaml_text(value("[a]"), &text, &err));
    assert_string_equal(err.message, "f.yaml:1:4: k: expected one text, not a list");
    assert_false(yaml_text(value("{ a: b }"), &text, &err));
    assert_string_equal(err.message, "f.yaml:1:4: k: expected one text, not keys with values");
    assert_false(yaml_text(value(""), &text, &err));
    assert_string_equal(err.message, "f.yaml:1:3: k: a value is missing");
    assert_false(yaml_bool(value("yes"), &yes, &err));
    assert_string_equal(err.message, "f.yaml:1:4: k: invalid value \"yes\"");
    assert_string_equal(err.hint, "It is true or false, without quotes.");
    assert_false(yaml_bool(value("\"true\""), &yes, &err));
    assert_false(yaml_bool(value("[]"), &yes, &err));
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        assert_false(yaml_int(value(numbers[i]), 1, 10, &number, &err));
        assert_string_equal(err.hint, "It is a whole number from 1 to 10.");
    }
    assert_false(yaml_int(value("[1]"), 1, 10, &number, &err));
    assert_false(yaml_duration(value("5"), &duration, &err));
    assert_string_equal(err.message, "f.yaml:1:4: k: invalid duration \"5\": its unit is missing");
    assert_non_null(strstr(err.hint, "5min"));
    assert_false(yaml_duration(value("[5s]"), &duration, &err));
}

static void one_value_is_a_list_of_one(void **state)
{
    const YamlNode *list = value("[a, b]");
    const YamlNode *one = value("a");

    assert_int_equal(yaml_item_count(list), 2);
    assert_string_equal(yaml_item(list, 1)->text, "b");
    assert_int_equal(yaml_item_count(one), 1);
    assert_ptr_equal(yaml_item(one, 0), one);
    assert_int_equal(yaml_item_count(value("[]")), 0);
    assert_int_equal(yaml_item_count(value("{ a: b, c: d }")), 1);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_tree_knows_where_it_stands),
        TEST(the_key_of_a_value_is_that_of_its_own_map),
        TEST(nothing_is_nothing),
        TEST(what_is_no_yaml_is_said_with_its_place),
        TEST(what_yaml_has_too_much_of_is_refused),
        TEST(sizes_are_bounded),
        TEST(keys_are_checked),
        TEST(values_are_what_is_written),
        TEST(bad_values_name_their_key),
        TEST(one_value_is_a_list_of_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
