/* SPDX-License-Identifier: PostgreSQL */
/* Lock: modes, their conflicts, and the words for what a lock is on. */
#include "core/lock.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"

/* Indexed by LockMode; bit M of `conflicts`: it conflicts with mode M. */
static const struct {
    const char *name;
    unsigned int conflicts;
} modes[LOCK_MODES] = {
    [LOCK_UNKNOWN] = {NULL, 0},
    [LOCK_ACCESS_SHARE] = {"AccessShareLock", 1U << LOCK_ACCESS_EXCLUSIVE},
    [LOCK_ROW_SHARE] = {"RowShareLock", 1U << LOCK_EXCLUSIVE | 1U << LOCK_ACCESS_EXCLUSIVE},
    [LOCK_ROW_EXCLUSIVE] = {"RowExclusiveLock", 1U << LOCK_SHARE | 1U << LOCK_SHARE_ROW_EXCLUSIVE |
                                                    1U << LOCK_EXCLUSIVE |
                                                    1U << LOCK_ACCESS_EXCLUSIVE},
    [LOCK_SHARE_UPDATE_EXCLUSIVE] = {"ShareUpdateExclusiveLock",
                                     1U << LOCK_SHARE_UPDATE_EXCLUSIVE | 1U << LOCK_SHARE |
                                         1U << LOCK_SHARE_ROW_EXCLUSIVE | 1U << LOCK_EXCLUSIVE |
                                         1U << LOCK_ACCESS_EXCLUSIVE},
    [LOCK_SHARE] = {"ShareLock", 1U << LOCK_ROW_EXCLUSIVE | 1U << LOCK_SHARE_UPDATE_EXCLUSIVE |
                                     1U << LOCK_SHARE_ROW_EXCLUSIVE | 1U << LOCK_EXCLUSIVE |
                                     1U << LOCK_ACCESS_EXCLUSIVE},
    [LOCK_SHARE_ROW_EXCLUSIVE] = {"ShareRowExclusiveLock",
                                  1U << LOCK_ROW_EXCLUSIVE | 1U << LOCK_SHARE_UPDATE_EXCLUSIVE |
                                      1U << LOCK_SHARE | 1U << LOCK_SHARE_ROW_EXCLUSIVE |
                                      1U << LOCK_EXCLUSIVE | 1U << LOCK_ACCESS_EXCLUSIVE},
    [LOCK_EXCLUSIVE] = {"ExclusiveLock", 1U << LOCK_ROW_SHARE | 1U << LOCK_ROW_EXCLUSIVE |
                                             1U << LOCK_SHARE_UPDATE_EXCLUSIVE | 1U << LOCK_SHARE |
                                             1U << LOCK_SHARE_ROW_EXCLUSIVE | 1U << LOCK_EXCLUSIVE |
                                             1U << LOCK_ACCESS_EXCLUSIVE},
    [LOCK_ACCESS_EXCLUSIVE] = {"AccessExclusiveLock",
                               1U << LOCK_ACCESS_SHARE | 1U << LOCK_ROW_SHARE |
                                   1U << LOCK_ROW_EXCLUSIVE | 1U << LOCK_SHARE_UPDATE_EXCLUSIVE |
                                   1U << LOCK_SHARE | 1U << LOCK_SHARE_ROW_EXCLUSIVE |
                                   1U << LOCK_EXCLUSIVE | 1U << LOCK_ACCESS_EXCLUSIVE},
};

const char *lock_mode_name(LockMode mode)
{
    assert(mode < LOCK_MODES);
    return modes[mode].name;
}

LockMode lock_mode_named(const char *name)
{
    for (int mode = LOCK_UNKNOWN + 1; mode < LOCK_MODES; mode++)
        if (strcmp(modes[mode].name, name) == 0)
            return (LockMode) mode;
    return LOCK_UNKNOWN;
}

bool lock_modes_conflict(LockMode a, LockMode b)
{
    assert(a < LOCK_MODES && b < LOCK_MODES);
    return (modes[a].conflicts & 1U << b) != 0;
}

static bool texts_same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

bool lock_tags_same(const LockTag *a, const LockTag *b)
{
    assert(a->type && b->type);
    return strcmp(a->type, b->type) == 0 && a->database == b->database &&
           a->relation == b->relation && a->page == b->page && a->tuple == b->tuple &&
           texts_same(a->virtual_xid, b->virtual_xid) && a->xid == b->xid &&
           a->class_oid == b->class_oid && a->object_oid == b->object_oid && a->sub_id == b->sub_id;
}

static const char *relation_name(const Lock *lock, Arena *arena)
{
    if (lock->name)
        return lock->name;
    return arena_printf(arena, "relation %u", (unsigned int) lock->tag.relation);
}

/* Advisory locks: one bigint key in two halves, or two integer keys. Source: manual, pg_locks. */
static const char *advisory(const LockTag *tag, Arena *arena)
{
    if (tag->sub_id == 1)
        return arena_printf(arena, "advisory lock %lld",
                            (long long) ((uint64_t) tag->class_oid << 32 | tag->object_oid));
    return arena_printf(arena, "advisory lock (%d, %d)", (int) tag->class_oid,
                        (int) tag->object_oid);
}

const char *lock_object(const Lock *lock, Arena *arena)
{
    const LockTag *tag = &lock->tag;

    assert(tag->type);
    if (strcmp(tag->type, "relation") == 0)
        return arena_printf(arena, "%s%s", lock->name ? "relation " : "",
                            relation_name(lock, arena));
    if (strcmp(tag->type, "tuple") == 0)
        return arena_printf(arena, "row (%lld,%lld) of %s", (long long) tag->page,
                            (long long) tag->tuple, relation_name(lock, arena));
    if (strcmp(tag->type, "extend") == 0)
        return arena_printf(arena, "extension of %s", relation_name(lock, arena));
    if (strcmp(tag->type, "transactionid") == 0)
        return arena_printf(arena, "transaction %u", (unsigned int) tag->xid);
    if (strcmp(tag->type, "virtualxid") == 0)
        return arena_printf(arena, "virtual transaction %s", text_cleaned(arena, tag->virtual_xid));
    if (strcmp(tag->type, "advisory") == 0)
        return advisory(tag, arena);
    if (strcmp(tag->type, "object") == 0)
        return arena_printf(arena, "object %u of class %u", (unsigned int) tag->object_oid,
                            (unsigned int) tag->class_oid);
    return arena_printf(arena, "a lock of type %s", text_cleaned(arena, tag->type));
}
