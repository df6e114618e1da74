/* SPDX-License-Identifier: PostgreSQL */
/* Demo story: tells the steps and checks what came of each. */
#include "cmd/demo_story.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/shell.h"
#include "ui/flow.h"

/* A session of the story: a psql that is given its statements and stays. */
typedef struct Actor {
    const char *conninfo;
    const char *input;
} Actor;

static const Actor actors[] = {
    {"dbname=apps user=report application_name=report-runner",
     "SELECT count(*) FROM pgbench_accounts a CROSS JOIN pgbench_accounts b;\n"},
    {"dbname=apps user=billing application_name=billing",
     "BEGIN; UPDATE pgbench_accounts SET abalance = 0 WHERE aid IN (1, 2);\n"},
    {"dbname=apps user=batch application_name=nightly-batch", "SELECT keep_trying();\n"},
};

/* Those that need what others hold, so they come on when these have it. */
static const Actor victims[] = {
    {"dbname=apps user=shop application_name=checkout",
     "UPDATE pgbench_accounts SET abalance = abalance - 20 WHERE aid = 1;\n"},
    {"dbname=apps user=shop application_name=checkout",
     "UPDATE pgbench_accounts SET abalance = abalance - 30 WHERE aid = 2;\n"},
};

#define COUNT(what) "(SELECT count(*) FROM pg_stat_activity WHERE " what ")"

/* Catches every cancel and goes on. */
static const char function_sql[] =
    "CREATE FUNCTION keep_trying() RETURNS void LANGUAGE plpgsql AS $$"
    " BEGIN LOOP BEGIN PERFORM pg_sleep(60); EXCEPTION WHEN query_canceled THEN NULL; END;"
    " END LOOP; END $$";

static const char *const set_up_sql[] = {
    "CREATE ROLE shop LOGIN",
    "CREATE ROLE report LOGIN",
    "CREATE ROLE billing LOGIN",
    "CREATE ROLE batch LOGIN",
    "GRANT ALL ON ALL TABLES IN SCHEMA public TO shop, report, billing",
    function_sql,
};

static bool start_actors(Stage *stage, const Actor *cast, size_t count, Err *err)
{
    for (size_t i = 0; i < count; i++) {
        const char *const argv[] = {"psql", "-X", "-q", "-d", cast[i].conninfo, NULL};

        if (!stage_start(stage, argv, cast[i].input, err))
            return false;
    }
    return true;
}

static bool await_all(Stage *stage, const char *condition, Err *err)
{
    if (stage_await(stage, condition, err))
        return true;
    if (err->message[0] == '\0')
        (void) err_set(err, ERR_UNRESOLVED, "the demo's sessions did not come up");
    return false;
}

static bool make_database(Stage *stage, Err *err)
{
    static const char *const pgbench[] = {"pgbench", "-i", "-q", "-s", "1", "apps", NULL};

    if (!stage_sql(stage, "postgres", "CREATE DATABASE apps", err) ||
        !stage_run(stage, pgbench, err))
        return false;
    for (size_t i = 0; i < sizeof(set_up_sql) / sizeof(set_up_sql[0]); i++)
        if (!stage_sql(stage, "apps", set_up_sql[i], err))
            return false;
    return true;
}

bool story_set_up(Stage *stage, Err *err)
{
    static const char *const load[] = {"pgbench", "-n", "-c", "2",    "-R",   "20",
                                       "-T",      "60", "-U", "shop", "apps", NULL};
    static const char in_place[] =
        COUNT("application_name = 'report-runner' AND state = 'active'") " = 1 AND " COUNT(
            "applica"
            "tion_"
            "name = "
            "'billin"
            "g' AND "
            "state "
            "= "
            "'idle "
            "in "
            "transac"
            "tion'") " = 1 AND " COUNT("application_name = 'nightly-batch' AND wait_event = "
                                       "'PgSleep'") " = 1 AND " COUNT("app"
                                                                      "lic"
                                                                      "ati"
                                                                      "on_"
                                                                      "nam"
                                                                      "e "
                                                                      "= "
                                                                      "'pg"
                                                                      "ben"
                                                                      "ch"
                                                                      "'") " = 2";
    /* for long enough to be a finding of status */
    static const char blocked[] =
        COUNT("application_name = 'checkout' AND wait_event_type = 'Lock' AND "
              "query_start < clock_timestamp() - interval '1.5 s'") " = 2";

    return make_database(stage, err) && stage_start(stage, load, NULL, err) &&
           start_actors(stage, actors, sizeof(actors) / sizeof(actors[0]), err) &&
           await_all(stage, in_place, err) &&
           start_actors(stage, victims, sizeof(victims) / sizeof(victims[0]), err) &&
           await_all(stage, blocked, err);
}

void story_add_command(StrBuf *buf, const char *const *argv)
{
    for (size_t i = 0; argv[i]; i++) {
        if (i > 0)
            strbuf_add_char(buf, ' ');
        shell_quote(buf, argv[i]);
    }
}

/* The step's words, with the pids of this run. */
static bool fill_in(Stage *stage, const StoryStep *step, const char *ret_argv[], Err *err)
{
    for (size_t i = 0; i <= STORY_WORDS_MAX; i++) {
        char pid[STAGE_ANSWER_MAX];
        const char *query;

        ret_argv[i] = step->argv[i];
        if (!step->argv[i] || step->argv[i][0] != '@')
            continue;
        query = arena_printf(stage->arena,
                             "SELECT pid FROM pg_stat_activity WHERE application_name = '%s'",
                             step->argv[i] + 1);
        if (!stage_ask(stage, query, pid, err))
            return false;
        ret_argv[i] = arena_strdup(stage->arena, pid);
    }
    return true;
}

static void print_words(const Look *look, const char *text, Style style)
{
    StrBuf buf;
    Flow flow;

    strbuf_init(&buf);
    flow = flow_begin(look, &buf, 0, 0);
    flow_words(&flow, text, style);
    flow_end(&flow);
    look_write(stdout, &buf);
    strbuf_done(&buf);
}

static void print_command(const Look *look, const char *const *argv)
{
    StrBuf buf;

    strbuf_init(&buf);
    strbuf_add(&buf, "$ ");
    story_add_command(&buf, argv);
    (void) printf("%s%s%s\n", look_on(look, STYLE_HEADING), buf.text,
                  look_off(look, STYLE_HEADING));
    strbuf_done(&buf);
}

/* What has to be true after the step, asked of the server and not of what was just printed. */
static bool check(Stage *stage, const StoryStep *step, const Look *look, Err *err)
{
    if (!step->condition)
        return true;
    if (stage_await(stage, step->condition, err)) {
        print_words(look, arena_printf(stage->arena, "Checked: %s.", step->checked), STYLE_GOOD);
        return true;
    }
    if (err->message[0] == '\0')
        (void) err_set(err, ERR_UNRESOLVED, "not true afterwards: %s", step->checked);
    return false;
}

/* A reader that has left ends the story, without a word. */
static bool has_listener(Err *err)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    (void) err_set(err, ERR_UNRESOLVED, "could not write to standard output: %s", strerror(errno));
    if (errno == EPIPE)
        err->message[0] = '\0';
    clearerr(stdout); /* it has been told */
    return false;
}

static bool tell_step(Stage *stage, const StoryStep *step, const Look *look, Err *err)
{
    const char *argv[STORY_WORDS_MAX + 1];
    int status;

    if (!fill_in(stage, step, argv, err))
        return false;
    print_command(look, argv);
    if (!has_listener(err) || !stage_pgquell(stage, argv, &status, err))
        return false;
    if (status != step->status)
        return err_set(err, ERR_UNRESOLVED, "exit status %d, where it has to be %d", status,
                       step->status);
    return check(stage, step, look, err);
}

/* The error of a step says which one it was. */
static void name_step(size_t index, Err *err)
{
    const char *command = story_steps[index].argv[1];
    Err inner = *err;

    if (err->code == ERR_INTERRUPTED || err->message[0] == '\0')
        return;
    (void) err_set(err, inner.code, "step %zu of the demo (pgquell%s%s) failed: %.900s", index + 1,
                   command ? " " : "", command ? command : "", inner.message);
    (void) err_hint(err, "%s", inner.hint);
}

bool story_tell(Stage *stage, const Look *look, Err *err)
{
    for (size_t i = 0; i < story_step_count; i++) {
        const StoryStep *step = &story_steps[i];

        (void) putchar('\n');
        print_words(
            look,
            arena_printf(stage->arena, "%zu/%zu  %s", i + 1, story_step_count, step->sentence),
            STYLE_PLAIN);
        if (!has_listener(err))
            return false;
        if (!tell_step(stage, step, look, err)) {
            name_step(i, err);
            return false;
        }
    }
    return true;
}
