/* SPDX-License-Identifier: PostgreSQL */
/* ps: lists sessions. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/command.h"
#include "cmd/poolers.h"
#include "ui/json.h"
#include "ui/sessions.h"

/* Ascending by what the key looks at; longest-running first is the smallest start. */
typedef int Compare(const void *a, const void *b);

static int compare_int64(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* Unknown goes last. */
static int compare_start(int64_t a, int64_t b)
{
    return compare_int64(a == TIME_UNKNOWN ? TIME_NEVER : a, b == TIME_UNKNOWN ? TIME_NEVER : b);
}

static int compare_text(const char *a, const char *b)
{
    if (!a || !b)
        return (a == NULL) - (b == NULL);
    return strcmp(a, b);
}

static int by_pid(const void *a, const void *b)
{
    return ((const Session *) a)->pid - ((const Session *) b)->pid;
}

/* A tie is broken by the pid, so that the order is always the same. */
static int tied(int order, const void *a, const void *b)
{
    return order != 0 ? order : by_pid(a, b);
}

/* What does something comes before what is idle, whatever its age. */
static int rank(const Session *session)
{
    if (session->xact_start != TIME_UNKNOWN || session_is_active(session) ||
        session_in_transaction(session))
        return 0;
    return session_busy_since(session) == TIME_NEVER ? 2 : 1;
}

static int by_busy(const void *a, const void *b)
{
    int order = rank(a) - rank(b);

    return tied(order != 0 ? order : compare_int64(session_busy_since(a), session_busy_since(b)), a,
                b);
}

static int by_session(const void *a, const void *b)
{
    return tied(
        compare_start(((const Session *) a)->backend_start, ((const Session *) b)->backend_start),
        a, b);
}

static int by_transaction(const void *a, const void *b)
{
    return tied(compare_start(((const Session *) a)->xact_start, ((const Session *) b)->xact_start),
                a, b);
}

static int64_t statement_start(const Session *session)
{
    return session_is_active(session) ? session->query_start : TIME_UNKNOWN;
}

static int by_statement(const void *a, const void *b)
{
    return tied(compare_start(statement_start(a), statement_start(b)), a, b);
}

static int by_state(const void *a, const void *b)
{
    return tied(
        compare_start(((const Session *) a)->state_change, ((const Session *) b)->state_change), a,
        b);
}

static int by_role(const void *a, const void *b)
{
    return tied(compare_text(((const Session *) a)->role, ((const Session *) b)->role), a, b);
}

static int by_database(const void *a, const void *b)
{
    return tied(compare_text(((const Session *) a)->database, ((const Session *) b)->database), a,
                b);
}

static int by_application(const void *a, const void *b)
{
    return tied(
        compare_text(((const Session *) a)->application, ((const Session *) b)->application), a, b);
}

/* Most first. */
static int by_waiters(const void *a, const void *b)
{
    return tied(((const Session *) b)->waiters - ((const Session *) a)->waiters, a, b);
}

static Compare *compare_for(const char *key)
{
    /* in the order of sort_keys */
    static Compare *const compares[] = {by_busy,        by_session, by_transaction, by_statement,
                                        by_state,       by_pid,     by_role,        by_database,
                                        by_application, by_waiters};
    size_t i = 0;

    while (strcmp(sort_keys[i], key) != 0)
        i++;
    return compares[i];
}

/* Left out unless asked for: our own session, and what is no client's. A session whose kind is
 * hidden may be a client's; it has a role then. */
static bool is_shown(const Scene *scene, const Session *session)
{
    const Filter *filter = &scene->settings->filter;

    if (session->pid == scene->world.own_pid)
        return false;
    if (filter->all || filter->text_counts[FILTER_BACKEND_TYPE] > 0)
        return true;
    return session_is_client(session) || (!session->backend_type && session->role_oid != 0);
}

static size_t choose(Scene *scene)
{
    size_t count = 0;

    for (size_t i = 0; i < scene->session_count; i++) {
        const Session *session = &scene->sessions[i];

        if (is_shown(scene, session) &&
            filter_matches(&scene->settings->filter, session, scene->server_us))
            scene->sessions[count++] = *session;
    }
    return count;
}

static json_t *object_of(const Scene *scene, const Session *session)
{
    json_t *object = json_session(session, scene->server_us);

    if (scene->settings->pgbouncer_count > 0)
        json_add_pooled(object, session);
    return object;
}

static ErrCode run(Scene *scene, Err *err)
{
    const Settings *settings = scene->settings;
    size_t count;

    if (settings->word_count > 0) {
        (void) err_set(err, ERR_USAGE, "unexpected word \"%s\"", settings->words[0]);
        (void) err_hint(err, "Sessions are picked by filters, such as --role NAME.");
        return ERR_USAGE;
    }
    if (!scene_snapshot(scene, settings->filter.blocking > 0, err) || !scene_pooled(scene, err))
        return err->code;
    count = choose(scene);
    scene_warn_of_limits(scene);
    qsort(scene->sessions, count, sizeof(Session), compare_for(settings->sort));
    if (settings->json) {
        for (size_t i = 0; i < count; i++)
            if (!json_print(stdout, object_of(scene, &scene->sessions[i])))
                break; /* the stream remembers why */
    } else if (count > 0) {
        sessions_print(stdout, scene->sessions, count, scene->server_us, &scene->look);
    } else if (!settings->quiet) {
        (void) fputs("no session matches\n", stderr);
    }
    return ERR_NONE;
}

const Command command_ps = {
    .name = "ps",
    .summary = "list sessions, longest-running first",
    .arguments = "",
    .details =
        "Lists client sessions with their transaction, statement, wait and query. Our own session "
        "and background processes are left out; --all shows the latter too.",
    .options = OPTION_FILTER | OPTION_LISTING | OPTION_OUTPUT | OPTION_CONNECTION,
    .needs = NEEDS_CONNECTION,
    .run = run,
};
