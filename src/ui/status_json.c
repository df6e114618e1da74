/* SPDX-License-Identifier: PostgreSQL */
/* Status as JSON: the head, and an object for every finding. */
#include "ui/json.h"
#include "ui/json_parts.h"
#include "ui/status.h"

static json_t *of_texts(const char *const *texts, size_t count)
{
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++)
        (void) json_array_append_new(array, json_of_text(texts[i]));
    return array;
}

json_t *status_json_head(const StatusPage *page)
{
    const Triage *triage = page->triage;
    int version = page->world->server_version;
    json_t *head = json_object();

    json_put(head, "at", json_of_instant(page->now_us));
    json_put(head, "cluster", json_of_text(page->cluster));
    json_put(head, "version", json_sprintf("%d.%d", version / 10000, version % 10000));
    json_put(head, "standby", json_boolean(page->world->standby));
    json_put(head, "uptime_s", json_of_age(page->world->postmaster_start, page->now_us));
    json_put(head, "connections", json_integer(triage->connections.used));
    json_put(head, "connections_max", json_integer(page->server->connections_max));
    json_put(head, "connections_ordinary", json_integer(triage->connections.ordinary_max));
    json_put(head, "reserved_free", json_integer(triage->connections.reserved_free));
    json_put(head, "oldest_transaction_s", json_of_age(triage->oldest_us, page->now_us));
    json_put(head, "findings", json_integer((json_int_t) triage->count));
    json_put(head, "hidden", json_integer((json_int_t) triage->hidden));
    json_put(head, "notes", of_texts(triage->notes, triage->note_count));
    return head;
}

/* The command line as a shell takes it. */
static json_t *of_command(const StatusPage *page, const Fix *fix)
{
    Arena arena;
    StrBuf buf;
    json_t *value;
    size_t count = 0;
    const char **words;

    arena_init(&arena);
    strbuf_init(&buf);
    words = status_command(page, fix, &arena, &count);
    for (size_t i = 0; i < count; i++)
        strbuf_printf(&buf, "%s%s", i > 0 ? " " : "", words[i]);
    value = words ? json_of_text(buf.text) : json_null();
    strbuf_done(&buf);
    arena_done(&arena);
    return value;
}

static json_t *of_fixes(const StatusPage *page, const Finding *finding)
{
    json_t *fixes = json_array();

    for (size_t i = 0; i < finding->fix_count; i++) {
        const Fix *fix = &finding->fixes[i];
        json_t *object = json_object();

        json_put(object, "command", of_command(page, fix));
        json_put(object, "sql", json_of_text(fix->sql));
        json_put(object, "effect", json_of_text(fix->effect));
        json_put(object, "obstacle", json_of_text(fix->obstacle));
        (void) json_array_append_new(fixes, object);
    }
    return fixes;
}

static json_t *of_session(const StatusPage *page, const Session *session)
{
    json_t *object;

    if (!session)
        return json_null();
    object = json_session(session, page->now_us);
    if (page->pooled)
        json_add_pooled(object, session);
    return object;
}

json_t *status_json_finding(const StatusPage *page, const Finding *finding)
{
    json_t *object = json_object();

    json_put(object, "finding", json_string(finding_name(finding->kind)));
    json_put(object, "severity", json_string(severity_name(finding->severity)));
    json_put(object, "what", json_of_text(finding->what));
    json_put(object, "why", json_of_text(finding->why[0] ? finding->why : NULL));
    json_put(object, "command",
             finding->fix_count > 0 ? of_command(page, &finding->fixes[0]) : json_null());
    json_put(object, "fixes", of_fixes(page, finding));
    json_put(object, "count", json_integer((json_int_t) finding->count));
    json_put(object, "since_s", json_of_age(finding->since_us, page->now_us));
    json_put(object, "waiters", json_integer((json_int_t) finding->waiters));
    json_put(object, "waiting_s", json_of_age(finding->waiting_us, page->now_us));
    json_put(object, "lock", json_of_text(finding->lock));
    json_put(object, "xids_back", json_of_count(finding->xids_back));
    json_put(object, "holds_horizon", json_boolean(finding->horizon));
    json_put(object, "session", of_session(page, finding->session));
    json_put(object, "prepared", json_prepared(finding->prepared, page->now_us));
    return object;
}
