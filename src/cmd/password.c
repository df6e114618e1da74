/* SPDX-License-Identifier: PostgreSQL */
/* Password: asked for on the terminal, without echo. */
#include "cmd/password.h"

#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define PASSWORD_MAX 1024

/* One line without its end; NULL at the end of input or a signal. */
static char *read_line(int fd, char buffer[PASSWORD_MAX])
{
    size_t length = 0;

    while (length < PASSWORD_MAX - 1) {
        char c;

        if (read(fd, &c, 1) != 1)
            return NULL;
        if (c == '\n' || c == '\r')
            break;
        buffer[length++] = c;
    }
    buffer[length] = '\0';
    return buffer;
}

static const char *ask_on(int fd, Loop *loop, Arena *arena, const char *role)
{
    char buffer[PASSWORD_MAX];
    struct termios shown;
    struct termios hidden;
    const char *question =
        role ? arena_printf(arena, "Password for role %s: ", role) : "Password: ";
    const char *password;

    if (tcgetattr(fd, &shown) != 0)
        return NULL;
    hidden = shown;
    hidden.c_lflag &= (tcflag_t) ~ECHO;
    (void) tcsetattr(fd, TCSAFLUSH, &hidden);
    (void) !write(fd, question, strlen(question));
    password = loop_await_input(loop, fd) ? arena_strdup(arena, read_line(fd, buffer)) : NULL;
    (void) tcsetattr(fd, TCSAFLUSH, &shown);
    (void) !write(fd, "\n", 1);
    explicit_bzero(buffer, sizeof(buffer));
    return password;
}

const char *password_ask(Loop *loop, Arena *arena, const char *role)
{
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
    const char *password;

    if (fd < 0)
        return NULL;
    password = ask_on(fd, loop, arena, role);
    (void) close(fd);
    return password;
}
