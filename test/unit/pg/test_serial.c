/* SPDX-License-Identifier: PostgreSQL */
/* Serial: one simple query at a time, against a console that the test itself plays. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "pg/bouncer.h"

#define TURNS_MAX 2000 /* of 5 ms */
#define TURN_MS 5

static Arena arena;
static int listener;
static int console; /* its end of the connection */
static Link *link_of_ours;

static bool is_readable(int fd, int wait_ms)
{
    struct pollfd polled = {.fd = fd, .events = POLLIN};

    return poll(&polled, 1, wait_ms) == 1;
}

/* Lets the link do what it can do within a moment. */
static void turn(void)
{
    struct pollfd polled = {.fd = link_fd(link_of_ours)};
    unsigned int ready = 0;

    if (link_wants(link_of_ours) & LINK_READ)
        polled.events |= POLLIN;
    if (link_wants(link_of_ours) & LINK_WRITE)
        polled.events |= POLLOUT;
    if (polled.fd < 0 || poll(&polled, 1, TURN_MS) != 1)
        return;
    if (polled.revents & (POLLIN | POLLHUP | POLLERR))
        ready |= LINK_READ;
    if (polled.revents & POLLOUT)
        ready |= LINK_WRITE;
    link_advance(link_of_ours, ready);
}

static void console_reads(char *bytes, size_t length)
{
    for (size_t got = 0, turns = 0; got < length; turns++) {
        assert_true(turns < TURNS_MAX);
        if (is_readable(console, 0)) {
            ssize_t more = read(console, bytes + got, length - got);

            assert_true(more > 0);
            got += (size_t) more;
        } else {
            turn();
        }
    }
}

static uint32_t console_reads_number(void)
{
    uint32_t number;

    console_reads((char *) &number, sizeof(number));
    return ntohl(number);
}

static void console_writes(const char *bytes, size_t length)
{
    assert_int_equal(write(console, bytes, length), length);
}

static void console_says(char type, const char *body, size_t length)
{
    uint32_t size = htonl((uint32_t) length + 4);

    console_writes(&type, 1);
    console_writes((const char *) &size, sizeof(size));
    console_writes(body, length);
}

static void console_is_ready(void)
{
    console_says('Z', "I", 1);
}

/* The next query, which has to be this one. */
static void console_is_asked(const char *expected)
{
    char type;
    char query[256] = "";

    console_reads(&type, 1);
    assert_int_equal(type, 'Q');
    console_reads(query, console_reads_number() - 4);
    assert_string_equal(query, expected);
}

static void console_tags(const char *tag)
{
    console_says('C', tag, strlen(tag) + 1);
    console_is_ready();
}

static void console_fails(const char *words)
{
    char body[256];
    int length = snprintf(body, sizeof(body), "SERROR%cC08P01%cM%s%c%c", 0, 0, words, 0, 0);

    console_says('E', body, (size_t) length);
    console_is_ready();
}

/* Nothing comes from the link, however long it is let. */
static void console_hears_nothing(void)
{
    for (int i = 0; i < 10; i++)
        turn();
    assert_false(is_readable(console, 0));
}

static void listen_somewhere(char conninfo[64])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);

    listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (struct sockaddr *) &address, length), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *) &address, &length), 0);
    (void) snprintf(conninfo, 64, "host=127.0.0.1 port=%d user=boss sslmode=disable",
                    (int) ntohs(address.sin_port));
}

/* A link that is ready. */
static int setup(void **state)
{
    char start[512];
    char conninfo[64];
    Bouncer bouncer;
    Err err;

    arena_init(&arena);
    listen_somewhere(conninfo);
    (void) setenv("PGGSSENCMODE", "disable", 1);
    assert_true(bouncer_open(&arena, conninfo, "pgquell test", &bouncer, &err));
    link_of_ours = bouncer.link;
    link_start(link_of_ours);
    console = accept(listener, NULL, NULL);
    assert_true(console >= 0);
    console_reads(start, console_reads_number() - 4);
    console_says('R', "\0\0\0", 4);
    console_is_ready();
    for (int i = 0; i < TURNS_MAX && link_state(link_of_ours) != LINK_READY; i++)
        turn();
    assert_int_equal(link_state(link_of_ours), LINK_READY);
    return 0;
}

static int teardown(void **state)
{
    link_free(link_of_ours);
    (void) close(console);
    (void) close(listener);
    arena_done(&arena);
    return 0;
}

static void until_done(const Answer *answer)
{
    for (int i = 0; i < TURNS_MAX && !answer->done; i++)
        turn();
    assert_true(answer->done);
}

static void the_console_has_an_address(void **state)
{
    assert_int_equal(strncmp(bouncer_address(link_of_ours, &arena), "127.0.0.1:", 10), 0);
}

/* An answer of no columns: the first that is needed is missing. */
static void console_sends_no_columns(void)
{
    console_says('T', "\0", 2);
    console_tags("SHOW");
}

static void statements_go_one_at_a_time_and_an_error_skips_the_rest(void **state)
{
    BouncerAnswer answer = {.answer.arena = &arena};
    Answer next = {.arena = &arena};

    ask_bouncer(link_of_ours, &answer);
    ask_bouncer_verb(link_of_ours, &next, BOUNCER_ENABLE, "apps");
    assert_int_equal(link_pending(link_of_ours), 2);
    console_is_asked("SHOW SERVERS");
    console_hears_nothing();
    console_sends_no_columns();
    until_done(&answer.answer);
    assert_true(answer.answer.failed && !answer.answer.lost);
    assert_non_null(strstr(answer.answer.err.message, "no column \"remote_pid\""));
    console_is_asked("ENABLE \"apps\"");
    console_tags("ENABLE");
    until_done(&next);
    assert_false(next.failed);
    assert_int_equal(link_pending(link_of_ours), 0);
}

static void a_pause_is_not_waited_for(void **state)
{
    Answer pause = {.arena = &arena};

    ask_bouncer_verb(link_of_ours, &pause, BOUNCER_PAUSE, "a\"b");
    console_is_asked("PAUSE \"a\"\"b\"");
    console_hears_nothing();
    assert_false(pause.done);
    assert_int_equal(link_pending(link_of_ours), 1);
    console_tags("PAUSE");
    until_done(&pause);
    assert_false(pause.failed);
}

static Answer second;

/* Asks from within the end of another question. */
static void ask_again(Answer *answer)
{
    second = (Answer){.arena = answer->arena};
    ask_bouncer_verb(link_of_ours, &second, BOUNCER_RESUME, "shop");
}

static void an_error_is_the_answers_own_and_the_next_question_goes_on(void **state)
{
    Answer first = {.arena = &arena, .on_done = ask_again};

    ask_bouncer_verb(link_of_ours, &first, BOUNCER_DISABLE, "apps");
    console_is_asked("DISABLE \"apps\"");
    console_fails("admin access needed");
    until_done(&first);
    assert_true(first.failed && !first.lost);
    assert_string_equal(first.sqlstate, "08P01");
    assert_int_equal(first.err.code, ERR_REFUSED);
    assert_non_null(strstr(first.err.hint, "admin_users"));
    console_is_asked("RESUME \"shop\"");
    console_hears_nothing();
    console_fails("database shop is not paused");
    until_done(&second);
    assert_string_equal(second.err.message, "database shop is not paused");
}

static void what_is_open_fails_when_contact_is_lost(void **state)
{
    BouncerDatabasesAnswer answer = {.answer.arena = &arena};
    Answer next = {.arena = &arena};

    ask_bouncer_databases(link_of_ours, &answer);
    ask_bouncer_verb(link_of_ours, &next, BOUNCER_PAUSE, "apps");
    console_is_asked("SHOW DATABASES");
    (void) close(console);
    until_done(&answer.answer);
    assert_true(answer.answer.lost && next.lost);
    assert_int_equal(link_state(link_of_ours), LINK_BROKEN);
    console = dup(listener);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_console_has_an_address),
        TEST(statements_go_one_at_a_time_and_an_error_skips_the_rest),
        TEST(a_pause_is_not_waited_for),
        TEST(an_error_is_the_answers_own_and_the_next_question_goes_on),
        TEST(what_is_open_fails_when_contact_is_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
