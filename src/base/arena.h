/* SPDX-License-Identifier: PostgreSQL */
/* Arena: memory that is freed all at once; one for a command's run, one for a loop's turn.
 *
 * Allocation never fails: when memory is out the process aborts (the audit store is whole by
 * design, and the next start looks before it signals). What an arena hands out is zeroed and lives
 * until arena_clear() or arena_done(). */
#ifndef PGQUELL_BASE_ARENA_H
#define PGQUELL_BASE_ARENA_H

#include <stddef.h>

#include "base/err.h"

typedef struct ArenaChunk ArenaChunk;

typedef struct Arena {
    ArenaChunk *chunks; /* newest first */
} Arena;

void arena_init(Arena *arena);
void arena_done(Arena *arena);

/* Forgets everything that was handed out; keeps one chunk for reuse. */
void arena_clear(Arena *arena);

/* Zeroed memory for `count` items of `size` bytes, aligned for any type. */
void *arena_alloc(Arena *arena, size_t count, size_t size);

/* Copies; NULL stays NULL. */
char *arena_strdup(Arena *arena, const char *text);
char *arena_strndup(Arena *arena, const char *text, size_t length);
char *arena_printf(Arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);

/* The growing arrays' helper: `*items` has room for one more than `count` items of `size` bytes
 * afterwards. The capacity is implied: it doubles whenever `count` is a power of two. */
void *arena_grow(Arena *arena, void *items, size_t count, size_t size);

#define ARENA_NEW(arena, Type) ((Type *) arena_alloc((arena), 1, sizeof(Type)))
#define ARENA_ARRAY(arena, Type, count) ((Type *) arena_alloc((arena), (count), sizeof(Type)))

/* Heap memory with the same rule: aborts when memory is out. */
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *memory, size_t size);
char *xstrdup(const char *text);

#endif
