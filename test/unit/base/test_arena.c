/* SPDX-License-Identifier: PostgreSQL */
/* Arena: zeroed, aligned, any size, reused, and an abort when memory is out. */
#include <setjmp.h>
#include <signal.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"

/* The address sanitizer ends the program itself when its malloc() is asked for too much. */
#ifdef __SANITIZE_ADDRESS__
#define OUT_OF_MEMORY_WAYS 1
#else
#define OUT_OF_MEMORY_WAYS 3
#endif

static Arena arena;

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

static bool is_zero(const unsigned char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

static void memory_is_aligned_zeroed_and_apart(void **state)
{
    unsigned char *previous = NULL;

    for (size_t size = 1; size < 3000; size += 7) {
        unsigned char *bytes = arena_alloc(&arena, 1, size);

        assert_int_equal((uintptr_t) bytes % alignof(max_align_t), 0);
        assert_true(is_zero(bytes, size));
        memset(bytes, 0xff, size);
        if (previous)
            assert_true(previous[0] == 0xff);
        previous = bytes;
    }
    assert_non_null(arena_alloc(&arena, 0, 8));
    assert_non_null(arena_alloc(&arena, 8, 0));
}

static void large_items_have_room(void **state)
{
    size_t size = (size_t) 1024 * 1024;
    unsigned char *small = arena_alloc(&arena, 1, 8);
    unsigned char *large = arena_alloc(&arena, 1, size);

    assert_true(is_zero(large, size));
    memset(large, 1, size);
    assert_true(is_zero(small, 8));
}

static void clear_reuses_a_chunk_and_zeroes_it(void **state)
{
    unsigned char *first = arena_alloc(&arena, 1, 100);
    unsigned char *again;

    memset(first, 0xff, 100);
    for (int i = 0; i < 100; i++)
        (void) arena_alloc(&arena, 1, 1000);
    arena_clear(&arena);
    assert_non_null(arena.chunks);
    again = arena_alloc(&arena, 1, 16000);
    assert_true(is_zero(again, 16000));
    arena_clear(&arena);
    arena_clear(&arena);
    assert_ptr_equal(arena_alloc(&arena, 1, 1), again);
}

static void clear_keeps_no_large_chunk(void **state)
{
    arena_clear(&arena);
    assert_null(arena.chunks);
    (void) arena_alloc(&arena, 1, 100000);
    arena_clear(&arena);
    assert_null(arena.chunks);
}

static void copies(void **state)
{
    char text[] = "text";
    char *copy = arena_strdup(&arena, text);
    char *heap = xstrdup(text);

    text[0] = 'X';
    assert_string_equal(copy, "text");
    assert_string_equal(heap, "text");
    free(heap);
    assert_null(arena_strdup(&arena, NULL));
    assert_null(arena_strndup(&arena, NULL, 3));
    /* cppcheck-suppress nullPointer ; and here for another xstrdup() */
    assert_null(xstrdup(NULL));
    assert_string_equal(arena_strndup(&arena, "abcdef", 3), "abc");
    assert_string_equal(arena_strndup(&arena, "abcdef", 0), "");
    assert_string_equal(arena_printf(&arena, "%s-%05d", "x", 42), "x-00042");
    assert_int_equal(strlen(arena_printf(&arena, "%*s", 50000, "")), 50000);
}

static void arrays_grow(void **state)
{
    int *numbers = NULL;

    for (int i = 0; i < 5000; i++) {
        numbers = arena_grow(&arena, numbers, (size_t) i, sizeof(int));
        numbers[i] = i;
    }
    for (int i = 0; i < 5000; i++)
        assert_int_equal(numbers[i], i);
}

static void heap_memory(void **state)
{
    unsigned char *bytes = xcalloc(3, 5);

    assert_true(is_zero(bytes, 15));
    bytes[14] = 9;
    bytes = xrealloc(bytes, 100);
    assert_int_equal(bytes[14], 9);
    bytes = xrealloc(bytes, 0);
    assert_non_null(bytes);
    free(bytes);
    /* cppcheck-suppress invalidFunctionArg ; it takes ours for another xcalloc() */
    bytes = xcalloc(0, 0);
    assert_non_null(bytes);
    free(bytes);
}

/* The signal that ends a child which asks for too much. */
static int signal_of(int which)
{
    int status = 0;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        volatile size_t huge = SIZE_MAX / 4;

        (void) signal(SIGABRT, SIG_DFL);
        (void) close(STDERR_FILENO); /* its words are of no interest here */
        if (which == 0)
            (void) arena_alloc(&arena, huge, 16);
        else if (which == 1)
            free(xcalloc(huge, 16));
        else
            free(xrealloc(NULL, huge * 3));
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void out_of_memory_aborts(void **state)
{
    for (int which = 0; which < OUT_OF_MEMORY_WAYS; which++)
        assert_int_equal(signal_of(which), SIGABRT);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(memory_is_aligned_zeroed_and_apart),
        TEST(large_items_have_room),
        TEST(clear_reuses_a_chunk_and_zeroes_it),
        TEST(clear_keeps_no_large_chunk),
        TEST(copies),
        TEST(arrays_grow),
        TEST(heap_memory),
        TEST(out_of_memory_aborts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
