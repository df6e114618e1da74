/* SPDX-License-Identifier: PostgreSQL */
/* Waits: grows the trees of who waits for whom. */
#include "core/waits.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* What the functions here work on. Nodes of pids come first, by pid, then those of prepared
 * transactions. */
typedef struct Growth {
    const WaitFacts *facts;
    Arena *arena;
    WaitNode *nodes;
    size_t count;
    size_t pid_count;
    const Session **sessions; /* by pid */
    const Lock **locks;       /* by pid, so that those of prepared transactions come first */
} Growth;

static int compare_sessions(const void *a, const void *b)
{
    return pid_compare(&(*(const Session *const *) a)->pid, &(*(const Session *const *) b)->pid);
}

static int compare_locks(const void *a, const void *b)
{
    return pid_compare(&(*(const Lock *const *) a)->pid, &(*(const Lock *const *) b)->pid);
}

static void sort_facts(Growth *growth)
{
    const WaitFacts *facts = growth->facts;

    growth->sessions = ARENA_ARRAY(growth->arena, const Session *, facts->session_count + 1);
    growth->locks = ARENA_ARRAY(growth->arena, const Lock *, facts->lock_count + 1);
    for (size_t i = 0; i < facts->session_count; i++)
        growth->sessions[i] = &facts->sessions[i];
    for (size_t i = 0; i < facts->lock_count; i++)
        growth->locks[i] = &facts->locks[i];
    qsort(growth->sessions, facts->session_count, sizeof(void *), compare_sessions);
    qsort(growth->locks, facts->lock_count, sizeof(void *), compare_locks);
}

static const Session *session_of(const Growth *growth, int pid)
{
    const Session key = {.pid = pid};
    const Session *wanted = &key;
    const Session **found = bsearch(&wanted, growth->sessions, growth->facts->session_count,
                                    sizeof(void *), compare_sessions);

    return found ? *found : NULL;
}

/* Index of the first lock of a pid. */
static size_t locks_from(const Growth *growth, int pid)
{
    size_t low = 0;
    size_t high = growth->facts->lock_count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (growth->locks[middle]->pid < pid)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const Lock *awaited_by(const Growth *growth, int pid)
{
    for (size_t i = locks_from(growth, pid), end = locks_from(growth, pid + 1); i < end; i++)
        if (!growth->locks[i]->granted)
            return growth->locks[i];
    return NULL;
}

/* Who waits for a transaction to end holds the lock of the row that it wants from it. Source:
 * README.tuplock of the server's heap access method. */
static const Lock *row_wanted(const Growth *growth, int pid, const Lock *awaited)
{
    if (!awaited || strcmp(awaited->tag.type, "transactionid") != 0)
        return NULL;
    for (size_t i = locks_from(growth, pid), end = locks_from(growth, pid + 1); i < end; i++)
        if (strcmp(growth->locks[i]->tag.type, "tuple") == 0)
            return growth->locks[i];
    return NULL;
}

/* What the blocker holds that conflicts with what is awaited; `pid` 0: any prepared transaction. */
static const Lock *in_way_of(const Growth *growth, const Lock *awaited, int pid)
{
    if (!awaited)
        return NULL;
    for (size_t i = locks_from(growth, pid), end = locks_from(growth, pid + 1); i < end; i++) {
        const Lock *lock = growth->locks[i];

        if (lock->granted && lock_modes_conflict(lock->mode, awaited->mode) &&
            lock_tags_same(&lock->tag, &awaited->tag))
            return lock;
    }
    return NULL;
}

static int64_t since(const Session *session, const Lock *awaited)
{
    if (awaited && awaited->wait_start_us != TIME_UNKNOWN)
        return awaited->wait_start_us;
    return session ? session->query_start : TIME_UNKNOWN;
}

/* One node for every pid that waits or is waited for. */
static void make_nodes(Growth *growth)
{
    const Blocking *blocking = &growth->facts->blocking;
    int *pids = ARENA_ARRAY(growth->arena, int, 2 * blocking->count + 1);
    size_t count = 0;

    for (size_t i = 0; i < blocking->count; i++) {
        pids[count++] = blocking->edges[i].waiter;
        if (blocking->edges[i].blocker > 0)
            pids[count++] = blocking->edges[i].blocker;
    }
    qsort(pids, count, sizeof(pids[0]), pid_compare);
    growth->nodes = ARENA_ARRAY(growth->arena, WaitNode, count + growth->facts->prepared_count + 1);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || pids[i] != pids[i - 1])
            growth->nodes[growth->count++] = (WaitNode){.pid = pids[i],
                                                        .session = session_of(growth, pids[i]),
                                                        .since_us = TIME_UNKNOWN,
                                                        .longest_since_us = TIME_UNKNOWN,
                                                        .parent = WAITS_NONE};
    growth->pid_count = growth->count;
}

static int compare_node(const void *key, const void *node)
{
    return pid_compare(key, &((const WaitNode *) node)->pid);
}

static size_t node_of_pid(const Growth *growth, int pid)
{
    const WaitNode *node =
        bsearch(&pid, growth->nodes, growth->pid_count, sizeof(WaitNode), compare_node);

    assert(node);
    return (size_t) (node - growth->nodes);
}

static const Prepared *prepared_of(const Growth *growth, const Lock *in_way)
{
    for (size_t i = 0; in_way && i < growth->facts->prepared_count; i++)
        if (growth->facts->prepared[i].xid == in_way->prepared_xid)
            return &growth->facts->prepared[i];
    return NULL;
}

/* Its node is made when it is first met; one that could not be told from others has one, too. */
static size_t node_of_prepared(Growth *growth, const Lock *in_way)
{
    const Prepared *prepared = prepared_of(growth, in_way);

    for (size_t i = growth->pid_count; i < growth->count; i++)
        if (growth->nodes[i].prepared == prepared)
            return i;
    growth->nodes[growth->count] = (WaitNode){.prepared = prepared,
                                              .since_us = TIME_UNKNOWN,
                                              .longest_since_us = TIME_UNKNOWN,
                                              .parent = WAITS_NONE};
    return growth->count++;
}

/* What a waiter was told of its blockers: edges [from, to). */
static void take_blockers(Growth *growth, WaitNode *node, size_t from, size_t to)
{
    int *blockers = ARENA_ARRAY(growth->arena, int, to - from);
    size_t count = 0;

    for (size_t i = from; i < to; i++)
        blockers[i - from] = growth->facts->blocking.edges[i].blocker;
    qsort(blockers, to - from, sizeof(blockers[0]), pid_compare);
    for (size_t i = 0; i < to - from; i++)
        if (i == 0 || blockers[i] != blockers[i - 1])
            blockers[count++] = blockers[i];
    node->blockers = blockers;
    node->blocker_count = count;
    node->awaited = awaited_by(growth, node->pid);
    node->row = row_wanted(growth, node->pid, node->awaited);
    node->since_us = since(node->session, node->awaited);
}

static void take_edges(Growth *growth)
{
    const Blocking *blocking = &growth->facts->blocking;

    for (size_t from = 0; from < blocking->count;) {
        size_t to = from + 1;

        while (to < blocking->count && blocking->edges[to].waiter == blocking->edges[from].waiter)
            to++;
        take_blockers(growth, &growth->nodes[node_of_pid(growth, blocking->edges[from].waiter)],
                      from, to);
        from = to;
    }
}

/* Unknown is later than anything. */
static int64_t known(int64_t instant_us)
{
    return instant_us == TIME_UNKNOWN ? TIME_NEVER : instant_us;
}

/* How good a parent a blocker is: who holds a lock that is in the way comes before who stands in
 * the queue, then who does not wait itself, then who has been at it for longest. */
typedef struct Candidate {
    size_t node;
    const Lock *in_way;
    bool waits;
    int64_t since_us;
} Candidate;

static bool is_better(const Candidate *a, const Candidate *b)
{
    if ((a->in_way != NULL) != (b->in_way != NULL))
        return a->in_way != NULL;
    if (a->waits != b->waits)
        return !a->waits;
    return a->since_us < b->since_us;
}

static Candidate candidate_for(Growth *growth, const WaitNode *node, int blocker)
{
    const Lock *in_way = in_way_of(growth, node->awaited, blocker);
    Candidate candidate = {.in_way = in_way};
    const WaitNode *other;

    candidate.node = blocker > 0 ? node_of_pid(growth, blocker) : node_of_prepared(growth, in_way);
    other = &growth->nodes[candidate.node];
    candidate.waits = other->blocker_count > 0;
    if (candidate.waits)
        candidate.since_us = known(other->since_us);
    else if (other->session)
        candidate.since_us = known(other->session->xact_start);
    else
        candidate.since_us = other->prepared ? other->prepared->prepared_us : TIME_NEVER;
    return candidate;
}

static void choose_parent(Growth *growth, WaitNode *node)
{
    int *holders = ARENA_ARRAY(growth->arena, int, node->blocker_count + 1);
    Candidate best = {.node = WAITS_NONE};
    size_t count = 0;

    for (size_t i = 0; i < node->blocker_count; i++) {
        Candidate candidate = candidate_for(growth, node, node->blockers[i]);

        if (candidate.in_way)
            holders[count++] = node->blockers[i];
        if (best.node == WAITS_NONE || is_better(&candidate, &best))
            best = candidate;
    }
    node->parent = best.node;
    node->in_way = best.in_way;
    node->others = holders;
    for (size_t i = 0; i < count; i++)
        if (holders[i] != growth->nodes[best.node].pid)
            holders[node->other_count++] = holders[i];
}

static void choose_parents(Growth *growth)
{
    for (size_t i = 0; i < growth->pid_count; i++)
        if (growth->nodes[i].blocker_count > 0)
            choose_parent(growth, &growth->nodes[i]);
}

/* The node itself again where following the parents comes back to it. */
static bool comes_back(const Growth *growth, size_t start)
{
    size_t at = growth->nodes[start].parent;

    for (size_t hops = 0; at != WAITS_NONE && hops <= growth->count; hops++) {
        if (at == start)
            return true;
        at = growth->nodes[at].parent;
    }
    return false;
}

/* A ring is opened above the one of it that has waited longest. */
static void open_ring(Growth *growth, size_t start)
{
    size_t oldest = start;
    size_t at = start;

    do {
        growth->nodes[at].in_ring = true;
        if (known(growth->nodes[at].since_us) < known(growth->nodes[oldest].since_us))
            oldest = at;
        at = growth->nodes[at].parent;
    } while (at != start);
    growth->nodes[oldest].parent = WAITS_NONE;
    growth->nodes[oldest].in_way = NULL;
}

static void open_rings(Growth *growth)
{
    for (size_t i = 0; i < growth->pid_count; i++)
        if (comes_back(growth, i))
            open_ring(growth, i);
}

/* Every node tells all above it that it is there. */
static void count_behind(Growth *growth)
{
    for (size_t i = 0; i < growth->count; i++) {
        const WaitNode *node = &growth->nodes[i];

        if (node->parent != WAITS_NONE)
            growth->nodes[node->parent].children++;
        for (size_t at = node->parent; at != WAITS_NONE; at = growth->nodes[at].parent) {
            WaitNode *above = &growth->nodes[at];

            above->behind++;
            if (known(node->since_us) < known(above->longest_since_us))
                above->longest_since_us = node->since_us;
        }
    }
}

/* Roots: the most behind them first; siblings: the longest wait first; then by pid. */
static int compare_order(const void *a, const void *b)
{
    const WaitNode *left = *(const WaitNode *const *) a;
    const WaitNode *right = *(const WaitNode *const *) b;

    if (left->parent != right->parent)
        return left->parent < right->parent ? -1 : 1;
    if (left->parent == WAITS_NONE && left->behind != right->behind)
        return left->behind > right->behind ? -1 : 1;
    if (known(left->since_us) != known(right->since_us))
        return known(left->since_us) < known(right->since_us) ? -1 : 1;
    return pid_compare(&left->pid, &right->pid);
}

/* The output, depth first. */
typedef struct Layout {
    const Growth *growth;
    const WaitNode **sorted; /* the children of each node stand together */
    size_t *first;           /* of each node's children in `sorted` */
    WaitNode *nodes;
    size_t count;
    size_t *stack;   /* indices of `sorted` that are still to come, the next one on top */
    size_t *parents; /* of these */
} Layout;

/* A node with all below it; as deep as the trees are, so it goes by a list rather than by calls. */
static void lay_out(Layout *layout, size_t root_at)
{
    const Growth *growth = layout->growth;
    size_t height = 1;

    layout->stack[0] = root_at;
    layout->parents[0] = WAITS_NONE;
    while (height > 0) {
        const WaitNode *node = layout->sorted[layout->stack[--height]];
        size_t parent = layout->parents[height];
        size_t at = layout->count++;
        size_t first = layout->first[node - growth->nodes];

        layout->nodes[at] = *node;
        layout->nodes[at].parent = parent;
        layout->nodes[at].depth = parent == WAITS_NONE ? 0 : layout->nodes[parent].depth + 1;
        for (size_t i = node->children; i > 0; i--) {
            layout->stack[height] = first + i - 1;
            layout->parents[height++] = at;
        }
    }
}

static Waits in_order(const Growth *growth)
{
    Layout layout = {.growth = growth};

    layout.sorted = ARENA_ARRAY(growth->arena, const WaitNode *, growth->count + 1);
    layout.first = ARENA_ARRAY(growth->arena, size_t, growth->count + 1);
    layout.nodes = ARENA_ARRAY(growth->arena, WaitNode, growth->count + 1);
    layout.stack = ARENA_ARRAY(growth->arena, size_t, growth->count + 1);
    layout.parents = ARENA_ARRAY(growth->arena, size_t, growth->count + 1);
    for (size_t i = 0; i < growth->count; i++)
        layout.sorted[i] = &growth->nodes[i];
    qsort(layout.sorted, growth->count, sizeof(void *), compare_order);
    for (size_t i = growth->count; i > 0; i--)
        if (layout.sorted[i - 1]->parent != WAITS_NONE)
            layout.first[layout.sorted[i - 1]->parent] = i - 1;
    for (size_t i = 0; i < growth->count; i++)
        if (layout.sorted[i]->parent == WAITS_NONE)
            lay_out(&layout, i);
    assert(layout.count == growth->count);
    return (Waits){layout.nodes, layout.count};
}

Waits waits_grow(const WaitFacts *facts, Arena *arena)
{
    Growth growth = {.facts = facts, .arena = arena};

    assert(arena);
    sort_facts(&growth);
    make_nodes(&growth);
    take_edges(&growth);
    choose_parents(&growth);
    open_rings(&growth);
    count_behind(&growth);
    return in_order(&growth);
}

const WaitNode *waits_of_pid(const Waits *waits, int pid)
{
    assert(pid > 0);
    for (size_t i = 0; i < waits->count; i++)
        if (waits->nodes[i].pid == pid)
            return &waits->nodes[i];
    return NULL;
}

const WaitNode *waits_root(const Waits *waits, const WaitNode *node)
{
    while (node->parent != WAITS_NONE)
        node = &waits->nodes[node->parent];
    return node;
}
