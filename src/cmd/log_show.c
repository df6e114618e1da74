/* SPDX-License-Identifier: PostgreSQL */
/* log show: one action in full, who and why first, then what happened when. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/prune.h"
#include "base/text.h"
#include "cmd/log_actions.h"
#include "cmd/log_parts.h"
#include "loop/runner.h"
#include "ui/flow.h"
#include "ui/json.h"

#define LABEL_INDENT 2
#define TEXT_INDENT 12 /* where the texts behind the labels begin */
#define RUN_PREFIX_MIN 4
#define HASH_SHOWN 8

/* What the timeline is printed with; the arena is for one record at a time. */
typedef struct Timeline {
    const Look *look;
    Arena arena;
    int64_t begun_us;
    bool json;
} Timeline;

/* Whether it is what the SESSION column has of a prepared transaction. */
static bool is_prepared(const char *word)
{
    return strncmp(word, "prepared ", strlen("prepared ")) == 0;
}

/* A number is an ID, hex digits with a dot are a session, others the beginning of a run. */
static bool is_meant(const LogAction *action, const char *word)
{
    size_t length = strlen(word);

    if (is_prepared(word) || strchr(word, '.'))
        return strcmp(action->session, word) == 0;
    if (strspn(word, "0123456789") == length && length < RUN_ID_MAX - 1)
        return action->id == strtoll(word, NULL, 10);
    return length >= RUN_PREFIX_MIN && strncmp(action->run, word, length) == 0;
}

static bool check_word(const char *word, Err *err)
{
    size_t length = strlen(word);
    bool number = strspn(word, "0123456789") == length && length > 0;
    bool run = strspn(word, "0123456789abcdef") == length && length >= RUN_PREFIX_MIN;
    bool session = strspn(word, "0123456789abcdef.?") == length && strchr(word, '.');

    if (number || run || session || is_prepared(word))
        return true;
    (void) err_set(err, ERR_USAGE, "invalid ID \"%s\"", word);
    return err_hint(err,
                    "It is a number that \"pgquell log\" lists, a session id, or %d digits or "
                    "more of an audit run's id.",
                    RUN_PREFIX_MIN);
}

static void add_labelled(StrBuf *buf, const Look *look, const char *label, const char *text,
                         Style style)
{
    Flow flow;

    if (!text || *text == '\0')
        return;
    flow = flow_begin(look, buf, LABEL_INDENT, TEXT_INDENT);
    flow_words(&flow, label, STYLE_DIM);
    strbuf_pad(buf, ' ', TEXT_INDENT - LABEL_INDENT - strlen(label) - 1);
    flow.used = TEXT_INDENT - 1;
    flow_words(&flow, text, style);
    flow_end(&flow);
}

/* Texts out of a body; "" where it has none. */
static const char *text_of(const json_t *object, const char *key, const Look *look, Arena *arena)
{
    return look_text(look, arena, json_string_value(json_object_get(object, key)));
}

/* `10.0.0.5:5432, database postgres, PostgreSQL 15.14, system 7409..., as dba`. */
static const char *server_text(const json_t *server, const Look *look, Arena *arena)
{
    long long version = json_integer_value(json_object_get(server, "server_version"));
    const char *port = text_of(server, "port", look, arena);
    const char *session_role = text_of(server, "session_role", look, arena);
    const char *current_role = text_of(server, "current_role", look, arena);
    bool same = strcmp(session_role, current_role) == 0;

    if (!json_is_object(server))
        return "";
    return arena_printf(arena, "%s%s%s, database %s, PostgreSQL %lld.%lld%s, system %s, as %s%s%s",
                        text_of(server, "host", look, arena), *port ? ":" : "", port,
                        text_of(server, "database", look, arena), version / 10000, version % 10000,
                        json_is_true(json_object_get(server, "standby")) ? " (standby)" : "",
                        text_of(server, "system_identifier", look, arena), session_role,
                        same ? "" : ", acting as ", same ? "" : current_role);
}

/* `673dd2b1.13e0f  pid 812  app@apps  application shop  client 10.0.0.5  idle in transaction`. */
static const char *session_text(const LogAction *action, const char *state, const Look *look,
                                Arena *arena)
{
    const char *application = look_text(look, arena, action->application);
    const char *client = look_text(look, arena, action->client);
    const char *pid = action->pid ? arena_printf(arena, ", pid %d", action->pid) : "";

    return arena_printf(arena, "%s%s, %s@%s%s%s%s%s%s%s", look_text(look, arena, action->session),
                        pid, look_text(look, arena, action->role),
                        look_text(look, arena, action->database),
                        *application ? ", application " : "", application,
                        *client ? ", client " : "", client, *state ? ", " : "", state);
}

static const char *outcome_text(const LogAction *action, Arena *arena)
{
    char elapsed[DURATION_TEXT_MAX];

    if (!action->outcome && action->door)
        return "open: no outcome was recorded, so \"let-in\" has to look";
    if (!action->outcome)
        return "open: no outcome was recorded, so a signal counts as sent";
    if (action->elapsed_ms < 0)
        return action->outcome;
    duration_format((int64_t) (action->elapsed_ms * (double) US_PER_MS), elapsed);
    return arena_printf(arena, "%s in %s", action->outcome, elapsed);
}

static const char *count_text(const json_t *body, const char *key, Arena *arena)
{
    const json_t *count = json_object_get(body, key);

    return json_is_integer(count) && json_integer_value(count) >= 0
               ? arena_printf(arena, "%lld", (long long) json_integer_value(count))
               : "unknown";
}

/* `records 1 to 63, 12 actions, up to 2026-...; their last hash 9f86d0...`. */
static const char *pruned_text(const json_t *body, const Look *look, Arena *arena)
{
    return arena_printf(arena, "records %s to %s, %s actions, up to %s; last hash %s",
                        count_text(body, "from", arena), count_text(body, "to", arena),
                        count_text(body, "actions", arena), text_of(body, "until", look, arena),
                        text_of(body, "hash", look, arena));
}

/* What was foreseen, sentence by sentence. */
static const char *foreseen_text(const json_t *body, const Look *look, Arena *arena)
{
    const json_t *list = json_object_get(body, "consequences");
    const char *text = "";

    for (size_t i = 0; i < json_array_size(list); i++)
        text = arena_printf(arena, "%s%s%s", text, i > 0 ? "; " : "",
                            look_text(look, arena, json_string_value(json_array_get(list, i))));
    return text;
}

/* What only the first intent has: the session's row, or the prepared transaction's, as it was when
 * it was chosen. */
static void add_evidence(StrBuf *buf, const LogAction *action, const json_t *body, const Look *look,
                         Arena *arena)
{
    const json_t *evidence = json_object_get(body, "session");
    const char *query = json_string_value(json_object_get(evidence, "query"));
    bool intent = json_is_object(evidence) || json_is_object(json_object_get(body, "prepared"));
    const char *state = intent ? text_of(evidence, "state", look, arena)
                               : text_of(body, "state_before", look, arena);

    if (action->door) {
        add_labelled(buf, look, "door", look_text(look, arena, action->session), STYLE_PLAIN);
        return;
    }
    if (action->prune) {
        add_labelled(buf, look, "pruned", pruned_text(body, look, arena), STYLE_PLAIN);
        return;
    }
    add_labelled(buf, look, "session", session_text(action, state, look, arena), STYLE_PLAIN);
    if (!intent)
        return;
    add_labelled(buf, look, "query", look_query(look, arena, query), STYLE_PLAIN);
    add_labelled(buf, look, "held",
                 arena_printf(arena, "locks %s, waiters %s", count_text(body, "locks", arena),
                              count_text(body, "waiters", arena)),
                 STYLE_PLAIN);
    add_labelled(buf, look, "expected", foreseen_text(body, look, arena), STYLE_PLAIN);
}

static void print_header(const LogAction *action, const json_t *body, const Look *look)
{
    char at[INSTANT_TEXT_MAX];
    const char *by;
    Arena arena;
    StrBuf buf;

    arena_init(&arena);
    strbuf_init(&buf);
    strbuf_printf(&buf, "%saction %lld: %s (%s)%s\n", look_on(look, STYLE_HEADING),
                  (long long) action->id, look_text(look, &arena, action->command),
                  look_text(look, &arena, action->scope), look_off(look, STYLE_HEADING));
    by = arena_printf(&arena, "%s on %s, audit run %s, target %d",
                      look_text(look, &arena, action->operator_name),
                      look_text(look, &arena, action->host), look_text(look, &arena, action->run),
                      action->target);
    add_labelled(&buf, look, "when", instant_format(action->at_us, at), STYLE_PLAIN);
    add_labelled(&buf, look, "who", by, STYLE_PLAIN);
    add_labelled(&buf, look, "why", look_text(look, &arena, action->operator_reason), STYLE_PLAIN);
    add_labelled(&buf, look, "ticket", look_text(look, &arena, action->ticket), STYLE_PLAIN);
    add_labelled(&buf, look, "server", server_text(json_object_get(body, "server"), look, &arena),
                 STYLE_PLAIN);
    add_evidence(&buf, action, body, look, &arena);
    add_labelled(&buf, look, "decided", look_text(look, &arena, action->reason), STYLE_PLAIN);
    add_labelled(&buf, look, "outcome", look_text(look, &arena, outcome_text(action, &arena)),
                 log_outcome_style(action->outcome));
    add_labelled(&buf, look, "note", look_text(look, &arena, action->note), STYLE_PLAIN);
    look_write(stdout, &buf);
    strbuf_done(&buf);
    arena_done(&arena);
}

/* Takes the first body that knows who and why: an observation may come before it. */
static bool find_body(void *context, const Record *record)
{
    json_t **body = context;

    if (record->kind == RECORD_SIGNAL || record->kind == RECORD_OBSERVATION)
        return true;
    *body = json_loads(record->body, 0, NULL);
    return false;
}

/* What the record says, in a line. */
static const char *record_text(const Record *record, const json_t *body, Timeline *timeline)
{
    const Look *look = timeline->look;
    Arena *arena = &timeline->arena;

    switch (record->kind) {
    case RECORD_INTENT:
        if (json_is_string(json_object_get(body, "door")))
            return text_of(body, "reason", look, arena);
        return arena_printf(arena, "to %s: %s", text_of(body, "remedy", look, arena),
                            text_of(body, "reason", look, arena));
    case RECORD_PRUNE:
        return text_of(body, "reason", look, arena);
    case RECORD_OUTCOME:
        return text_of(body, "outcome", look, arena);
    default:
        return arena_printf(arena, "%s: %s", text_of(body, "step", look, arena),
                            text_of(body, "result", look, arena));
    }
}

static void print_record(Timeline *timeline, const Record *record)
{
    json_t *body = json_loads(record->body, 0, NULL);
    double ms = (double) (record->at_us - timeline->begun_us) / (double) US_PER_MS;
    const char *hash = look_text(timeline->look, &timeline->arena, record->hash);
    const char *prefix =
        arena_printf(&timeline->arena, "%8lld %8.1f  %-11s  %-*.*s", (long long) record->sequence,
                     ms, record_kind_name(record->kind), HASH_SHOWN, HASH_SHOWN, hash);
    StrBuf buf;
    Flow flow;

    strbuf_init(&buf);
    flow = flow_begin(timeline->look, &buf, 0, strlen(prefix) + 1);
    flow_piece(&flow, prefix, STYLE_PLAIN);
    flow_words(&flow, record_text(record, body, timeline), STYLE_PLAIN);
    flow_end(&flow);
    look_write(stdout, &buf);
    strbuf_done(&buf);
    json_decref(body);
}

static bool take_record(void *context, const Record *record)
{
    Timeline *timeline = context;
    bool written = true;

    arena_clear(&timeline->arena);
    if (timeline->json)
        written = json_print(stdout, log_record_json(record, &timeline->arena));
    else
        print_record(timeline, record);
    return written; /* else the stream remembers why */
}

static void print_columns(const Look *look)
{
    StrBuf buf;

    strbuf_init(&buf);
    strbuf_add(&buf, look_on(look, STYLE_HEADING));
    look_fit(look, &buf, "  RECORD       MS  KIND         HASH     WHAT",
             look->columns > 0 ? (size_t) look->columns : SIZE_MAX, false);
    strbuf_printf(&buf, "%s\n", look_off(look, STYLE_HEADING));
    look_write(stdout, &buf);
    strbuf_done(&buf);
}

static bool print_heading(Store *store, const LogAction *action, const Look *look, Err *err)
{
    json_t *body = NULL;
    StoreReading reading = {
        .run = action->run, .target = action->target, .visit = find_body, .context = &body};

    if (!store_read(store, &reading, err))
        return false;
    print_header(action, body, look);
    json_decref(body);
    print_columns(look);
    return true;
}

static bool show(Scene *scene, Store *store, const LogAction *action, Err *err)
{
    Timeline timeline = {
        .look = &scene->look, .begun_us = action->at_us, .json = scene->settings->json};
    StoreReading reading = {
        .run = action->run, .target = action->target, .visit = take_record, .context = &timeline};
    bool read;

    if (!timeline.json && !print_heading(store, action, &scene->look, err))
        return false;
    arena_init(&timeline.arena);
    read = store_read(store, &reading, err);
    arena_done(&timeline.arena);
    return read;
}

static ErrCode tell_missing(Store *store, const char *word, Err *err)
{
    StoreAnchor anchor;

    if (!store_anchor(store, &anchor, err))
        return err->code;
    (void) err_set(err, ERR_NO_TARGET, "no action \"%s\" is in the audit trail", word);
    if (anchor.sequence == 0)
        (void) err_hint(err, "\"pgquell log\" lists the actions.");
    else
        (void) err_hint(err,
                        "\"pgquell log\" lists the actions; those up to %lld were pruned "
                        "(\"pgquell log show %lld\").",
                        (long long) anchor.sequence, (long long) anchor.recorded);
    return ERR_NO_TARGET;
}

ErrCode log_show(Scene *scene, Store *store, Err *err)
{
    const char *word = scene->settings->words[1];
    size_t shown = 0;
    LogActions actions;

    if (!check_word(word, err) || !log_actions_read(store, &scene->arena, &actions, err))
        return err->code;
    for (size_t i = 0; i < actions.count; i++) {
        if (!is_meant(&actions.actions[i], word))
            continue;
        if (shown++ > 0 && !scene->settings->json)
            (void) putchar('\n');
        if (!show(scene, store, &actions.actions[i], err))
            return err->code;
    }
    if (shown > 0)
        return ERR_NONE;
    return tell_missing(store, word, err);
}
