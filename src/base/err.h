/* SPDX-License-Identifier: PostgreSQL */
/* Errors: one code, one message, one hint; returned by the callee, printed only at the top level.
 */
#ifndef PGQUELL_BASE_ERR_H
#define PGQUELL_BASE_ERR_H

#include <stdbool.h>

#define FALLIBLE __attribute__((warn_unused_result))
#define PRINTF_LIKE(text_at, first_at) __attribute__((format(printf, text_at, first_at)))

#define ERR_MESSAGE_MAX 1024
#define ERR_HINT_MAX 512

/* The codes are the exit statuses of the command line; err_code_meaning() is their only list. */
typedef enum ErrCode {
    ERR_NONE = 0,
    ERR_UNRESOLVED = 1,    /* a target survived, is stuck or unknown; a verification failed */
    ERR_USAGE = 2,         /* the command line, or a configuration file, cannot be understood */
    ERR_CONNECTION = 3,    /* no connection to the server */
    ERR_REFUSED = 4,       /* refused, denied, held, too many, or not confirmed */
    ERR_NO_TARGET = 5,     /* nothing matches, or no session has that pid */
    ERR_AUDIT = 6,         /* the audit store failed, so nothing was sent */
    ERR_INTERRUPTED = 130, /* Ctrl-C; open targets are recorded */
} ErrCode;

/* An error in place. The message follows PostgreSQL's style guide (lower case, no full stop); the
 * hint, which may be empty, is a sentence. Too long a text is cut. */
typedef struct Err {
    ErrCode code;
    char message[ERR_MESSAGE_MAX];
    char hint[ERR_HINT_MAX];
} Err;

/* Fills the error and answers false, so that a caller can write `return err_set(...)`. */
bool err_set(Err *err, ErrCode code, const char *format, ...) PRINTF_LIKE(3, 4);

/* Adds the hint to an error that is set; answers false as err_set() does. */
bool err_hint(Err *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* One line on what an exit status means, or NULL for a number that is none. */
const char *err_code_meaning(int code);

#endif
