/* SPDX-License-Identifier: PostgreSQL */
/* Confirm: a question to the operator on the terminal. */
#include "cmd/confirm.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define ANSWER_MAX 64

bool confirm_possible(void)
{
    return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

Confirmation confirm_ask(Loop *loop, const char *question)
{
    char answer[ANSWER_MAX];
    ssize_t length;

    (void) fflush(stdout);
    (void) fprintf(stderr, "%s [y/N] ", question);
    (void) fflush(stderr);
    if (!loop_await_input(loop, STDIN_FILENO)) {
        (void) fputc('\n', stderr);
        return CONFIRM_INTERRUPTED;
    }
    length = read(STDIN_FILENO, answer, sizeof(answer) - 1);
    if (length <= 0) {
        (void) fputc('\n', stderr);
        return CONFIRM_NO;
    }
    answer[length] = '\0';
    answer[strcspn(answer, "\r\n")] = '\0';
    return strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0 ? CONFIRM_YES
                                                                          : CONFIRM_NO;
}
