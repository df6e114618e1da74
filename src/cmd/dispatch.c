/* SPDX-License-Identifier: PostgreSQL */
/* Dispatch: finds the command, makes its world ready, and prints what it comes to. */
#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cmd/command.h"
#include "cmd/configure.h"
#include "cmd/help.h"

const Command *const commands[] = {
    &command_status,
    &command_ps,
    &command_tree,
    &command_cancel,
    &command_terminate,
    &command_stop,
    &command_kick,
    &command_let_in,
    &command_rollback_prepared,
    &command_log,
    &command_doctor,
    &command_demo,
    &command_help,
    NULL,
};

#define COMMANDS_MAX 32

const Command *command_named(const char *name)
{
    for (const Command *const *command = commands; *command; command++)
        if (strcmp((*command)->name, name) == 0)
            return *command;
    return NULL;
}

/* The only place that prints an error. */
static void print_error(const Err *err, const Command *command)
{
    StrBuf buf;

    if (err->message[0] == '\0')
        return;
    strbuf_init(&buf);
    text_clean(&buf, err->message);
    (void) fprintf(stderr, "pgquell: error: %s\n", buf.text);
    strbuf_clear(&buf);
    text_clean(&buf, err->hint);
    if (buf.length > 0)
        (void) fprintf(stderr, "pgquell: hint: %s\n", buf.text);
    if (err->code == ERR_USAGE)
        (void) fprintf(stderr, "Try \"pgquell %s%s--help\" for more information.\n",
                       command ? command->name : "", command ? " " : "");
    strbuf_done(&buf);
}

static ErrCode print_version(void)
{
    return printf("pgquell %s\n", PGQUELL_VERSION) < 0 ? ERR_UNRESOLVED : ERR_NONE;
}

void command_unknown(const char *name, Err *err)
{
    const char *names[COMMANDS_MAX];
    const char *nearest;
    size_t count = 0;

    while (commands[count]) {
        names[count] = commands[count]->name;
        count++;
    }
    nearest = text_nearest(name, names, count);
    (void) err_set(err, ERR_USAGE, "unknown command \"%s\"", name);
    if (nearest)
        (void) err_hint(err, "Did you mean \"%s\"?", nearest);
}

static int unknown_command(const char *name)
{
    Err err;

    command_unknown(name, &err);
    print_error(&err, NULL);
    return ERR_USAGE;
}

/* Asked of the pipe itself: errno tells only where the last of the writes is the one that failed.
 */
static bool reader_has_left(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO};

    return poll(&out, 1, 0) > 0 && (out.revents & (POLLERR | POLLHUP)) != 0;
}

/* A reader that has left is no error of ours; any other failure to write is. */
static int flush_output(int status)
{
    bool flushed = fflush(stdout) == 0;
    const char *reason = flushed ? "an earlier write failed" : strerror(errno);

    if ((flushed && !ferror(stdout)) || reader_has_left())
        return status;
    (void) fprintf(stderr, "pgquell: error: could not write to standard output: %s\n", reason);
    return status == ERR_NONE ? ERR_UNRESOLVED : status;
}

static ErrCode run_in_scene(const Command *command, Settings *settings, Err *err)
{
    Scene scene;
    ErrCode status;

    scene_init(&scene, settings);
    if (!configure(&scene, command, err) ||
        (command->needs == NEEDS_CONNECTION && !scene_connect(&scene, err)))
        status = err->code;
    else
        status = command->run(&scene, err);
    scene_done(&scene);
    return status;
}

static int run_command(const Command *command, int argc, char **argv)
{
    Settings settings;
    ErrCode status;
    Err err = {0};

    settings_init(&settings);
    if (!settings_parse(&settings, command->options | OPTION_GENERAL, argc, argv, &err))
        status = err.code;
    else if (settings.help)
        status = help_print(command);
    else if (settings.version)
        status = print_version();
    else
        status = run_in_scene(command, &settings, &err);
    if (status != ERR_NONE)
        print_error(&err, command);
    settings_done(&settings);
    return flush_output(status);
}

/* Who has just typed the name may not know yet what it is. */
static void name_help(Err *err)
{
    Err plain = *err;

    (void) err_hint(err, "%s%s\"pgquell --help\" says how to connect and what else there is.",
                    plain.hint, plain.hint[0] ? " " : "");
}

/* Without a command it is status; --help lists the commands. */
static int run_bare(int argc, char **argv)
{
    Settings settings;
    ErrCode status;
    Err err = {0};

    settings_init(&settings);
    if (!settings_parse(&settings, command_status.options | OPTION_GENERAL, argc, argv, &err))
        status = err.code;
    else if (settings.version)
        status = print_version();
    else if (settings.help)
        status = help_print(NULL);
    else
        status = run_in_scene(&command_status, &settings, &err);
    if (status == ERR_CONNECTION)
        name_help(&err);
    print_error(&err, NULL);
    settings_done(&settings);
    return flush_output(status);
}

int command_main(int argc, char **argv)
{
    const Command *command;
    int at;

    (void) setlocale(LC_CTYPE, "");  /* whether the terminal takes UTF-8, and widths */
    (void) signal(SIGXFSZ, SIG_IGN); /* a limit on file sizes is an error of the audit store */
    (void) signal(SIGPIPE, SIG_IGN); /* a reader that leaves must not end us in the middle */
    at = settings_command_at(argc, argv);
    if (at >= argc)
        return run_bare(argc, argv);
    command = command_named(argv[at]);
    if (!command)
        return unknown_command(argv[at]);
    memmove(&argv[at], &argv[at + 1], (size_t) (argc - at) * sizeof(argv[0]));
    return run_command(command, argc - 1, argv);
}
