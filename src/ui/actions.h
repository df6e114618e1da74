/* SPDX-License-Identifier: PostgreSQL */
/* Actions: what will happen to targets, what is happening, and what came of it; in words.
 *
 * Everything is fitted to the device: a sentence goes on in the next line, a table cuts. */
#ifndef PGQUELL_UI_ACTIONS_H
#define PGQUELL_UI_ACTIONS_H

#include "core/engine.h"
#include "ui/look.h"

#define ACTIONS_PREVIEW_MAX 10 /* targets that are described one by one; more make a table */

/* What will be done to each target of the engine and why, before anything is sent. `now_us` is the
 * server's clock. */
void actions_preview(FILE *out, const Engine *engine, int64_t now_us, const Look *look);

/* What came of one target that is finished. */
void actions_result(FILE *out, const Target *target, const Look *look);

/* Appends one line, without a newline and at most as wide as the device, on how far it is and what
 * is waited for. */
void actions_progress(StrBuf *buf, const Engine *engine, int64_t steady_us, const Look *look);

/* How many targets had which outcome; nothing where there is but one target. */
void actions_summary(FILE *out, const Engine *engine, const Look *look);

#endif
