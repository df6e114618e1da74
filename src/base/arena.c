/* SPDX-License-Identifier: PostgreSQL */
/* Arena: memory that is freed all at once. */
#include "base/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_CHUNK_BYTES ((size_t) 16 * 1024)

struct ArenaChunk {
    ArenaChunk *next;
    size_t used;
    size_t size;
    alignas(max_align_t) unsigned char bytes[];
};

static void out_of_memory(void)
{
    (void) fputs("pgquell: out of memory\n", stderr);
    abort();
}

void *xcalloc(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size ? size : 1);

    if (!memory)
        out_of_memory();
    return memory;
}

void *xrealloc(void *memory, size_t size)
{
    void *grown = realloc(memory, size ? size : 1);

    if (!grown)
        out_of_memory();
    return grown;
}

char *xstrdup(const char *text)
{
    size_t length;
    char *copy;

    if (!text)
        return NULL;
    length = strlen(text) + 1;
    copy = xcalloc(length, 1);
    memcpy(copy, text, length);
    return copy;
}

void arena_init(Arena *arena)
{
    arena->chunks = NULL;
}

void arena_done(Arena *arena)
{
    while (arena->chunks) {
        ArenaChunk *chunk = arena->chunks;

        arena->chunks = chunk->next;
        free(chunk);
    }
}

void arena_clear(Arena *arena)
{
    ArenaChunk *kept = arena->chunks;

    if (!kept)
        return;
    arena->chunks = kept->next;
    arena_done(arena);
    if (kept->size > ARENA_CHUNK_BYTES) {
        free(kept);
        return;
    }
    kept->next = NULL;
    kept->used = 0;
    arena->chunks = kept;
}

static ArenaChunk *chunk_with_room(Arena *arena, size_t bytes)
{
    ArenaChunk *chunk = arena->chunks;
    size_t size = bytes > ARENA_CHUNK_BYTES ? bytes : ARENA_CHUNK_BYTES;

    if (chunk && chunk->size - chunk->used >= bytes)
        return chunk;
    chunk = xcalloc(1, sizeof(ArenaChunk) + size);
    chunk->size = size;
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    return chunk;
}

void *arena_alloc(Arena *arena, size_t count, size_t size)
{
    const size_t align = alignof(max_align_t);
    ArenaChunk *chunk;
    size_t bytes;
    void *memory;

    if (size && count > (SIZE_MAX / 2) / size)
        out_of_memory();
    bytes = (count * size + align - 1) / align * align;
    chunk = chunk_with_room(arena, bytes);
    memory = chunk->bytes + chunk->used;
    chunk->used += bytes;
    memset(memory, 0, bytes);
    return memory;
}

char *arena_strndup(Arena *arena, const char *text, size_t length)
{
    char *copy;

    if (!text)
        return NULL;
    copy = arena_alloc(arena, length + 1, 1);
    memcpy(copy, text, length);
    return copy;
}

char *arena_strdup(Arena *arena, const char *text)
{
    return text ? arena_strndup(arena, text, strlen(text)) : NULL;
}

char *arena_printf(Arena *arena, const char *format, ...)
{
    va_list args;
    va_list again;
    int length;
    char *text;

    assert(format); /* also for gcc, which believes otherwise under the sanitizers */
    va_start(args, format);
    va_copy(again, args);
    length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(length >= 0);
    text = arena_alloc(arena, (size_t) length + 1, 1);
    (void) vsnprintf(text, (size_t) length + 1, format, again);
    va_end(again);
    return text;
}

void *arena_grow(Arena *arena, void *items, size_t count, size_t size)
{
    void *grown;

    if (count & (count - 1)) /* not a power of two: there is room left */
        return items;
    grown = arena_alloc(arena, count ? count * 2 : 1, size);
    if (count)
        memcpy(grown, items, count * size);
    return grown;
}
