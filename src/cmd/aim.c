/* SPDX-License-Identifier: PostgreSQL */
/* Aim: from what was typed to sessions. */
#include "cmd/aim.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/guard.h"

typedef struct Wanted {
    int pid;
    int64_t start_s; /* seconds of backend_start; -1 for a plain pid */
} Wanted;

bool aim_given(const Settings *settings)
{
    return settings->word_count > 0 || filter_given(&settings->filter);
}

static bool all_are(const char *text, int (*is)(int))
{
    for (const char *c = text; *c; c++)
        if (!is((unsigned char) *c))
            return false;
    return text[0] != '\0';
}

static bool parse_pid(const char *text, int base, int *ret_pid)
{
    long pid;

    if (!all_are(text, base == 10 ? isdigit : isxdigit))
        return false;
    errno = 0;
    pid = strtol(text, NULL, base);
    if (errno != 0 || pid < 0 || pid > INT32_MAX)
        return false;
    *ret_pid = (int) pid;
    return true;
}

/* A session id is hex(seconds).hex(pid), as %c of log_line_prefix prints it. */
static bool parse_id(const char *word, Wanted *wanted)
{
    const char *dot = strchr(word, '.');
    char seconds[17];
    size_t length = dot ? (size_t) (dot - word) : 0;

    if (length == 0 || length >= sizeof(seconds))
        return false;
    memcpy(seconds, word, length);
    seconds[length] = '\0';
    if (!all_are(seconds, isxdigit) || !parse_pid(dot + 1, 16, &wanted->pid))
        return false;
    wanted->start_s = strtoll(seconds, NULL, 16);
    return true;
}

static bool parse_word(const char *word, Wanted *wanted, Err *err)
{
    wanted->start_s = -1;
    if (parse_pid(word, 10, &wanted->pid) || parse_id(word, wanted))
        return true;
    (void) err_set(err, ERR_USAGE, "invalid target \"%s\"", word);
    return err_hint(
        err,
        "A target is a pid such as 4711, or a session id such as 673dd2b1.13e0f; \"pgquell ps\" "
        "shows both.");
}

static const Session *session_of_pid(const Scene *scene, int pid)
{
    for (size_t i = 0; i < scene->session_count; i++)
        if (scene->sessions[i].pid == pid)
            return &scene->sessions[i];
    return NULL;
}

static void missing(Aim *aim, const char *format, int pid, const char *word)
{
    aim->missing++;
    (void) fputs("pgquell: error: ", stderr);
    if (pid >= 0)
        (void) fprintf(stderr, "PID %d %s", pid, format);
    else
        (void) fprintf(stderr, "session %s %s", word, format);
    (void) fputc('\n', stderr);
}

static void add(Scene *scene, Aim *aim, Aimed aimed)
{
    for (size_t i = 0; i < aim->count; i++)
        if (aim->targets[i].session == aimed.session)
            return;
    aim->targets = arena_grow(&scene->arena, aim->targets, aim->count, sizeof(Aimed));
    aim->targets[aim->count++] = aimed;
}

/* Adds a session, or the leader in place of a parallel worker. */
static void add_or_leader(Scene *scene, Aim *aim, const Judgement *judgement, Aimed aimed)
{
    const Session *leader;

    if (judgement->verdict == VERDICT_REDIRECT) {
        leader = session_of_pid(scene, aimed.session->leader_pid);
        if (leader) {
            aimed.redirected_from = aimed.session->pid;
            aimed.session = leader;
        }
    }
    add(scene, aim, aimed);
}

static bool take_word(Scene *scene, const Order *order, const char *word, Aim *aim, Err *err)
{
    bool filtered = filter_given(&scene->settings->filter);
    Wanted wanted = {.start_s = -1};
    const Session *session;
    Judgement judgement;

    if (!parse_word(word, &wanted, err))
        return false;
    session = session_of_pid(scene, wanted.pid);
    if (!session && wanted.start_s < 0) {
        missing(aim, "is not a PostgreSQL backend", wanted.pid, word);
        return true;
    }
    if (!session || (wanted.start_s >= 0 && session->backend_start / US_PER_S != wanted.start_s)) {
        missing(aim, session ? "is gone; its pid has been given to another session" : "is gone", -1,
                word);
        return true;
    }
    if (filtered && !filter_matches(&scene->settings->filter, session, scene->server_us)) {
        missing(aim, "does not match the filters", wanted.pid, word);
        return true;
    }
    judgement = guard_judge(&scene->world, order, session, scene->server_us, &scene->arena);
    add_or_leader(scene, aim, &judgement,
                  (Aimed){.session = session, .chosen_by = order->chosen_by});
    return true;
}

static void pass_over(Aim *aim, const char *why)
{
    if (aim->passed_over++ == 0)
        aim->passed_why = why;
}

static void take_filter(Scene *scene, const Order *order, Aim *aim)
{
    for (size_t i = 0; i < scene->session_count; i++) {
        const Session *session = &scene->sessions[i];
        Judgement judgement;

        if (!filter_matches(&scene->settings->filter, session, scene->server_us))
            continue;
        judgement = guard_judge(&scene->world, order, session, scene->server_us, &scene->arena);
        if (!judgement.inapplicable)
            add(scene, aim, (Aimed){.session = session, .chosen_by = order->chosen_by});
        else if (session_is_client(session) && session->pid != scene->world.own_pid)
            pass_over(aim, judgement.reason);
    }
}

/* In a ring (a deadlock about to be found) each waits behind each, and none is the other's victim.
 */
static bool is_victim(const Scene *scene, const Aim *aim, int pid)
{
    for (size_t i = 0; i < aim->count; i++) {
        int other = aim->targets[i].session->pid;

        if (blocking_behind(&scene->blocking, pid, other) &&
            !blocking_behind(&scene->blocking, other, pid))
            return true;
    }
    return false;
}

static void drop_victims(Scene *scene, Aim *aim)
{
    Aim kept = *aim;

    kept.targets = ARENA_ARRAY(&scene->arena, Aimed, aim->count);
    kept.count = 0;
    for (size_t i = 0; i < aim->count; i++)
        if (!is_victim(scene, aim, aim->targets[i].session->pid))
            kept.targets[kept.count++] = aim->targets[i];
    *aim = kept;
}

bool aim_resolve(Scene *scene, OrderKind kind, Aim *ret_aim, Err *err)
{
    const Settings *settings = scene->settings;
    Order order = settings->order;
    Aim aim = {0};

    order.kind = kind;
    order.chosen_by = filter_given(&settings->filter) ? filter_chosen_by(&settings->filter) : 0;
    for (size_t i = 0; i < settings->word_count; i++)
        if (!take_word(scene, &order, settings->words[i], &aim, err))
            return false;
    if (settings->word_count == 0)
        take_filter(scene, &order, &aim);
    if (settings->word_count == 0 && settings->filter.blocking > 0)
        drop_victims(scene, &aim);
    *ret_aim = aim;
    return true;
}
