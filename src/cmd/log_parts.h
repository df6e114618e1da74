/* SPDX-License-Identifier: PostgreSQL */
/* Log parts: the subcommands of `log`, each with the store open for reading. */
#ifndef PGQUELL_CMD_LOG_PARTS_H
#define PGQUELL_CMD_LOG_PARTS_H

#include <jansson.h>

#include "audit/store.h"
#include "cmd/command.h"

ErrCode log_list(Scene *scene, Store *store, Err *err);
ErrCode log_show(Scene *scene, Store *store, Err *err);
ErrCode log_verify(Scene *scene, Store *store, Err *err);
ErrCode log_export(Scene *scene, Store *store, Err *err);

/* Opens the store a second time, to append, once it is known what goes. */
ErrCode log_prune(Scene *scene, Store *store, Err *err);

/* What a listing says where the trail has nothing. */
void log_say_nothing(const Scene *scene);

/* The outcome as a table or a header shows it: a name and how good it is; NULL is "open". */
const char *log_outcome_name(const char *outcome);
Style log_outcome_style(const char *outcome);

/* A record as `log export` prints it. */
json_t *log_record_json(const Record *record, Arena *arena);

#endif
