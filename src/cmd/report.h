/* SPDX-License-Identifier: PostgreSQL */
/* Report: an action as the operator sees it, before, while and after; text or JSON lines.
 *
 * In JSON mode standard output has one object per target and nothing else. Progress is drawn on
 * standard error, on a terminal only. */
#ifndef PGQUELL_CMD_REPORT_H
#define PGQUELL_CMD_REPORT_H

#include "cmd/settings.h"
#include "core/engine.h"
#include "ui/look.h"

typedef struct Report {
    const Engine *engine;
    const Settings *settings;
    const Look *look;
    Look error_look; /* of standard error */
    bool *told;      /* targets whose result is out; grows with the engine's */
    size_t told_room;
    size_t told_count;
    bool drawn; /* a progress line stands on the terminal */
} Report;

Report report_begin(const Engine *engine, const Settings *settings, const Look *look);

/* What will be done; in a dry run that is all, also in JSON. Where the operator is about to be
 * asked, it is shown on standard error if it would not be seen on standard output. */
void report_preview(Report *report, int64_t now_us, bool asks);

/* The runner's on_turn: results as they come, and progress. `context` is the Report. */
void report_turn(void *context);

/* The results that are not out yet. */
void report_rest(Report *report);

/* The same and the summary. */
void report_end(Report *report);

/* Warns that the server's log lacks lines, where it does. */
void report_unlogged(const Err *err);

void report_done(Report *report);

#endif
