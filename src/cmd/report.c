/* SPDX-License-Identifier: PostgreSQL */
/* Report: an action as the operator sees it. */
#include "cmd/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ui/actions.h"
#include "ui/json.h"

Report report_begin(const Engine *engine, const Settings *settings, const Look *look)
{
    return (Report){
        .engine = engine,
        .settings = settings,
        .look = look,
        .error_look = look_of(stderr),
    };
}

static void tell(const Report *report, size_t index)
{
    const Target *target = engine_target(report->engine, index);

    if (report->settings->json)
        (void) !json_print(stdout, json_action(target)); /* the stream remembers a failure */
    else if (!report->settings->quiet)
        actions_result(stdout, target, report->look);
}

void report_preview(Report *report, int64_t now_us, bool asks)
{
    const Settings *settings = report->settings;

    for (size_t i = 0;
         settings->json && settings->dry_run && i < engine_target_count(report->engine); i++)
        tell(report, i);
    if (!settings->json && !settings->quiet)
        actions_preview(stdout, report->engine, now_us, report->look);
    if (asks && (settings->json || settings->quiet || !report->look->terminal))
        actions_preview(stderr, report->engine, now_us, &report->error_look);
}

static void erase_progress(Report *report)
{
    if (report->drawn)
        (void) fputs("\r\033[K", stderr);
    report->drawn = false;
}

static void draw_progress(Report *report)
{
    StrBuf line;

    if (!report->error_look.terminal || report->settings->quiet || engine_is_done(report->engine))
        return;
    strbuf_init(&line);
    actions_progress(&line, report->engine, clock_steady_us(), &report->error_look);
    (void) fprintf(stderr, "\r%s\033[K", line.text);
    (void) fflush(stderr);
    report->drawn = true;
    strbuf_done(&line);
}

/* More targets may have been requested. */
static void make_room(Report *report)
{
    size_t count = engine_target_count(report->engine);

    if (count <= report->told_room)
        return;
    report->told = xrealloc(report->told, count * sizeof(bool));
    memset(report->told + report->told_room, 0, (count - report->told_room) * sizeof(bool));
    report->told_room = count;
}

static void tell_finished(Report *report)
{
    make_room(report);
    for (size_t i = 0; i < engine_target_count(report->engine); i++) {
        if (report->told[i] || engine_target(report->engine, i)->state != TARGET_FINISHED)
            continue;
        erase_progress(report);
        tell(report, i);
        report->told[i] = true;
        report->told_count++;
    }
}

void report_turn(void *context)
{
    Report *report = context;

    if (report->told_count < engine_target_count(report->engine))
        tell_finished(report);
    (void) fflush(stdout);
    draw_progress(report);
}

void report_rest(Report *report)
{
    tell_finished(report);
    erase_progress(report);
}

void report_end(Report *report)
{
    report_rest(report);
    if (!report->settings->json && !report->settings->quiet)
        actions_summary(stdout, report->engine, report->look);
}

void report_unlogged(const Err *err)
{
    StrBuf reason;

    if (err->code == ERR_NONE)
        return;
    strbuf_init(&reason);
    text_clean(&reason, err->message);
    (void) fprintf(stderr, "pgquell: warning: could not write to the server's log: %s\n",
                   reason.text);
    strbuf_done(&reason);
}

void report_done(Report *report)
{
    free(report->told);
    report->told = NULL;
}
