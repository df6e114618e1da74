/* SPDX-License-Identifier: PostgreSQL */
/* Tree: who blocks whom, for programs. */
#include "base/text.h"
#include "ui/describe.h"
#include "ui/json.h"
#include "ui/json_parts.h"
#include "ui/tree.h"

/* A node as others name it: a session's id, or a prepared transaction's GID. */
static const char *name_of(const WaitNode *node, Arena *arena)
{
    char id[SESSION_ID_MAX];

    if (node->session)
        return arena_strdup(arena, session_id(node->session, id));
    if (node->pid > 0)
        return arena_printf(arena, "?.%x", (unsigned int) node->pid);
    return arena_printf(arena, "prepared%s%s", node->prepared ? " " : "",
                        node->prepared ? node->prepared->gid : "");
}

static json_t *json_waits_for(const WaitNode *node, Arena *arena)
{
    const Lock *awaited = node->awaited;
    const Lock *told = node->row ? node->row : awaited; /* the row rather than who changed it */
    json_t *object;

    if (!awaited)
        return json_null();
    object = json_object();
    json_put(object, "type", json_of_text(awaited->tag.type));
    json_put(object, "mode", json_of_text(lock_mode_name(awaited->mode)));
    json_put(object, "object", json_of_text(lock_object(told, arena)));
    json_put(object, "held_mode",
             node->in_way ? json_of_text(lock_mode_name(node->in_way->mode)) : json_null());
    return object;
}

static json_t *json_blocked_by(const WaitNode *node)
{
    json_t *list = json_array();

    for (size_t i = 0; i < node->blocker_count; i++)
        (void) json_array_append_new(list, json_integer(node->blockers[i]));
    return list;
}

/* The keys of a session, whatever the node is. */
static json_t *json_of_node(const WaitNode *node, int64_t now_us)
{
    static const Session nobody = {.pid = 1, .state = STATE_UNKNOWN}; /* only for its keys */
    json_t *object = json_session(node->session ? node->session : &nobody, now_us);

    if (node->session)
        return object;
    for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at))
        (void) json_object_iter_set_new(object, at, json_null());
    json_put(object, "pid", json_of_number(node->pid));
    if (node->prepared) {
        json_put(object, "role", json_of_text(node->prepared->role));
        json_put(object, "database", json_of_text(node->prepared->database));
    }
    return object;
}

json_t *tree_json(const Waits *waits, const WaitNode *node, int64_t now_us)
{
    json_t *object = json_of_node(node, now_us);
    Arena arena;

    arena_init(&arena);
    json_put(object, "root", json_of_text(name_of(waits_root(waits, node), &arena)));
    json_put(object, "depth", json_integer((json_int_t) node->depth));
    json_put(object, "parent",
             node->parent == WAITS_NONE
                 ? json_null()
                 : json_of_text(name_of(&waits->nodes[node->parent], &arena)));
    json_put(object, "prepared", json_prepared(node->prepared, now_us));
    json_put(object, "waits_for", json_waits_for(node, &arena));
    json_put(object, "waits_s", json_of_age(node->since_us, now_us));
    json_put(object, "blocked_by", json_blocked_by(node));
    json_put(object, "blocks", json_integer((json_int_t) node->children));
    json_put(object, "behind", json_integer((json_int_t) node->behind));
    json_put(object, "longest_wait_s", json_of_age(node->longest_since_us, now_us));
    json_put(object, "ring", json_boolean(node->in_ring));
    arena_done(&arena);
    return object;
}

/* In a quoted string of DOT a backslash and a quote mean something. */
static void add_quoted(StrBuf *buf, const char *text)
{
    for (; *text; text++) {
        if (*text == '\\' || *text == '"')
            strbuf_add_char(buf, '\\');
        strbuf_add_char(buf, *text);
    }
}

static void add_clean(StrBuf *buf, Arena *arena, const char *text)
{
    add_quoted(buf, text ? text_cleaned(arena, text) : "");
}

static void add_label(StrBuf *buf, const WaitNode *node, const Describe *describe)
{
    Arena *arena = describe->arena;
    const Session *session = node->session;

    if (session) {
        strbuf_printf(buf, "pid %d\\n", session->pid);
        add_clean(buf, arena, session->role);
        strbuf_add_char(buf, '@');
        add_clean(buf, arena, session->database);
        strbuf_add(buf, "\\n");
        add_clean(buf, arena, session->application);
        strbuf_printf(buf, "\\n%s %s", describe_state(session),
                      describe_age(describe, describe_since_us(session)));
    } else if (node->pid > 0) {
        strbuf_printf(buf, "pid %d\\nleft meanwhile", node->pid);
    } else {
        add_clean(buf, arena, tree_prepared_name(describe->look, arena, node->prepared));
        if (node->prepared)
            strbuf_printf(buf, "\\nprepared %s ago",
                          describe_age(describe, node->prepared->prepared_us));
    }
    if (node->behind > 0)
        strbuf_printf(buf, "\\nblocks %zu", node->behind);
}

static void add_edge(StrBuf *buf, size_t index, const WaitNode *node, const Describe *describe)
{
    Arena *arena = describe->arena;

    strbuf_printf(buf, "    n%zu -> n%zu [label=\"", index, node->parent);
    if (node->awaited) {
        add_clean(buf, arena, lock_mode_name(node->awaited->mode));
        strbuf_add(buf, "\\n");
        add_clean(buf, arena, lock_object(node->row ? node->row : node->awaited, arena));
        strbuf_add(buf, "\\n");
    }
    strbuf_printf(buf, "%s\"%s];\n", describe_age(describe, node->since_us),
                  node->in_way ? "" : ", style=dashed");
}

/* Who also holds what conflicts; prepared transactions have no pid to be found by. */
static void add_others(StrBuf *buf, const Waits *waits, size_t index)
{
    const WaitNode *node = &waits->nodes[index];

    for (size_t i = 0; i < node->other_count; i++) {
        const WaitNode *other = node->others[i] > 0 ? waits_of_pid(waits, node->others[i]) : NULL;

        if (other)
            strbuf_printf(buf, "    n%zu -> n%zu [style=dotted, label=\"also held\"];\n", index,
                          (size_t) (other - waits->nodes));
    }
}

void tree_print_dot(FILE *out, const Waits *waits, int64_t now_us)
{
    static const Look plain = {0};
    Arena arena;
    StrBuf buf;
    Describe describe = {.arena = &arena, .look = &plain, .now_us = now_us};

    arena_init(&arena);
    strbuf_init(&buf);
    strbuf_add(&buf, "digraph waits {\n    rankdir=RL;\n    node [shape=box];\n");
    for (size_t i = 0; i < waits->count; i++) {
        const WaitNode *node = &waits->nodes[i];

        strbuf_printf(&buf, "    n%zu [label=\"", i);
        add_label(&buf, node, &describe);
        strbuf_printf(&buf, "\"%s];\n", node->parent == WAITS_NONE ? ", penwidth=2" : "");
        if (node->parent != WAITS_NONE)
            add_edge(&buf, i, node, &describe);
        add_others(&buf, waits, i);
    }
    strbuf_add(&buf, "}\n");
    look_write(out, &buf);
    strbuf_done(&buf);
    arena_done(&arena);
}
