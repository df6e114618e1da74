/* SPDX-License-Identifier: PostgreSQL */
/* Hammer: cancels aimed at one statement each of clients that run short statements back to back; by
 * reading and then cancelling, and by pgquell's own guarded statement. Which statement each cancel
 * hit is known from the clients. */
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/timefmt.h"
#include "common/bench.h"
#include "core/target.h"
#include "pg/ask.h"

#define CLIENTS 4
#define RING 8192 /* statements remembered of each client */
#define BATCH 100 /* tries of a side before it is the other's turn */
#define SETTLED 3 /* statements after which a cancel has had its effect */
#define LONGEST_MS 120000.0
#define SETTLE_LONGEST_MS 10000.0
#define STATEMENT_MAX 64
#define SQLSTATE_QUERY_CANCELED "57014"

typedef struct Record {
    _Atomic int64_t
        begun_us; /* by the client's clock: before it is sent, after its answer is read */
    _Atomic int64_t ended_us;
    _Atomic bool cancelled;
} Record;

/* What a client tells of itself, in memory shared with it. */
typedef struct Client {
    _Atomic int backend_pid;
    _Atomic size_t ended; /* number of the last statement that is over */
    Record records[RING];
} Client;

typedef enum Side {
    SIDE_NAIVE,
    SIDE_GUARDED,
    SIDES
} Side;

/* A signal that may not have had its effect yet. */
typedef struct Shot {
    bool open;
    size_t aimed; /* the statement's number */
    size_t ended; /* what was over when it had been sent */
    int64_t
        begun_us; /* the statement that signals: before it was sent, after its answer was read */
    int64_t ended_us;
} Shot;

typedef struct Tally {
    size_t aimed;
    size_t sent;
    size_t moved;
    size_t right;
    size_t wrong;
    size_t outside; /* wrong though the guard's statement was not running when the hit one began */
    size_t itself;
} Tally;

typedef struct Bench {
    Client *clients;
    pid_t processes[CLIENTS];
    Shot shots[CLIENTS];
    Tally tallies[SIDES];
    PGconn *naive;
    Link *link;
    double deadline_ms;
} Bench;

/* What was picked to be cancelled. */
typedef struct Aim {
    size_t client;
    size_t statement;
    char pid[STATEMENT_MAX];
    Session session; /* guarded side only */
} Aim;

static Record *record_of(Client *client, size_t statement)
{
    return &client->records[statement % RING];
}

static void run_statement(PGconn *conn, Client *client, size_t number)
{
    Record *record = record_of(client, number);
    char sql[STATEMENT_MAX];
    const char *sqlstate;
    PGresult *result;

    (void) snprintf(sql, sizeof(sql), "SELECT pg_sleep(0.001), %zu", number);
    record->cancelled = false;
    record->ended_us = 0;
    record->begun_us = clock_steady_us();
    result = PQexec(conn, sql);
    sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (sqlstate && strcmp(sqlstate, SQLSTATE_QUERY_CANCELED) != 0)
        bench_die("a client's statement failed: %s", PQerrorMessage(conn));
    record->cancelled = sqlstate != NULL;
    record->ended_us = clock_steady_us();
    client->ended = number;
    PQclear(result);
}

_Noreturn static void run_client(Client *client)
{
    PGconn *conn;

    (void) prctl(PR_SET_PDEATHSIG, SIGKILL);
    conn = bench_connect("bench-hammered");
    client->backend_pid = PQbackendPID(conn);
    for (size_t number = 1;; number++) /* until killed */
        run_statement(conn, client, number);
}

static void start_clients(Bench *bench)
{
    const size_t size = CLIENTS * sizeof(Client);

    bench->clients = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (bench->clients == MAP_FAILED)
        bench_die("could not share memory");
    for (size_t i = 0; i < CLIENTS; i++) {
        bench->processes[i] = fork();
        if (bench->processes[i] < 0)
            bench_die("could not fork");
        if (bench->processes[i] == 0)
            run_client(&bench->clients[i]);
    }
}

static void end_clients(Bench *bench)
{
    for (size_t i = 0; i < CLIENTS; i++)
        (void) kill(bench->processes[i], SIGKILL);
    for (size_t i = 0; i < CLIENTS; i++)
        (void) waitpid(bench->processes[i], NULL, 0);
    (void) munmap(bench->clients, CLIENTS * sizeof(Client));
}

static void await_ended(Client *client, size_t statement)
{
    double deadline = bench_now_ms() + SETTLE_LONGEST_MS;

    while (client->ended < statement) {
        if (bench_now_ms() > deadline)
            bench_die("a client does not go on");
        (void) usleep(100);
    }
}

/* The statement that a cancel aimed at `aimed` hit, 0 for none. */
static size_t statement_hit(Client *client, size_t aimed)
{
    for (size_t i = aimed; i <= client->ended; i++)
        if (record_of(client, i)->cancelled)
            return i;
    return 0;
}

/* Began after the one that signals was sent and before its answer was read: where only code inside
 * the server could have told. */
static bool in_window(const Shot *shot, const Record *aimed, const Record *hit)
{
    return aimed->ended_us >= shot->begun_us && hit->begun_us <= shot->ended_us;
}

static void settle(Bench *bench, Side side, size_t index)
{
    Client *client = &bench->clients[index];
    Tally *tally = &bench->tallies[side];
    Shot *shot = &bench->shots[index];
    size_t hit;

    if (!shot->open)
        return;
    await_ended(client, shot->ended + SETTLED);
    hit = statement_hit(client, shot->aimed);
    tally->right += hit == shot->aimed;
    tally->itself += hit == 0;
    tally->wrong += hit > shot->aimed;
    if (hit > shot->aimed &&
        !in_window(shot, record_of(client, shot->aimed), record_of(client, hit)))
        tally->outside++;
    shot->open = false;
}

/* The client's active statement, if its text shows one. */
static bool take_aim(const Bench *bench, size_t client, int pid, const char *query, Aim *aim)
{
    const char *number = query ? strrchr(query, ' ') : NULL;

    if (pid != bench->clients[client].backend_pid || !number)
        return false;
    aim->client = client;
    aim->statement = (size_t) strtoull(number, NULL, 10);
    (void) snprintf(aim->pid, sizeof(aim->pid), "%d", pid);
    return aim->statement > 0;
}

static bool look_naive(const Bench *bench, size_t client, Aim *aim)
{
    PGresult *rows = bench_ask(bench->naive, "look", "active");
    bool found = false;

    for (int i = 0; i < PQntuples(rows) && !found; i++)
        found = take_aim(bench, client, (int) strtol(PQgetvalue(rows, i, 0), NULL, 10),
                         PQgetvalue(rows, i, 1), aim);
    PQclear(rows);
    return found;
}

static bool signal_naive(const Bench *bench, const Aim *aim)
{
    PGresult *row = bench_ask(bench->naive, "cancel", aim->pid);
    bool sent = PQgetvalue(row, 0, 0)[0] == 't';

    PQclear(row);
    return sent;
}

/* One turn of what src/loop does with libevent. */
static void turn_link(Link *link)
{
    unsigned int wants = link_wants(link);
    struct pollfd fd = {
        .fd = link_fd(link),
        .events = (short) ((wants & LINK_READ ? POLLIN : 0) | (wants & LINK_WRITE ? POLLOUT : 0))};

    if (link_state(link) == LINK_BROKEN || poll(&fd, 1, (int) SETTLE_LONGEST_MS) != 1)
        bench_die("lost pgquell's connection: %s", link_error(link)->message);
    link_advance(link, (fd.revents & ~POLLOUT ? LINK_READ : 0U) |
                           (fd.revents & POLLOUT ? LINK_WRITE : 0U));
}

static void await_answer(Link *link, const Answer *answer)
{
    while (!answer->done)
        turn_link(link);
    if (answer->failed)
        bench_die("pgquell's question failed: %s", answer->err.message);
}

static bool look_guarded(const Bench *bench, size_t client, Arena *arena, Aim *aim)
{
    SessionsAnswer *answer = ARENA_NEW(arena, SessionsAnswer);
    bool found = false;

    answer->answer.arena = arena;
    ask_sessions(bench->link, answer);
    await_answer(bench->link, &answer->answer);
    for (size_t i = 0; i < answer->count && !found; i++) {
        aim->session = answer->sessions[i];
        found = session_is_active(&aim->session) &&
                take_aim(bench, client, aim->session.pid, aim->session.query, aim);
    }
    return found;
}

static bool signal_guarded(const Bench *bench, const Aim *aim, Arena *arena)
{
    SignalAnswer *answer = ARENA_NEW(arena, SignalAnswer);
    Stamp stamp = stamp_for(SCOPE_STATEMENT, 0, &aim->session);

    answer->answer.arena = arena;
    ask_signal(bench->link, answer, REMEDY_CANCEL, &stamp);
    await_answer(bench->link, &answer->answer);
    return signal_result(answer) == SIGNAL_SENT;
}

static bool look(const Bench *bench, Side side, size_t client, Arena *arena, Aim *aim)
{
    return side == SIDE_NAIVE ? look_naive(bench, client, aim)
                              : look_guarded(bench, client, arena, aim);
}

/* Aims at what the client is running and signals; a client between two statements gets another
 * look. */
static void try_once(Bench *bench, Side side, size_t client, Arena *arena)
{
    Tally *tally = &bench->tallies[side];
    Shot *shot = &bench->shots[client];
    Aim aim;
    bool sent;

    settle(bench, side, client);
    do {
        arena_clear(arena);
        if (bench_now_ms() > bench->deadline_ms)
            return;
    } while (!look(bench, side, client, arena, &aim));
    tally->aimed++;
    shot->begun_us = clock_steady_us();
    sent = side == SIDE_NAIVE ? signal_naive(bench, &aim) : signal_guarded(bench, &aim, arena);
    shot->ended_us = clock_steady_us();
    shot->aimed = aim.statement;
    shot->ended = bench->clients[client].ended;
    shot->open = sent;
    tally->sent += sent;
    tally->moved += !sent;
}

static void run_batch(Bench *bench, Side side, Arena *arena)
{
    for (size_t i = 0; i < BATCH; i++)
        try_once(bench, side, i % CLIENTS, arena);
    for (size_t i = 0; i < CLIENTS; i++)
        settle(bench, side, i);
}

static void connect_sides(Bench *bench, Arena *arena)
{
    WorldAnswer *world = ARENA_NEW(arena, WorldAnswer);
    LinkParams params = {.count = 0};

    bench->naive = bench_connect("bench-naive");
    bench_prepare(bench->naive, "look",
                  "SELECT a.pid, a.query FROM pg_stat_get_activity(NULL) a WHERE a.state = $1");
    bench_prepare(bench->naive, "cancel", "SELECT pg_cancel_backend($1::int4)");
    link_params_add(&params, "application_name", "bench-guarded");
    bench->link = link_new(&params);
    link_start(bench->link);
    while (link_state(bench->link) != LINK_READY)
        turn_link(bench->link);
    world->answer.arena = arena;
    ask_world(bench->link, world);
    await_answer(bench->link, &world->answer);
}

static double wrong_per_thousand(const Tally *tally)
{
    return tally->sent > 0 ? 1000.0 * (double) tally->wrong / (double) tally->sent : 0;
}

static void report(const Bench *bench)
{
    static const char *const names[SIDES] = {"read-then-cancel", "pgquell's guard"};
    double wrong[SIDES];

    for (int side = 0; side < SIDES; side++) {
        const Tally *tally = &bench->tallies[side];

        wrong[side] = wrong_per_thousand(tally);
        printf("hammer %s: aimed %zu, moved (not sent) %zu, sent %zu: hit the right statement %zu, "
               "another "
               "%zu (%zu outside the in-server window), ended by itself %zu\n",
               names[side], tally->aimed, tally->moved, tally->sent, tally->right, tally->wrong,
               tally->outside, tally->itself);
    }
    printf("hammer wrong per 1,000 signals: read-then-cancel %.2f, pgquell %.2f, ratio %.3f%s\n",
           wrong[SIDE_NAIVE], wrong[SIDE_GUARDED],
           wrong[SIDE_NAIVE] > 0 ? wrong[SIDE_GUARDED] / wrong[SIDE_NAIVE] : 0,
           bench->tallies[SIDE_GUARDED].outside > 0 ? ", over the limit (0 outside the window)"
                                                    : "");
}

int main(void)
{
    static Bench bench;
    size_t signals = (size_t) bench_setting("BENCH_SIGNALS", 5000);
    Arena arena;

    arena_init(&arena);
    start_clients(&bench);
    connect_sides(&bench, &arena);
    for (size_t i = 0; i < CLIENTS; i++)
        await_ended(&bench.clients[i], 1);
    bench.deadline_ms = bench_now_ms() + LONGEST_MS;
    while (bench_now_ms() < bench.deadline_ms && (bench.tallies[SIDE_NAIVE].sent < signals ||
                                                  bench.tallies[SIDE_GUARDED].sent < signals)) {
        run_batch(&bench, SIDE_NAIVE, &arena);
        run_batch(&bench, SIDE_GUARDED, &arena);
    }
    end_clients(&bench);
    report(&bench);
    link_free(bench.link);
    PQfinish(bench.naive);
    arena_done(&arena);
    return 0;
}
