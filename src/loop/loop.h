/* SPDX-License-Identifier: PostgreSQL */
/* Loop: waits for connections, signals and deadlines, on libevent.
 *
 * A turn waits until something can be done, then advances the links that can. Links call their
 * completion callbacks from within loop_turn(), never from inside a libevent callback. */
#ifndef PGQUELL_LOOP_LOOP_H
#define PGQUELL_LOOP_LOOP_H

#include <stdint.h>

#include "pg/answer.h"
#include "pg/link.h"

#define LOOP_LINKS_MAX 64

typedef struct Loop Loop;

/* From now on SIGINT, SIGTERM and SIGHUP are counted rather than deadly. */
FALLIBLE bool loop_new(Loop **ret_loop, Err *err);
void loop_free(Loop *loop);

/* The links that turns look after; borrowed. */
void loop_add(Loop *loop, Link *link);
void loop_remove(Loop *loop, Link *link);

/* Whether another link may be added. */
bool loop_has_room(const Loop *loop);

/* One turn, at the latest until `deadline_us` on the steady clock (TIME_NEVER: no limit). */
void loop_turn(Loop *loop, int64_t deadline_us);

/* How often the operator has asked to stop. */
unsigned int loop_interrupts(const Loop *loop);

/* Turns until the link is ready. Fails when it breaks, after `timeout_us`, or on an interrupt. */
FALLIBLE bool loop_connect(Loop *loop, Link *link, int64_t timeout_us, Err *err);

/* Turns until there is something to read from the terminal; false when the operator has asked to
 * stop, be it before the call. */
FALLIBLE bool loop_await_input(Loop *loop, int fd);

/* Turns until the answer is there; its failure is ours. Fails on an interrupt with ERR_INTERRUPTED;
 * the link is stopped then, since the answer's memory may go. */
FALLIBLE bool loop_await(Loop *loop, Link *link, const Answer *answer, Err *err);

/* What loop_await() calls every second that it waits; NULL: nothing. `context` is handed on. */
void loop_set_tick(Loop *loop, void (*tick)(void *context), void *context);

#endif
