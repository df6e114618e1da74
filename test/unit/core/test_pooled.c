/* SPDX-License-Identifier: PostgreSQL */
/* Pooled: a client is named where everything agrees, and nothing is said anywhere else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/ordinary.h"
#include "core/pooled.h"

#define SESSIONS 1

static Arena arena;
static Session session;
static BouncerServer servers[2];
static BouncerServer again[2];
static BouncerClient clients[2];
static BouncerDatabase databases[2];
static BouncerReading reading;

/* A session over TCP, the server connection that it is, and the client that has it; beside each a
 * row of somebody else. */
static int setup(void **state)
{
    arena_init(&arena);
    session = ordinary_session();
    session.client_port = 40001;
    servers[0] = (BouncerServer){.pid = 1,
                                 .role = "other",
                                 .database = "other",
                                 .local_addr = "10.1.2.3",
                                 .local_port = 40000,
                                 .connected_s = BOUNCER_TIME_UNKNOWN,
                                 .ptr = "0xa0"};
    servers[1] = (BouncerServer){.pid = session.pid,
                                 .role = session.role,
                                 .database = "alias",
                                 .local_addr = session.client,
                                 .local_port = 40001,
                                 .connected_s = session.backend_start / US_PER_S,
                                 .ptr = "0xa1",
                                 .link = "0xc1"};
    memcpy(again, servers, sizeof(servers));
    clients[0] = (BouncerClient){.role = "x", .database = "x", .addr = "10.9.9.8", .ptr = "0xc0"};
    clients[1] = (BouncerClient){.role = "web",
                                 .database = "alias",
                                 .application = "checkout",
                                 .addr = "10.9.9.9",
                                 .port = 53124,
                                 .ptr = "0xc1",
                                 .link = "0xa1"};
    databases[0] = (BouncerDatabase){.name = "other", .database = "other"};
    databases[1] = (BouncerDatabase){.name = "alias", .database = session.database};
    reading = (BouncerReading){.pooler = "10.0.0.5:6432",
                               .servers = servers,
                               .server_count = 2,
                               .clients = clients,
                               .client_count = 2,
                               .again = again,
                               .again_count = 2,
                               .databases = databases,
                               .database_count = 2};
    return 0;
}

static int teardown(void **state)
{
    arena_done(&arena);
    return 0;
}

static const Pooled *matched(void)
{
    session.pooled = NULL;
    pooled_match(&reading, 1, &session, SESSIONS, &arena);
    return session.pooled;
}

/* Over a socket on both sides. */
static void over_sockets(void)
{
    session.client = NULL;
    session.client_port = 0;
    session.over_socket = true;
    servers[1].local_addr = "unix";
    servers[1].local_port = 6432;
    memcpy(again, servers, sizeof(servers));
    clients[1].addr = "unix";
    clients[1].os_pid = 812;
}

static void the_client_is_named(void **state)
{
    const Pooled *pooled = matched();

    assert_non_null(pooled);
    assert_string_equal(pooled->pooler, "10.0.0.5:6432");
    assert_true(pooled->linked);
    assert_string_equal(pooled->client, "10.9.9.9");
    assert_int_equal(pooled->port, 53124);
    assert_int_equal(pooled->os_pid, 0);
    assert_string_equal(pooled->role, "web");
    assert_string_equal(pooled->database, "alias");
    assert_string_equal(pooled->application, "checkout");
    assert_string_equal(pooled_client(pooled, &arena),
                        "web@alias 10.9.9.9:53124 application checkout");
}

static void over_a_socket_the_process_is_named(void **state)
{
    const Pooled *pooled;

    over_sockets();
    pooled = matched();
    assert_non_null(pooled);
    assert_null(pooled->client);
    assert_int_equal(pooled->port, 0);
    assert_int_equal(pooled->os_pid, 812);
    assert_string_equal(pooled_client(pooled, &arena),
                        "web@alias [local] process 812 application checkout");
}

static void nothing_is_said_where_anything_differs(void **state)
{
    const BouncerServer server = servers[1];

    servers[1].pid++;
    assert_null(matched());
    servers[1] = server;
    servers[1].role = "forced";
    assert_null(matched());
    servers[1] = server;
    servers[1].local_addr = "10.1.2.4";
    assert_null(matched());
    servers[1] = server;
    servers[1].local_port++;
    assert_null(matched());
    servers[1] = server;
    servers[1].database = "unheard of";
    assert_null(matched());
    servers[1].database = "other"; /* really another database */
    assert_null(matched());
    servers[1] = server;
    assert_non_null(matched());
}

static void nothing_is_said_of_what_is_not_told(void **state)
{
    session.role = NULL;
    assert_null(matched());
    session = ordinary_session(); /* its client's address is hidden */
    session.client = NULL;
    assert_null(matched());
    session = ordinary_session();
    session.client_port = 40001;
    session.backend_start = TIME_UNKNOWN;
    session.pooled = NULL;
    assert_null(matched());
    session.backend_start = ordinary_session().backend_start;
    servers[1].role = NULL;
    assert_null(matched());
}

static void over_a_socket_the_time_of_connecting_tells_servers_apart(void **state)
{
    static const struct {
        int64_t ago_s;
        bool agrees;
    } rows[] = {
        {0, true},      {1, true},          {60, true},   {61, false},
        {-2, true},     {-3, false},        {450, false}, {7200, true}, /* another time zone */
        {-19800, true}, {7200 + 70, false},
    };
    int64_t start_s;

    over_sockets();
    start_s = session.backend_start / US_PER_S;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        servers[1].connected_s = start_s - rows[i].ago_s;
        assert_int_equal(matched() != NULL, rows[i].agrees);
    }
    servers[1].connected_s = BOUNCER_TIME_UNKNOWN;
    assert_null(matched());
    servers[1].connected_s = start_s;
    servers[1].local_addr = "127.0.0.1"; /* the session's is a socket */
    assert_null(matched());
}

static void a_link_must_be_the_same_in_both_readings(void **state)
{
    again[1].link = "0xc0";
    assert_null(matched());
    again[1].link = NULL;
    assert_null(matched());
    again[1].link = "0xc1";
    again[1].ptr = "0xa2";
    assert_null(matched());
    again[1].ptr = "0xa1";
    again[1].pid++;
    assert_null(matched());
    reading.again_count = 0;
    assert_null(matched());
}

static void a_link_must_lead_to_a_client_that_points_back(void **state)
{
    clients[1].link = "0xa0";
    assert_null(matched());
    clients[1].link = NULL;
    assert_null(matched());
    clients[1].link = "0xa1";
    clients[1].ptr = "0xc2";
    assert_null(matched());
}

static void two_connections_for_one_session_are_no_claim(void **state)
{
    const BouncerReading two[] = {reading, reading};

    pooled_match(two, 2, &session, SESSIONS, &arena);
    assert_null(session.pooled);
    servers[0] = servers[1];
    assert_null(matched());
}

static void of_two_poolers_the_one_that_has_it_is_named(void **state)
{
    BouncerReading two[] = {reading, reading};
    BouncerServer elsewhere = servers[1];

    elsewhere.local_addr = "10.7.7.7"; /* the same pid on another server */
    two[1].pooler = "10.0.0.6:6432";
    two[1].servers = two[1].again = &elsewhere;
    two[1].server_count = two[1].again_count = 1;
    pooled_match(two, 2, &session, SESSIONS, &arena);
    assert_non_null(session.pooled);
    assert_string_equal(session.pooled->pooler, "10.0.0.5:6432");
}

static void without_a_link_it_is_idle_in_the_pool(void **state)
{
    servers[1].link = again[1].link = NULL;
    assert_null(matched()); /* active: it had a client when it was seen */
    session.state = STATE_IDLE;
    assert_non_null(matched());
    assert_false(session.pooled->linked);
    assert_null(session.pooled->role);
    assert_string_equal(session.pooled->pooler, "10.0.0.5:6432");
    again[1].link = "0xc1";
    assert_null(matched());
}

static void nobody_asked_nothing_said(void **state)
{
    pooled_match(NULL, 0, &session, SESSIONS, &arena);
    assert_null(session.pooled);
}

/* What pooled_confirm() leaves when the session is seen like this afterwards. */
static bool confirmed(const Session *looked, size_t count)
{
    static const Pooled pooled = {.pooler = "p"};

    session.pooled = &pooled;
    pooled_confirm(&session, SESSIONS, looked, count);
    return session.pooled != NULL;
}

static void a_session_that_moved_on_is_nobodys(void **state)
{
    Session now = session;

    assert_true(confirmed(&now, 1));
    now.query_start++; /* the next statement of the same transaction */
    now.state_change++;
    assert_true(confirmed(&now, 1));
    now.xact_start++;
    assert_false(confirmed(&now, 1));
    now = session;
    now.backend_start++;
    assert_false(confirmed(&now, 1));
    assert_false(confirmed(&now, 0));
}

static void one_without_a_transaction_must_not_have_stirred(void **state)
{
    Session now;

    session.state = STATE_IDLE;
    session.xact_start = TIME_UNKNOWN;
    now = session;
    assert_true(confirmed(&now, 1));
    now.state_change++;
    assert_false(confirmed(&now, 1));
    now = session;
    now.state = STATE_ACTIVE;
    assert_false(confirmed(&now, 1));
    now = session;
    now.pid++;
    assert_false(confirmed(&now, 1));
}

static void a_copy_has_its_own_texts(void **state)
{
    char role[] = "web";
    Pooled pooled = {.pooler = "p", .linked = true, .role = role, .client = "::1", .port = 7};
    const Pooled *copy = pooled_copy(&pooled, &arena);

    role[0] = 'X';
    assert_string_equal(copy->role, "web");
    assert_string_equal(copy->pooler, "p");
    assert_string_equal(pooled_client(copy, &arena), "web@ [::1]:7");
    assert_null(pooled_copy(NULL, &arena));
}

static void texts_are_cleaned(void **state)
{
    Pooled pooled = {.pooler = "p\x1b",
                     .linked = true,
                     .role = "r\x1b",
                     .database = "d\n",
                     .application = "a\x07",
                     .client = "c\x1b",
                     .port = 1};
    static const Ladder ladder = {.remedies = {REMEDY_CANCEL}, .count = 1};
    const char *text = pooled_client(&pooled, &arena);

    assert_string_equal(text, "r\\x1b@d\\n c\\x1b:1 application a\\x07");
    session.pooled = &pooled;
    text = pooled_note(&session, &ladder, &arena);
    assert_non_null(strstr(text, "PgBouncer p\\x1b:"));
    session.pooled = NULL;
}

static void the_note_says_what_the_client_gets(void **state)
{
    static const Ladder none = {.count = 0};
    static const Ladder cancel = {.remedies = {REMEDY_CANCEL}, .count = 1};
    static const Ladder stop = {.remedies = {REMEDY_CANCEL, REMEDY_TERMINATE}, .count = 2};
    static const Pooled linked = {.pooler = "p", .linked = true};
    static const Pooled idle = {.pooler = "p"};

    assert_null(pooled_note(&session, &stop, &arena));
    session.pooled = &linked;
    assert_null(pooled_note(&session, &none, &arena));
    assert_non_null(strstr(pooled_note(&session, &cancel, &arena), "57014"));
    assert_non_null(strstr(pooled_note(&session, &stop, &arena), "57P01, then 08P01"));
    session.pooled = &idle;
    assert_non_null(strstr(pooled_note(&session, &stop, &arena), "idle in the pool of"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_client_is_named),
        TEST(over_a_socket_the_process_is_named),
        TEST(nothing_is_said_where_anything_differs),
        TEST(nothing_is_said_of_what_is_not_told),
        TEST(over_a_socket_the_time_of_connecting_tells_servers_apart),
        TEST(a_link_must_be_the_same_in_both_readings),
        TEST(a_link_must_lead_to_a_client_that_points_back),
        TEST(two_connections_for_one_session_are_no_claim),
        TEST(of_two_poolers_the_one_that_has_it_is_named),
        TEST(without_a_link_it_is_idle_in_the_pool),
        TEST(nobody_asked_nothing_said),
        TEST(a_session_that_moved_on_is_nobodys),
        TEST(one_without_a_transaction_must_not_have_stirred),
        TEST(a_copy_has_its_own_texts),
        TEST(texts_are_cleaned),
        TEST(the_note_says_what_the_client_gets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
