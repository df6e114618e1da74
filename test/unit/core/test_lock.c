/* SPDX-License-Identifier: PostgreSQL */
/* Lock: names, conflicts, and the words for what a lock is on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/lock.h"

static void names_go_both_ways(void **state)
{
    for (int mode = LOCK_ACCESS_SHARE; mode < LOCK_MODES; mode++)
        assert_int_equal(lock_mode_named(lock_mode_name((LockMode) mode)), mode);
    assert_null(lock_mode_name(LOCK_UNKNOWN));
    assert_int_equal(lock_mode_named("SIReadLock"), LOCK_UNKNOWN);
}

/* The manual's table "Conflicting Lock Modes", row by row. */
static void conflicts_are_the_manuals(void **state)
{
    static const char *const table[LOCK_MODES] = {
        [LOCK_UNKNOWN] = "---------",
        [LOCK_ACCESS_SHARE] = "--------X",
        [LOCK_ROW_SHARE] = "-------XX",
        [LOCK_ROW_EXCLUSIVE] = "-----XXXX",
        [LOCK_SHARE_UPDATE_EXCLUSIVE] = "----XXXXX",
        [LOCK_SHARE] = "---XX-XXX",
        [LOCK_SHARE_ROW_EXCLUSIVE] = "---XXXXXX",
        [LOCK_EXCLUSIVE] = "--XXXXXXX",
        [LOCK_ACCESS_EXCLUSIVE] = "-XXXXXXXX",
    };

    for (int a = 0; a < LOCK_MODES; a++)
        for (int b = 0; b < LOCK_MODES; b++)
            assert_int_equal(lock_modes_conflict((LockMode) a, (LockMode) b), table[a][b] == 'X');
}

static LockTag relation_tag(void)
{
    return (LockTag){.type = "relation", .database = 5, .relation = 16384, .page = -1, .tuple = -1};
}

static void every_column_of_a_tag_counts(void **state)
{
    LockTag tag = relation_tag();
    LockTag other = tag;

    assert_true(lock_tags_same(&tag, &other));
    other.type = "extend";
    assert_false(lock_tags_same(&tag, &other));
    other = tag, other.database = 6;
    assert_false(lock_tags_same(&tag, &other));
    other = tag, other.relation = 6;
    assert_false(lock_tags_same(&tag, &other));
    other = tag, other.page = 0;
    assert_false(lock_tags_same(&tag, &other));
    other = tag, other.tuple = 1;
    assert_false(lock_tags_same(&tag, &other));
    other = tag, other.xid = 7;
    assert_false(lock_tags_same(&tag, &other));
    other = tag, other.class_oid = 7;
    assert_false(lock_tags_same(&tag, &other));
    other = tag, other.object_oid = 7;
    assert_false(lock_tags_same(&tag, &other));
    other = tag, other.sub_id = 7;
    assert_false(lock_tags_same(&tag, &other));
    other = tag, other.virtual_xid = "3/4";
    assert_false(lock_tags_same(&tag, &other));
    assert_false(lock_tags_same(&other, &tag));
    tag.virtual_xid = "3/5";
    assert_false(lock_tags_same(&tag, &other));
    tag.virtual_xid = "3/4";
    assert_true(lock_tags_same(&tag, &other));
}

static void the_object_is_told_in_words(void **state)
{
    Lock lock = {.tag = relation_tag()};
    Arena arena;

    arena_init(&arena);
    assert_string_equal(lock_object(&lock, &arena), "relation 16384");
    lock.name = "public.account";
    assert_string_equal(lock_object(&lock, &arena), "relation public.account");
    lock.tag.type = "extend";
    assert_string_equal(lock_object(&lock, &arena), "extension of public.account");
    lock.tag.type = "tuple", lock.tag.page = 3, lock.tag.tuple = 7;
    assert_string_equal(lock_object(&lock, &arena), "row (3,7) of public.account");
    lock.name = NULL;
    assert_string_equal(lock_object(&lock, &arena), "row (3,7) of relation 16384");
    lock.tag = (LockTag){.type = "transactionid", .xid = 4000000000U};
    assert_string_equal(lock_object(&lock, &arena), "transaction 4000000000");
    lock.tag = (LockTag){.type = "virtualxid", .virtual_xid = "3/4"};
    assert_string_equal(lock_object(&lock, &arena), "virtual transaction 3/4");
    lock.tag = (LockTag){.type = "object", .class_oid = 1259, .object_oid = 99};
    assert_string_equal(lock_object(&lock, &arena), "object 99 of class 1259");
    lock.tag = (LockTag){.type = "frozen\nid"};
    assert_string_equal(lock_object(&lock, &arena), "a lock of type frozen\\nid");
    arena_done(&arena);
}

static void advisory_keys_are_the_callers(void **state)
{
    Lock lock = {.tag = {.type = "advisory", .object_oid = 4711, .sub_id = 1}};
    Arena arena;

    arena_init(&arena);
    assert_string_equal(lock_object(&lock, &arena), "advisory lock 4711");
    lock.tag.class_oid = lock.tag.object_oid = 0xffffffffU;
    assert_string_equal(lock_object(&lock, &arena), "advisory lock -1");
    lock.tag.sub_id = 2;
    assert_string_equal(lock_object(&lock, &arena), "advisory lock (-1, -1)");
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_go_both_ways),
        cmocka_unit_test(conflicts_are_the_manuals),
        cmocka_unit_test(every_column_of_a_tag_counts),
        cmocka_unit_test(the_object_is_told_in_words),
        cmocka_unit_test(advisory_keys_are_the_callers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
