/* SPDX-License-Identifier: PostgreSQL */
/* Faults: SQLite's writes, of which the nth fails for want of room, or ends the process. */
#include "audit/faults.h"

#include <errno.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

/* The test program is one thread. */
static int writes_left = -1; /* until the write that fails or crashes; negative: none does */
static bool write_crashes;

static ssize_t scarce_pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
    if (writes_left >= 0 && writes_left-- == 0) {
        (void) syscall(SYS_pwrite64, fd, bytes, length / 2, offset); /* torn */
        if (write_crashes)
            _exit(FAULTS_CRASHED);
        writes_left = 0; /* and so does every later one */
        errno = ENOSPC;
        return -1;
    }
    return (ssize_t) syscall(SYS_pwrite64, fd, bytes, length, offset);
}

void faults_arm(int nth, bool crash)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);

    assert_int_equal(vfs->xSetSystemCall(vfs, "pwrite64", (sqlite3_syscall_ptr) scarce_pwrite),
                     SQLITE_OK);
    (void) vfs->xSetSystemCall(vfs, "pwrite", (sqlite3_syscall_ptr) scarce_pwrite);
    writes_left = nth;
    write_crashes = crash;
}

void faults_disarm(void)
{
    writes_left = -1;
}
