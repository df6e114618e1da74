/* SPDX-License-Identifier: PostgreSQL */
/* JSON: sessions and actions as objects with the keys of the contract. */
#include "ui/json.h"

#include <assert.h>
#include <stdlib.h>

#include "core/pooled.h"
#include "ui/json_parts.h"

/* 15 digits bring back any decimal fraction that was put in, so that 0.3 is not
 * 0.29999999999999999. */
#define JSON_DIGITS 15

/* Who it is: what a session and an action begin with. */
static json_t *identity(const Session *session)
{
    json_t *object = json_object();
    char id[SESSION_ID_MAX];

    json_put(object, "session", json_string(session_id(session, id)));
    json_put(object, "pid", json_integer(session->pid));
    json_put(object, "role", json_of_text(session->role));
    json_put(object, "database", json_of_text(session->database));
    json_put(object, "application", json_of_text(session->application));
    json_put(object, "client", json_of_text(session->client));
    json_put(object, "backend_type", json_of_text(session->backend_type));
    return object;
}

json_t *json_session(const Session *session, int64_t now_us)
{
    json_t *object = identity(session);
    int64_t statement_start = session_is_active(session) ? session->query_start : TIME_UNKNOWN;

    json_put(object, "leader_pid", json_of_number(session->leader_pid));
    json_put(object, "state", json_of_text(state_name(session->state)));
    json_put(object, "wait_event_type", json_of_text(session->wait_event_type));
    json_put(object, "wait_event", json_of_text(session->wait_event));
    json_put(object, "backend_start", json_of_instant(session->backend_start));
    json_put(object, "xact_start", json_of_instant(session->xact_start));
    json_put(object, "query_start", json_of_instant(session->query_start));
    json_put(object, "state_change", json_of_instant(session->state_change));
    json_put(object, "session_s", json_of_age(session->backend_start, now_us));
    json_put(object, "transaction_s", json_of_age(session->xact_start, now_us));
    json_put(object, "statement_s", json_of_age(statement_start, now_us));
    json_put(object, "state_s", json_of_age(session->state_change, now_us));
    json_put(object, "xid", json_of_number(session->xid));
    json_put(object, "xmin", json_of_number(session->xmin));
    json_put(object, "query_id", json_of_number(session->query_id));
    json_put(object, "query", json_of_text(session->query));
    return object;
}

void json_add_pooled(json_t *object, const Session *session)
{
    const Pooled *pooled = session->pooled;
    json_t *client;

    if (!pooled || !pooled->linked) {
        json_put(object, "pooled", json_null());
        return;
    }
    client = json_object();
    json_put(client, "pooler", json_of_text(pooled->pooler));
    json_put(client, "client", json_of_text(pooled->client));
    json_put(client, "port", json_of_number(pooled->port));
    json_put(client, "role", json_of_text(pooled->role));
    json_put(client, "database", json_of_text(pooled->database));
    json_put(client, "application", json_of_text(pooled->application));
    json_put(object, "pooled", client);
}

json_t *json_prepared(const Prepared *prepared, int64_t now_us)
{
    json_t *object;

    if (!prepared)
        return json_null();
    object = json_object();
    json_put(object, "gid", json_of_text(prepared->gid));
    json_put(object, "xid", json_of_number(prepared->xid));
    json_put(object, "role", json_of_text(prepared->role));
    json_put(object, "database", json_of_text(prepared->database));
    json_put(object, "prepared", json_of_instant(prepared->prepared_us));
    json_put(object, "prepared_s", json_of_age(prepared->prepared_us, now_us));
    json_put(object, "locks", json_of_count(prepared->locks));
    return object;
}

static json_t *of_plan(const Ladder *ladder)
{
    json_t *plan = json_array();

    for (size_t i = 0; i < ladder->count; i++)
        if (json_array_append_new(plan, json_string(remedy_name(ladder->remedies[i]))) != 0)
            abort();
    return plan;
}

json_t *json_of_steps(const Step *list, size_t count)
{
    json_t *steps = json_array();

    for (size_t i = 0; i < count; i++) {
        json_t *object = json_object();

        json_put(object, "at", json_of_instant(list[i].wall_us));
        json_put(object, "step", json_string(step_name(list[i].kind)));
        json_put(object, "result", json_of_text(list[i].result));
        if (json_array_append_new(steps, object) != 0)
            abort();
    }
    return steps;
}

json_t *json_action(const Target *target)
{
    const Session *before = &target->before;
    const Session *last = &target->last;
    bool ended = target->state == TARGET_FINISHED && target->begun_us != TIME_UNKNOWN;
    bool seen = ended && !target->gone && target->outcome != OUTCOME_UNKNOWN;
    json_t *object = identity(before);
    double elapsed_us = ended ? (double) (target->finished_us - target->begun_us) : 0;

    assert(!ended || target->outcome != OUTCOME_NONE);
    json_put(object, "scope", json_string(scope_name(target->scope)));
    json_put(object, "plan", of_plan(&target->ladder));
    json_put(object, "reason", json_of_text(target->reason));
    json_put(object, "steps", json_of_steps(target->steps, target->step_count));
    json_put(object, "outcome", ended ? json_string(outcome_name(target->outcome)) : json_null());
    json_put(object, "elapsed_ms",
             ended ? json_real(elapsed_us / (double) US_PER_MS) : json_null());
    json_put(object, "state_before", json_of_text(state_name(before->state)));
    json_put(object, "state_after", seen ? json_of_text(state_name(last->state)) : json_null());
    json_put(object, "locks_before", json_of_count(before->locks));
    json_put(object, "locks_after", ended ? json_of_count(last->locks) : json_null());
    json_put(object, "waiters_before", json_of_count(before->waiters));
    json_put(object, "waiters_after", ended ? json_of_count(last->waiters) : json_null());
    json_put(object, "note", json_of_text(target->note));
    return object;
}

json_t *json_consequences(const Consequences *consequences)
{
    json_t *list = json_array();
    Arena arena;

    arena_init(&arena);
    for (size_t i = 0; i < consequences->count; i++) {
        const Consequence *consequence = &consequences->list[i];
        const char *text =
            arena_printf(&arena, "%s: %s", consequence_label(consequence->kind), consequence->text);

        if (json_array_append_new(list, json_of_text(text)) != 0)
            abort();
    }
    arena_done(&arena);
    return list;
}

/* jansson's output, in which DEL is the one control character left. */
static int add_chunk(const char *bytes, size_t length, void *data)
{
    StrBuf *buf = data;

    for (size_t i = 0; i < length; i++) {
        if (bytes[i] == 0x7f)
            strbuf_add(buf, "\\u007f");
        else
            strbuf_add_char(buf, bytes[i]);
    }
    return 0;
}

static void add_json(StrBuf *buf, json_t *value)
{
    const size_t flags =
        JSON_COMPACT | JSON_ENSURE_ASCII | JSON_ENCODE_ANY | JSON_REAL_PRECISION(JSON_DIGITS);

    if (json_dump_callback(value, add_chunk, buf, flags) != 0)
        abort(); /* only memory, since every text in it is UTF-8 and every number finite */
    json_decref(value);
}

char *json_text(Arena *arena, json_t *value)
{
    StrBuf buf;
    char *text;

    strbuf_init(&buf);
    add_json(&buf, value);
    text = arena_strndup(arena, buf.text, buf.length);
    strbuf_done(&buf);
    return text;
}

bool json_print(FILE *out, json_t *value)
{
    StrBuf buf;
    bool written;

    strbuf_init(&buf);
    add_json(&buf, value);
    strbuf_add_char(&buf, '\n');
    written = fwrite(buf.text, 1, buf.length, out) == buf.length && fflush(out) == 0;
    strbuf_done(&buf);
    return written;
}
