/* SPDX-License-Identifier: PostgreSQL */
/* Errors: one code, one message, one hint. */
#include "base/err.h"

#include <assert.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

bool err_set(Err *err, ErrCode code, const char *format, ...)
{
    va_list args;

    assert(code != ERR_NONE);
    err->code = code;
    err->hint[0] = '\0';
    va_start(args, format);
    (void) vsnprintf(err->message, sizeof(err->message), format, args);
    va_end(args);
    return false;
}

bool err_hint(Err *err, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void) vsnprintf(err->hint, sizeof(err->hint), format, args);
    va_end(args);
    return false;
}

const char *err_code_meaning(int code)
{
    static const struct {
        int code;
        const char *meaning;
    } meanings[] = {
        {ERR_NONE, "every target ended, or there was only something to list"},
        {ERR_UNRESOLVED, "a target survived, is stuck or unknown; status or a check found fault"},
        {ERR_USAGE, "the command line, or a configuration file, cannot be understood"},
        {ERR_CONNECTION, "no connection to the server"},
        {ERR_REFUSED, "a target was refused, denied or held; too many matched; not confirmed"},
        {ERR_NO_TARGET, "nothing matches, or no session has that pid"},
        {ERR_AUDIT, "the audit store failed, so nothing was sent"},
        {ERR_INTERRUPTED, "interrupted by Ctrl-C; open targets are recorded"},
    };

    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
        if (meanings[i].code == code)
            return meanings[i].meaning;
    return NULL;
}
