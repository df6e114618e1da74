/* SPDX-License-Identifier: PostgreSQL */
/* Tree: who blocks whom, for people. */
#include "ui/tree.h"

#include <string.h>

#include "ui/describe.h"
#include "ui/flow.h"

#define INDENT_MORE 4    /* where what does not fit on a node's line goes on */
#define COLUMNS_LEAST 40 /* that the branches leave to the text */

/* The branches of a tree. */
typedef struct Twigs {
    const char *middle; /* to one that has more after it */
    const char *last;
    const char *past; /* beside what is below a middle one */
    const char *none;
} Twigs;

static const Twigs twigs_utf8 = {"\u251c\u2500 ", "\u2514\u2500 ", "\u2502  ", "   "};
static const Twigs twigs_ascii = {"|- ", "`- ", "|  ", "   "};

typedef struct Painter {
    Describe describe;
    const Waits *waits;
    const Twigs *twigs;
    StrBuf *buf;
} Painter;

const char *tree_prepared_name(const Look *look, Arena *arena, const Prepared *prepared)
{
    if (!prepared)
        return "a prepared transaction";
    return arena_printf(arena, "prepared transaction '%s'", look_text(look, arena, prepared->gid));
}

/* Whether another child of the same parent follows. */
static bool has_next(const Waits *waits, size_t index)
{
    const WaitNode *node = &waits->nodes[index];

    for (size_t i = index + 1; i < waits->count && waits->nodes[i].depth >= node->depth; i++)
        if (waits->nodes[i].depth == node->depth)
            return waits->nodes[i].parent == node->parent;
    return false;
}

/* What stands before a node's lines: `twig` for its first, what goes past for the others. */
static const char *margin(const Painter *painter, size_t index, bool first)
{
    const Waits *waits = painter->waits;
    const WaitNode *node = &waits->nodes[index];
    const char *text;

    if (node->depth == 0)
        return "";
    if (first)
        text = has_next(waits, index) ? painter->twigs->middle : painter->twigs->last;
    else
        text = has_next(waits, index) ? painter->twigs->past : painter->twigs->none;
    for (size_t at = node->parent; waits->nodes[at].depth > 0; at = waits->nodes[at].parent)
        text =
            arena_printf(painter->describe.arena, "%s%s",
                         has_next(waits, at) ? painter->twigs->past : painter->twigs->none, text);
    return text;
}

/* `waits 3m50s for AccessExclusiveLock on relation public.account (held: AccessShareLock)`. */
static const char *wait_text(const Painter *painter, const WaitNode *node)
{
    const Describe *describe = &painter->describe;
    Arena *arena = describe->arena;
    const char *age = describe_age(describe, node->since_us);
    const char *object;
    const char *row = "";

    if (node->blocker_count == 0)
        return "";
    if (!node->awaited)
        return arena_printf(arena, "waits %s for a lock", age);
    object = look_text(describe->look, arena, lock_object(node->awaited, arena));
    if (node->row)
        row = arena_printf(arena, " (%s)",
                           look_text(describe->look, arena, lock_object(node->row, arena)));
    return arena_printf(arena, "waits %s for %s on %s%s", age,
                        node->awaited->mode ? lock_mode_name(node->awaited->mode) : "a lock",
                        object, row);
}

/* Why it stands where it stands. */
static const char *place_text(const Painter *painter, const WaitNode *node)
{
    if (node->in_ring)
        return "in a ring: each waits for the next (a deadlock that PostgreSQL will break)";
    if (node->parent == WAITS_NONE || !node->awaited)
        return "";
    if (!node->in_way)
        return "queued behind it";
    return arena_printf(painter->describe.arena, "held there: %s",
                        lock_mode_name(node->in_way->mode));
}

#define OTHERS_SHOWN_MAX 5

/* `also held by pid 812, pid 813 and 4 more`. */
static const char *others_text(const Painter *painter, const WaitNode *node)
{
    Arena *arena = painter->describe.arena;
    const char *text = "";

    for (size_t i = 0; i < node->other_count && i < OTHERS_SHOWN_MAX; i++)
        text = node->others[i] > 0
                   ? arena_printf(arena, "%s%spid %d", text, i ? ", " : "", node->others[i])
                   : arena_printf(arena, "%s%sa prepared transaction", text, i ? ", " : "");
    if (node->other_count > OTHERS_SHOWN_MAX)
        text = arena_printf(arena, "%s and %zu more", text, node->other_count - OTHERS_SHOWN_MAX);
    return *text ? arena_printf(arena, "also held by %s", text) : "";
}

/* Whom a root blocks that stands below another. */
static const char *elsewhere_text(const Painter *painter, const WaitNode *node)
{
    const Waits *waits = painter->waits;

    if (node->blocker_count > 0)
        return "";
    for (size_t i = 0; i < waits->count; i++)
        for (size_t j = 0; j < waits->nodes[i].other_count; j++)
            if (waits->nodes[i].others[j] == node->pid)
                return arena_printf(painter->describe.arena, "also in the way of pid %d",
                                    waits->nodes[i].pid);
    return "";
}

static const char *blocks_text(const Painter *painter, const WaitNode *node)
{
    const Describe *describe = &painter->describe;

    if (node->behind == 0)
        return "";
    return arena_printf(describe->arena, "blocks %zu (longest wait %s)", node->behind,
                        describe_age(describe, node->longest_since_us));
}

static void add_session(Flow *flow, const Painter *painter, const WaitNode *node)
{
    const Session *session = node->session;
    const Describe *describe = &painter->describe;
    Arena *arena = describe->arena;
    const char *database = look_text(describe->look, arena, session->database);
    const char *age = describe_age(describe, describe_since_us(session));

    flow_piece(flow,
               arena_printf(arena, "%s%s%s", describe_role(describe, session), *database ? "@" : "",
                            database),
               STYLE_PLAIN);
    flow_piece(flow, look_text(describe->look, arena, session->application), STYLE_PLAIN);
    flow_piece(flow, describe_client(describe, session), STYLE_PLAIN);
    if (node->blocker_count == 0) /* of a waiter its wait is told */
        flow_piece(flow,
                   arena_printf(arena, "%s%s%s", describe_state(session), *age ? " for " : "", age),
                   describe_state_style(describe, session));
}

static void add_prepared(Flow *flow, const Painter *painter, const Prepared *prepared)
{
    const Describe *describe = &painter->describe;
    Arena *arena = describe->arena;

    flow_piece(flow, tree_prepared_name(describe->look, arena, prepared), STYLE_HEADING);
    if (!prepared)
        return;
    flow_piece(flow,
               arena_printf(arena, "%s@%s", look_text(describe->look, arena, prepared->role),
                            look_text(describe->look, arena, prepared->database)),
               STYLE_PLAIN);
    flow_piece(
        flow, arena_printf(arena, "prepared %s ago", describe_age(describe, prepared->prepared_us)),
        STYLE_WARNING);
}

/* A node's own text, as if it stood at the margin. */
static void describe_node(const Painter *painter, const WaitNode *node, StrBuf *buf,
                          const Look *look)
{
    Arena *arena = painter->describe.arena;
    Flow flow = flow_begin(look, buf, 0, INDENT_MORE);
    const char *query;

    if (node->pid > 0)
        flow_piece(&flow, arena_printf(arena, "pid %d", node->pid), STYLE_HEADING);
    if (node->session)
        add_session(&flow, painter, node);
    else if (node->pid > 0)
        flow_piece(&flow, "left meanwhile", STYLE_DIM);
    else
        add_prepared(&flow, painter, node->prepared);
    flow_piece(&flow, wait_text(painter, node), STYLE_WARNING);
    flow_piece(&flow, place_text(painter, node), node->in_ring ? STYLE_ERROR : STYLE_DIM);
    flow_piece(&flow, others_text(painter, node), STYLE_WARNING);
    flow_piece(&flow, blocks_text(painter, node), STYLE_ERROR);
    flow_piece(&flow, elsewhere_text(painter, node), STYLE_ERROR);
    flow_end(&flow);
    query = node->session ? look_query(look, arena, node->session->query) : "";
    if (*query == '\0')
        return;
    strbuf_pad(buf, ' ', INDENT_MORE);
    strbuf_add(buf, look_on(look, STYLE_DIM));
    look_fit(look, buf, query, look->columns > 0 ? (size_t) look->columns - INDENT_MORE : SIZE_MAX,
             false);
    strbuf_add(buf, look_off(look, STYLE_DIM));
    strbuf_add_char(buf, '\n');
}

/* Puts text beside the branches, line by line. */
static void add_beside(const Painter *painter, size_t index, const char *text)
{
    bool first = true;

    while (*text) {
        size_t length = strcspn(text, "\n");

        strbuf_add(painter->buf, margin(painter, index, first));
        strbuf_add_bytes(painter->buf, text, length);
        strbuf_add_char(painter->buf, '\n');
        text += length + (text[length] == '\n');
        first = false;
    }
}

/* The look of what the branches leave; deep down they take no more than the device can spare. */
static Look look_beside(const Look *look, size_t depth)
{
    Look beside = *look;

    if (look->columns > 0)
        beside.columns = look->columns - (int) (3 * depth) > COLUMNS_LEAST
                             ? look->columns - (int) (3 * depth)
                             : COLUMNS_LEAST;
    return beside;
}

static void paint_node(const Painter *painter, size_t index)
{
    const WaitNode *node = &painter->waits->nodes[index];
    Look look = look_beside(painter->describe.look, node->depth);
    StrBuf text;

    strbuf_init(&text);
    describe_node(painter, node, &text, &look);
    add_beside(painter, index, text.text);
    strbuf_done(&text);
}

/* How many nodes from here on are siblings that wait alike and have nobody behind them. */
static size_t count_alike(const Waits *waits, size_t index)
{
    const WaitNode *first = &waits->nodes[index];
    size_t count = 0;

    if (first->parent == WAITS_NONE || !first->awaited)
        return 1;
    for (size_t i = index; i < waits->count; i++) {
        const WaitNode *node = &waits->nodes[i];

        if (node->parent != first->parent || node->behind > 0 || !node->awaited ||
            node->awaited->mode != first->awaited->mode ||
            !lock_tags_same(&node->awaited->tag, &first->awaited->tag))
            break;
        count++;
    }
    return count > 0 ? count : 1;
}

static void paint_rest(const Painter *painter, size_t last, size_t count)
{
    const Describe *describe = &painter->describe;

    strbuf_add(painter->buf, margin(painter, last, true));
    strbuf_add(painter->buf, look_on(describe->look, STYLE_DIM));
    strbuf_printf(painter->buf, "and %zu more that wait for the same", count);
    strbuf_add(painter->buf, look_off(describe->look, STYLE_DIM));
    strbuf_add_char(painter->buf, '\n');
}

void tree_print(FILE *out, const Waits *waits, int64_t now_us, const Look *look)
{
    size_t shown_max = look->terminal ? TREE_ALIKE_MAX : SIZE_MAX;
    Arena arena;
    StrBuf buf;
    Painter painter = {.describe = {.arena = &arena, .look = look, .now_us = now_us},
                       .waits = waits,
                       .twigs = look->ascii ? &twigs_ascii : &twigs_utf8,
                       .buf = &buf};

    arena_init(&arena);
    strbuf_init(&buf);
    for (size_t i = 0; i < waits->count;) {
        size_t alike = count_alike(waits, i);
        size_t shown = alike > shown_max && alike - shown_max > 1 ? shown_max : alike;

        for (size_t j = 0; j < shown; j++)
            paint_node(&painter, i + j);
        if (shown < alike)
            paint_rest(&painter, i + alike - 1, alike - shown);
        i += alike;
    }
    look_write(out, &buf);
    strbuf_done(&buf);
    arena_done(&arena);
}
