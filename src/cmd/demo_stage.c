/* SPDX-License-Identifier: PostgreSQL */
/* Demo stage: a private PostgreSQL cluster in a directory of its own, and the programs around it.
 */
#include "cmd/demo_stage.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/text.h"
#include "cmd/demo_programs.h"
#include "policy/config.h"

#define PORT "5432" /* of a socket in our own directory, so nobody else's */
#define PROGRAM_LONGEST_US (60 * US_PER_S)
#define SERVER_START_US (30 * US_PER_S)
#define SERVER_END_US (10 * US_PER_S)
#define CLIENT_END_US (3 * US_PER_S)
#define POLL_US (50 * US_PER_MS)
#define LOG_TAIL_MAX 400

/* The last thing that the programs said, which tells why one failed. */
static void hint_from_log(const Stage *stage, Err *err)
{
    char tail[LOG_TAIL_MAX + 1];
    off_t size = lseek(stage->log_fd, 0, SEEK_END);
    off_t from = size > LOG_TAIL_MAX ? size - LOG_TAIL_MAX : 0;
    ssize_t length = pread(stage->log_fd, tail, LOG_TAIL_MAX, from);
    char *end = tail + (length > 0 ? length : 0);
    char *line;

    while (end > tail && end[-1] == '\n')
        end--;
    *end = '\0';
    line = strrchr(tail, '\n');
    if (end > tail)
        (void) err_hint(err, "Its last words: %s", line ? line + 1 : tail);
}

static const char *program_path(const Stage *stage, const char *name)
{
    return arena_printf(stage->arena, "%s/%s", stage->bin, name);
}

/* A program of PostgreSQL's looks for the others beside itself, and for itself by argv[0]: a bare
 * name in PATH, where Debian has no server programs. */
static const char *const *with_path(const Stage *stage, const char *const *argv)
{
    const char **full;
    size_t count = 0;

    while (argv[count])
        count++;
    full = ARENA_ARRAY(stage->arena, const char *, count + 1);
    memcpy(full, argv, (count + 1) * sizeof(*argv));
    full[0] = program_path(stage, argv[0]);
    return full;
}

static ChildSetup setup_of(const Stage *stage, const char *const *argv)
{
    const char *const *full = with_path(stage, argv);

    return (ChildSetup){
        .program = full[0],
        .argv = full,
        .env = stage->env,
        .user = stage->user,
        .directory_fd = stage->tree.fd,
        .output_fd = stage->log_fd,
        .parting = SIGTERM,
        .apart = true,
    };
}

/* Runs it to its end; what does not end in time is ended. */
static bool run_to_end(Stage *stage, const ChildSetup *setup, int *ret_status, Err *err)
{
    int64_t deadline = clock_steady_us() + PROGRAM_LONGEST_US;
    Child child;

    if (!child_start(setup, &stage->watch, &child, err))
        return false;
    if (child_wait(&child, &stage->watch, deadline, ret_status, err))
        return true;
    child_end(&child, &stage->watch, SIGTERM, CLIENT_END_US);
    return false;
}

static bool run_program(Stage *stage, const char *const *argv, int output_fd, Err *err)
{
    ChildSetup setup = setup_of(stage, argv);
    int status;

    if (output_fd >= 0)
        setup.output_fd = output_fd;
    if (!run_to_end(stage, &setup, &status, err))
        return false;
    if (status == 0)
        return true;
    (void) err_set(err, ERR_UNRESOLVED, "%s failed with exit status %d", argv[0], status);
    hint_from_log(stage, err);
    return false;
}

bool stage_run(Stage *stage, const char *const *argv, Err *err)
{
    return run_program(stage, argv, -1, err);
}

bool stage_start(Stage *stage, const char *const *argv, const char *input, Err *err)
{
    ChildSetup setup = setup_of(stage, argv);

    assert(stage->actor_count < STAGE_ACTORS_MAX);
    setup.input = input;
    if (!child_start(&setup, &stage->watch, &stage->actors[stage->actor_count], err))
        return false;
    stage->actor_count++;
    return true;
}

bool stage_sql(Stage *stage, const char *database, const char *sql, Err *err)
{
    const char *const argv[] = {"psql", "-X",     "-q", "-v", "ON_ERROR_STOP=1",
                                "-d",   database, "-c", sql,  NULL};

    return stage_run(stage, argv, err);
}

bool stage_ask(Stage *stage, const char *query, char ret_answer[STAGE_ANSWER_MAX], Err *err)
{
    static const char file[] = "answer";
    const char *const argv[] = {"psql", "-X",       "-A", "-t",  "-v", "ON_ERROR_STOP=1",
                                "-d",   "postgres", "-c", query, NULL};
    ssize_t length;
    bool asked;
    int fd;

    if (!tree_open(&stage->tree, file, &fd, err))
        return false;
    asked = run_program(stage, argv, fd, err);
    length = pread(fd, ret_answer, STAGE_ANSWER_MAX - 1, 0);
    ret_answer[length > 0 ? length : 0] = '\0';
    ret_answer[strcspn(ret_answer, "\n")] = '\0';
    (void) close(fd);
    (void) unlinkat(stage->tree.fd, file, 0);
    return asked;
}

bool stage_await(Stage *stage, const char *condition, Err *err)
{
    const char *query = arena_printf(stage->arena, "SELECT %s", condition);
    int64_t deadline = clock_steady_us() + 5 * US_PER_S;
    char answer[STAGE_ANSWER_MAX];

    for (;;) {
        if (!stage_ask(stage, query, answer, err))
            return false;
        if (strcmp(answer, "t") == 0)
            return true;
        if (clock_steady_us() >= deadline)
            break;
        if (!watch_pause(&stage->watch, clock_steady_us() + POLL_US, err))
            return false;
    }
    err->message[0] = '\0';
    return false;
}

bool stage_pgquell(Stage *stage, const char *const *argv, int *ret_status, Err *err)
{
    /* Nobody's configuration has a say on this stage. */
    const char *words[STAGE_WORDS_MAX + 1] = {argv[0], "--config", CONFIG_NOTHING};
    ChildSetup setup = {
        .program = "/proc/self/exe",
        .argv = words,
        .env = stage->env,
        .directory_fd = stage->tree.fd,
        .output_fd = -1,
        .parting = SIGTERM,
    };

    for (size_t i = 1; argv[i]; i++) {
        assert(i + 2 < STAGE_WORDS_MAX);
        words[i + 2] = argv[i];
    }
    return run_to_end(stage, &setup, ret_status, err);
}

/* Our environment without what would lead elsewhere, and the way to our server. */
static char **make_env(const Stage *stage)
{
    Arena *arena = stage->arena;
    size_t count = 0;
    size_t used = 0;
    char **env;

    while (environ[count])
        count++;
    env = ARENA_ARRAY(arena, char *, count + 4);
    for (size_t i = 0; i < count; i++)
        if (strncmp(environ[i], "PG", 2) != 0)
            env[used++] = environ[i];
    env[used++] = arena_printf(arena, "PGHOST=%s", stage->tree.path);
    env[used++] = arena_strdup(arena, "PGPORT=" PORT);
    env[used++] = arena_strdup(arena, "PGUSER=postgres");
    return env;
}

static bool make_directory(Stage *stage, Err *err)
{
    struct sockaddr_un address;
    const char *path;

    if (!tree_make(stage->arena, stage->user.uid != 0, &stage->tree, err))
        return false;
    path = stage->tree.path;
    if (strlen(path) + strlen("/.s.PGSQL." PORT ".lock") >= sizeof(address.sun_path)) {
        (void) err_set(err, ERR_UNRESOLVED, "the path of \"%s\" is too long for a socket", path);
        return err_hint(err, "Set TMPDIR to a directory with a shorter one.");
    }
    if (stage->user.uid != 0 && fchown(stage->tree.fd, stage->user.uid, stage->user.gid) != 0)
        return err_set(err, ERR_UNRESOLVED, "could not give directory \"%s\" to user \"%s\": %s",
                       path, stage->user.name, strerror(errno));
    return tree_open(&stage->tree, "server.log", &stage->log_fd, err);
}

static bool start_server(Stage *stage, Err *err)
{
    const char *sockets =
        arena_printf(stage->arena, "unix_socket_directories=%s", stage->tree.path);
    static const char port[] = "port=" PORT;
    const char *const argv[] = {"postgres",
                                "-D",
                                "data",
                                "-c",
                                sockets,
                                "-c",
                                port,
                                "-c",
                                "listen_addresses=",
                                "-c",
                                "shared_buffers=16MB",
                                "-c",
                                "max_connections=20",
                                "-c",
                                "fsync=off",
                                "-c",
                                "autovacuum=off",
                                "-c",
                                "max_parallel_workers_per_gather=0",
                                NULL};
    ChildSetup setup = setup_of(stage, argv);

    setup.parting = SIGQUIT;
    return child_start(&setup, &stage->watch, &stage->server, err);
}

static bool await_server(Stage *stage, Err *err)
{
    int64_t deadline = clock_steady_us() + SERVER_START_US;

    while (!stage_sql(stage, "postgres", "SELECT 1", err)) {
        if (err->code == ERR_INTERRUPTED)
            return false;
        if (!child_runs(&stage->server) || clock_steady_us() >= deadline) {
            (void) err_set(err, ERR_UNRESOLVED, "the server did not start");
            hint_from_log(stage, err);
            return false;
        }
        if (!watch_pause(&stage->watch, clock_steady_us() + POLL_US, err))
            return false;
    }
    return true;
}

bool stage_open(Stage *stage, Arena *arena, Err *err)
{
    static const char *const initdb[] = {
        "initdb", "-D",   "data",       "-A",        "trust",           "-U", "postgres",
        "-E",     "UTF8", "--locale=C", "--no-sync", "--wal-segsize=1", NULL};

    memset(stage, 0, sizeof(*stage));
    stage->arena = arena;
    stage->log_fd = -1;
    watch_begin(&stage->watch);
    if (!programs_find(arena, PROGRAMS_ROOT, &stage->bin, err) ||
        !programs_user(&stage->user, err) || !make_directory(stage, err))
        return false;
    stage->env = make_env(stage);
    return stage_run(stage, initdb, err) && start_server(stage, err) && await_server(stage, err);
}

/* Where the server had to be killed, its processes may still be on their way out, and write. */
static bool remove_tree(Stage *stage, Err *err)
{
    int64_t deadline = clock_steady_us() + CLIENT_END_US;
    Err ignored;

    stage->watch.deaf = true;
    while (!tree_remove(&stage->tree, err))
        if (clock_steady_us() >= deadline ||
            !watch_pause(&stage->watch, clock_steady_us() + POLL_US, &ignored))
            return false;
    return true;
}

/* An immediate shutdown ends the server's processes; the clients then have nobody to talk to. */
bool stage_close(Stage *stage, Err *err)
{
    bool removed;

    child_end(&stage->server, &stage->watch, SIGQUIT, SERVER_END_US);
    for (size_t i = 0; i < stage->actor_count; i++)
        child_end(&stage->actors[i], &stage->watch, SIGTERM, CLIENT_END_US);
    if (stage->log_fd >= 0)
        (void) close(stage->log_fd);
    removed = remove_tree(stage, err);
    watch_end(&stage->watch);
    return removed;
}
