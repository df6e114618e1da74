/* SPDX-License-Identifier: PostgreSQL */
/* Sends: preloaded into pgquell, notes when it sends anything to a server (libpq uses send()), and
 * writes the times, one a line, to the file BENCH_SENDS when it exits. Microseconds of the wall
 * clock, as pgquell's. */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <time.h>

#define SENDS_MAX 4096 /* later ones are not noted */

static int64_t times_us[SENDS_MAX];
static size_t count;

ssize_t noted_send(int fd, const void *bytes, size_t length, int flags) __asm__("send");

ssize_t noted_send(int fd, const void *bytes, size_t length, int flags)
{
    static ssize_t (*real_send)(int, const void *, size_t, int);
    struct timespec now;

    if (!real_send)
        *(void **) &real_send = dlsym(RTLD_NEXT, "send");
    (void) clock_gettime(CLOCK_REALTIME, &now);
    if (count < SENDS_MAX)
        times_us[count++] = (int64_t) now.tv_sec * 1000000 + now.tv_nsec / 1000;
    return real_send(fd, bytes, length, flags);
}

__attribute__((destructor)) static void write_times(void)
{
    const char *path = getenv("BENCH_SENDS");
    FILE *file = path && count > 0 ? fopen(path, "w") : NULL;

    if (!file)
        return;
    (void) fwrite(times_us, sizeof(times_us[0]), count, file);
    (void) fclose(file);
}
