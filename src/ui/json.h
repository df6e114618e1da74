/* SPDX-License-Identifier: PostgreSQL */
/* JSON: sessions and actions as objects with the keys of the contract (docs/design.md), in its
 * order.
 *
 * What is unknown is null; instants are ISO 8601 in UTC with microseconds, durations of a session
 * are seconds, elapsed_ms is milliseconds. Texts from a server are faithful but for bytes that are
 * not UTF-8, which read \xNN. An object belongs to the caller until it is printed. Like all
 * allocation here, building one aborts when memory is out. */
#ifndef PGQUELL_UI_JSON_H
#define PGQUELL_UI_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "core/engine.h"
#include "core/prepared.h"

/* A session; `now_us` is the server's clock, from which its ages are counted. */
json_t *json_session(const Session *session, int64_t now_us);

/* Adds the key `pooled` to the object of a session: its client as a PgBouncer knows it, null where
 * none is known. Only for where a PgBouncer was asked. */
void json_add_pooled(json_t *object, const Session *session);

/* A prepared transaction: gid, xid, role, database, prepared, prepared_s, locks; null for NULL. */
json_t *json_prepared(const Prepared *prepared, int64_t now_us);

/* What was, or in a dry run would be, done to a target. Before EVENT_GO it has no outcome, not even
 * where nothing will be sent: `plan` is [] then, and `reason` says why. */
json_t *json_action(const Target *target);

/* The steps of an action: at, step, result. */
json_t *json_of_steps(const Step *list, size_t count);

/* The sentences, each behind its label: "frees: 3 sessions that wait behind it". */
json_t *json_consequences(const Consequences *consequences);

/* One line of ASCII in the arena, without the newline; steals the reference. */
char *json_text(Arena *arena, json_t *value);

/* The same with its newline onto a stream, flushed; false when it could not be written, see errno.
 */
FALLIBLE bool json_print(FILE *out, json_t *value);

#endif
