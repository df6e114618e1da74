/* SPDX-License-Identifier: PostgreSQL */
/* JSON: sessions and actions as objects with the keys of the contract. */
#include "ui/json.h"

#include <assert.h>
#include <stdlib.h>

#include "base/text.h"
#include "core/pooled.h"

/* 15 digits bring back any decimal fraction that was put in, so that 0.3 is not
 * 0.29999999999999999. */
#define JSON_DIGITS 15

/* Adds a member, whose reference it steals. */
static void put(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new_nocheck(object, key, value) == 0)
        return;
    (void) fputs("pgquell: out of memory\n", stderr);
    abort();
}

static json_t *of_text(const char *text)
{
    Arena arena;
    json_t *value;

    if (!text)
        return json_null();
    arena_init(&arena);
    value = json_string(text_as_utf8(&arena, text));
    arena_done(&arena);
    return value;
}

static json_t *of_instant(int64_t instant_us)
{
    char buffer[INSTANT_TEXT_MAX];

    return instant_us == TIME_UNKNOWN ? json_null()
                                      : json_string(instant_format(instant_us, buffer));
}

static json_t *of_age(int64_t since_us, int64_t now_us)
{
    if (since_us == TIME_UNKNOWN)
        return json_null();
    return json_real(now_us > since_us ? (double) (now_us - since_us) / (double) US_PER_S : 0);
}

/* A number of which 0 means none. */
static json_t *of_number(int64_t number)
{
    return number ? json_integer(number) : json_null();
}

static json_t *of_count(int count)
{
    return count == COUNT_UNKNOWN ? json_null() : json_integer(count);
}

/* Who it is: what a session and an action begin with. */
static json_t *identity(const Session *session)
{
    json_t *object = json_object();
    char id[SESSION_ID_MAX];

    put(object, "session", json_string(session_id(session, id)));
    put(object, "pid", json_integer(session->pid));
    put(object, "role", of_text(session->role));
    put(object, "database", of_text(session->database));
    put(object, "application", of_text(session->application));
    put(object, "client", of_text(session->client));
    put(object, "backend_type", of_text(session->backend_type));
    return object;
}

json_t *json_session(const Session *session, int64_t now_us)
{
    json_t *object = identity(session);
    int64_t statement_start = session_is_active(session) ? session->query_start : TIME_UNKNOWN;

    put(object, "leader_pid", of_number(session->leader_pid));
    put(object, "state", of_text(state_name(session->state)));
    put(object, "wait_event_type", of_text(session->wait_event_type));
    put(object, "wait_event", of_text(session->wait_event));
    put(object, "backend_start", of_instant(session->backend_start));
    put(object, "xact_start", of_instant(session->xact_start));
    put(object, "query_start", of_instant(session->query_start));
    put(object, "state_change", of_instant(session->state_change));
    put(object, "session_s", of_age(session->backend_start, now_us));
    put(object, "transaction_s", of_age(session->xact_start, now_us));
    put(object, "statement_s", of_age(statement_start, now_us));
    put(object, "state_s", of_age(session->state_change, now_us));
    put(object, "xid", of_number(session->xid));
    put(object, "xmin", of_number(session->xmin));
    put(object, "query_id", of_number(session->query_id));
    put(object, "query", of_text(session->query));
    return object;
}

void json_add_pooled(json_t *object, const Session *session)
{
    const Pooled *pooled = session->pooled;
    json_t *client;

    if (!pooled || !pooled->linked) {
        put(object, "pooled", json_null());
        return;
    }
    client = json_object();
    put(client, "pooler", of_text(pooled->pooler));
    put(client, "client", of_text(pooled->client));
    put(client, "port", of_number(pooled->port));
    put(client, "role", of_text(pooled->role));
    put(client, "database", of_text(pooled->database));
    put(client, "application", of_text(pooled->application));
    put(object, "pooled", client);
}

static json_t *of_plan(const Ladder *ladder)
{
    json_t *plan = json_array();

    for (size_t i = 0; i < ladder->count; i++)
        if (json_array_append_new(plan, json_string(remedy_name(ladder->remedies[i]))) != 0)
            abort();
    return plan;
}

static json_t *of_steps(const Target *target)
{
    json_t *steps = json_array();

    for (size_t i = 0; i < target->step_count; i++) {
        const Step *step = &target->steps[i];
        json_t *object = json_object();

        put(object, "at", of_instant(step->wall_us));
        put(object, "step", json_string(step_name(step->kind)));
        put(object, "result", of_text(step->result));
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
    put(object, "scope", json_string(scope_name(target->scope)));
    put(object, "plan", of_plan(&target->ladder));
    put(object, "reason", of_text(target->reason));
    put(object, "steps", of_steps(target));
    put(object, "outcome", ended ? json_string(outcome_name(target->outcome)) : json_null());
    put(object, "elapsed_ms", ended ? json_real(elapsed_us / (double) US_PER_MS) : json_null());
    put(object, "state_before", of_text(state_name(before->state)));
    put(object, "state_after", seen ? of_text(state_name(last->state)) : json_null());
    put(object, "locks_before", of_count(before->locks));
    put(object, "locks_after", ended ? of_count(last->locks) : json_null());
    put(object, "waiters_before", of_count(before->waiters));
    put(object, "waiters_after", ended ? of_count(last->waiters) : json_null());
    put(object, "note", of_text(target->note));
    return object;
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
