/* SPDX-License-Identifier: PostgreSQL */
/* Triage of waits: root blockers, queues, and autovacuum that prevents wraparound among them. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/triage_internal.h"

#define WAIT_LONG_US US_PER_S /* as PostgreSQL's own deadlock_timeout has it */
#define WAIT_VERY_LONG_US (60 * US_PER_S)
#define WAITERS_MANY 10
#define PARTNERS_MAX 9 /* root blockers of the same waiters, beside the first */

/* A root blocker with what hangs below it. */
typedef struct Tree {
    Triaging *triaging;
    const WaitNode *root;
    const WaitNode *end; /* behind the last node below it */
    int *pids;           /* of the root and all below it, sorted */
    const Session *partners[PARTNERS_MAX];
    size_t partner_count;
    bool more;       /* somebody is held up by yet another, too */
    size_t waiters;  /* behind the root and its partners */
    bool wraparound; /* autovacuum that prevents wraparound is among them */
} Tree;

static const Waits *waits_of(const Tree *tree)
{
    return tree->triaging->facts->waits;
}

static void sort_pids(Tree *tree)
{
    size_t count = (size_t) (tree->end - tree->root);

    tree->pids = ARENA_ARRAY(tree->triaging->arena, int, count);
    for (size_t i = 0; i < count; i++)
        tree->pids[i] = tree->root[i].pid;
    qsort(tree->pids, count, sizeof(int), pid_compare);
}

/* Asked for every pair of a long queue. */
static bool is_below(const Tree *tree, int pid)
{
    return bsearch(&pid, tree->pids, (size_t) (tree->end - tree->root), sizeof(int), pid_compare) !=
           NULL;
}

static bool is_partner(const Tree *tree, int pid)
{
    for (size_t i = 0; i < tree->partner_count; i++)
        if (tree->partners[i]->pid == pid)
            return true;
    return false;
}

/* Another root that holds up what hangs below this one: both have to go. */
static void take_partner(Tree *tree, int pid)
{
    const WaitNode *node = pid > 0 ? waits_of_pid(waits_of(tree), pid) : NULL;

    if (!node || !node->session || node->parent != WAITS_NONE ||
        tree->partner_count == PARTNERS_MAX || !tree->root->session) {
        tree->more = true;
        return;
    }
    tree->partners[tree->partner_count++] = node->session;
    tree->waiters += node->behind;
}

/* Only those right below the root are asked: who stands in a queue there has the others of the
 * queue for blockers as well, and they are below the root themselves. */
static void take_partners(Tree *tree)
{
    size_t root = (size_t) (tree->root - waits_of(tree)->nodes);

    for (const WaitNode *node = tree->root + 1; node < tree->end; node++)
        for (size_t i = 0; node->parent == root && i < node->blocker_count; i++)
            if (!is_below(tree, node->blockers[i]) && !is_partner(tree, node->blockers[i]))
                take_partner(tree, node->blockers[i]);
}

static Tree tree_at(Triaging *triaging, const WaitNode *root)
{
    Tree tree = {.triaging = triaging,
                 .root = root,
                 .end = root + root->behind + 1,
                 .waiters = root->behind};

    sort_pids(&tree);
    take_partners(&tree);
    for (const WaitNode *node = root + 1; node < tree.end; node++)
        tree.wraparound =
            tree.wraparound || (node->session && session_prevents_wraparound(node->session));
    return tree;
}

/* Who waits right at the top, for longest. */
static const WaitNode *first_child(const Tree *tree)
{
    return tree->root + 1;
}

/* What it wants: rather the row than the transaction that changed it. */
static const char *object_text(const Triaging *triaging, const WaitNode *node)
{
    const Lock *lock = node->row ? node->row : node->awaited;

    return lock ? lock_object(lock, triaging->arena) : NULL;
}

static const char *root_text(const Tree *tree)
{
    const WaitNode *root = tree->root;
    const char *text;

    if (root->session)
        text = triaging_who(tree->triaging, root->session);
    else if (root->prepared)
        text = triaging_gid(tree->triaging, root->prepared);
    else
        text = "a prepared transaction";
    if (tree->partner_count == 0)
        return text;
    return arena_printf(tree->triaging->arena, "%s and %zu more", text, tree->partner_count);
}

/* A waiter that may give up, and what comes of it. */
typedef struct Yield {
    const WaitNode *waiter; /* NULL: none */
    size_t freed;           /* sessions that go on */
    bool certain;           /* no savepoint can keep them waiting */
} Yield;

/* The lock of a row goes to the next in the queue; an advisory lock may be the session's. */
static bool outlives_cancel(const Lock *held)
{
    return strcmp(held->tag.type, "tuple") == 0 || strcmp(held->tag.type, "advisory") == 0;
}

/* Where its transaction began with this very statement there was no room for one. */
static bool may_have_savepoint(const Session *session)
{
    return session->xact_start != session->query_start;
}

/* Those go on whom only its place in the queue, or what its transaction holds, keeps waiting; what
 * was taken before a savepoint stays, though (facts.md F7). */
static Yield yield_of(const Tree *tree, const WaitNode *waiter)
{
    size_t index = (size_t) (waiter - waits_of(tree)->nodes);
    Yield yield = {.waiter = waiter, .certain = true};

    for (const WaitNode *node = waiter + 1; node <= waiter + waiter->behind; node++) {
        if (node->parent != index || (node->in_way && outlives_cancel(node->in_way)))
            continue;
        yield.freed += 1 + node->behind;
        if (node->in_way && may_have_savepoint(waiter->session))
            yield.certain = false;
    }
    return yield;
}

/* The waiter whose giving up frees most, if any frees anybody. */
static Yield queue_head(const Tree *tree)
{
    Yield head = {.certain = true};

    for (const WaitNode *node = tree->root + 1; node < tree->end; node++) {
        Yield yield = {0};

        if (node->session && node->children > 0)
            yield = yield_of(tree, node);
        if (yield.freed > head.freed)
            head = yield;
    }
    return head;
}

static const char *wanted_text(const Tree *tree, const WaitNode *node)
{
    const char *mode;

    if (!node->awaited)
        return "a lock";
    mode = lock_mode_name(node->awaited->mode);
    return arena_printf(tree->triaging->arena, "%s on %s", mode ? mode : "a lock",
                        lock_object(node->awaited, tree->triaging->arena));
}

static const char *behind_text(const Tree *tree, size_t count)
{
    return triaging_count(tree->triaging, count, "session", "sessions");
}

/* What ends the root and its partners alike: an idle session has nothing to stop. */
static OrderKind order_for(const Tree *tree)
{
    bool idle = tree->root->session->state == STATE_IDLE;

    if (session_prevents_wraparound(tree->root->session))
        return ORDER_CANCEL;
    for (size_t i = 0; i < tree->partner_count; i++)
        idle = idle || tree->partners[i]->state == STATE_IDLE;
    return idle ? ORDER_TERMINATE : ORDER_STOP;
}

/* The root ends, with its partners. */
static Fix fix_root(const Tree *tree, const char **ret_reason)
{
    const WaitNode *root = tree->root;
    Triaging *triaging = tree->triaging;
    const char *effect =
        arena_printf(triaging->arena,
                     tree->more ? "frees those of the %s behind it that nobody else holds up"
                                : "frees the %s behind it",
                     behind_text(tree, tree->waiters));
    Wish wish = {.session = root->session, .effect = effect};

    *ret_reason = "";
    if (root->prepared)
        return fix_prepared(triaging, &root->prepared, 1, effect);
    if (!root->session)
        return fix_advice("see pg_prepared_xacts: several hold such a lock, and which of them is "
                          "in the way could not be told");
    wish.kind = order_for(tree);
    if (tree->partner_count > 0) {
        (void) fix_wish(triaging, &wish, ret_reason);
        return fix_wish_all(triaging, &wish, tree->partners, tree->partner_count);
    }
    return fix_wish(triaging, &wish, ret_reason);
}

static Fix fix_waiter(const Tree *tree, const Yield *yield)
{
    Triaging *triaging = tree->triaging;
    const char *who = triaging_who(triaging, yield->waiter->session);
    const char *wants = wanted_text(tree, yield->waiter);
    const char *reason;
    Wish wish = {.kind = ORDER_CANCEL, .session = yield->waiter->session};

    if (yield->freed == 0)
        wish.effect = arena_printf(triaging->arena, "%s gives up waiting for %s", who, wants);
    else
        wish.effect =
            arena_printf(triaging->arena,
                         "%s gives up waiting for %s, which frees the %s queued behind "
                         "it%s; what blocks it goes on",
                         who, wants, behind_text(tree, yield->freed),
                         yield->certain ? "" : ", unless a savepoint keeps what they wait for");
    return fix_wish(triaging, &wish, &reason);
}

static void add_fix(Finding *finding, Fix fix)
{
    assert(finding->fix_count < TRIAGE_FIXES_MAX);
    finding->fixes[finding->fix_count++] = fix;
}

/* The mildest that cures it comes first: cancelling the head of the queue where that is certain to
 * free all. */
static void add_fixes(const Tree *tree, Finding *finding)
{
    const char *reason;
    Fix root = fix_root(tree, &reason);
    Yield head = queue_head(tree);

    finding->why = reason;
    if (!head.waiter && tree->root->session && session_prevents_wraparound(tree->root->session))
        head.waiter = first_child(tree);
    if (!head.waiter || !head.waiter->session) {
        add_fix(finding, root);
    } else if (head.certain && head.freed + 1 >= tree->waiters) {
        add_fix(finding, fix_waiter(tree, &head));
        add_fix(finding, root);
    } else {
        add_fix(finding, root);
        add_fix(finding, fix_waiter(tree, &head));
    }
}

static const char *sentence(const Tree *tree, const char *first, const char *second)
{
    return arena_printf(tree->triaging->arena, "%s%s%s", first, *first ? "; " : "", second);
}

/* What the root does, what is waited for, and what that endangers. */
static void explain(const Tree *tree, Finding *finding)
{
    Triaging *triaging = tree->triaging;
    const Session *session = tree->root->session;

    if (finding->prepared)
        finding->why = arena_printf(triaging->arena,
                                    "it was prepared %s ago and holds its locks until it is "
                                    "committed or rolled back; it may be half of a distributed "
                                    "transaction, so ask its transaction manager first",
                                    triaging_age(triaging, finding->since_us));
    if (session && session_prevents_wraparound(session))
        finding->why = sentence(tree, finding->why,
                                "it prevents wraparound of transaction ids, so it does not yield "
                                "to waiters, and comes back until it is done");
    if (finding->lock)
        finding->why =
            sentence(tree, finding->why,
                     arena_printf(triaging->arena, "the first waits for %s", finding->lock));
    if (tree->root->in_ring)
        finding->why = sentence(tree, finding->why, "they wait for each other in a ring");
    if (tree->wraparound)
        finding->why = sentence(tree, finding->why,
                                "autovacuum that prevents wraparound of transaction ids is among "
                                "those who wait");
}

static int64_t since_of(const WaitNode *node)
{
    if (node->prepared)
        return node->prepared->prepared_us;
    if (!node->session)
        return TIME_UNKNOWN;
    return session_is_active(node->session) ? node->session->query_start
                                            : node->session->state_change;
}

static FindingKind kind_of(const Tree *tree)
{
    bool vacuum = tree->root->session && session_prevents_wraparound(tree->root->session);

    return tree->wraparound || vacuum ? FINDING_WRAPAROUND : FINDING_BLOCKER;
}

static void report_tree(const Tree *tree)
{
    Triaging *triaging = tree->triaging;
    const WaitNode *root = tree->root;
    Finding finding = finding_empty(kind_of(tree));

    finding.session = root->session;
    finding.prepared = root->prepared;
    finding.count = 1 + tree->partner_count;
    finding.waiters = tree->waiters;
    finding.since_us = since_of(root);
    finding.waiting_us = root->longest_since_us;
    finding.lock = object_text(triaging, first_child(tree));
    if (tree->wraparound || tree->waiters >= WAITERS_MANY ||
        triaging_older(triaging, finding.waiting_us, WAIT_VERY_LONG_US))
        finding.severity = SEVERITY_CRITICAL;
    finding.what =
        arena_printf(triaging->arena, "%s behind %s, the first for %s",
                     triaging_count(triaging, tree->waiters, "session waits", "sessions wait"),
                     root_text(tree), triaging_age(triaging, finding.waiting_us));
    add_fixes(tree, &finding);
    explain(tree, &finding);
    triaging_add(triaging, &finding);
    for (size_t i = 0; i < tree->partner_count; i++)
        triaging_claim(triaging, tree->partners[i]);
}

static bool is_ordinary_vacuum(const Session *session)
{
    return session->backend_type && strcmp(session->backend_type, "autovacuum worker") == 0 &&
           !session_prevents_wraparound(session);
}

/* Whether it, and not just a queue that moves, holds others up: somebody has waited for long, and
 * its own transaction is that old. Autovacuum yields, and PostgreSQL finds a deadlock, in about a
 * second. A wait for a standby is a finding of its own. */
static bool is_blocker(const Triaging *triaging, const WaitNode *root)
{
    const Session *session = root->session;
    bool yields = root->in_ring || (session && is_ordinary_vacuum(session));
    int64_t limit_us = yields ? triaging->limits->in_state_us : WAIT_LONG_US;

    if (!triaging_older(triaging, root->longest_since_us, limit_us))
        return false;
    if (root->prepared || !session)
        return root->pid == 0;
    if (triaging_claimed(triaging, session) || session_waits(session, "IPC", "SyncRep"))
        return false;
    return session->xact_start == TIME_UNKNOWN ||
           triaging_older(triaging, session->xact_start, WAIT_LONG_US);
}

static bool same_lock(const WaitNode *a, const WaitNode *b)
{
    return b->awaited && lock_tags_same(&a->awaited->tag, &b->awaited->tag);
}

/* Whether its root has been reported already. */
static bool is_reported(const Triaging *triaging, const WaitNode *node)
{
    const WaitNode *root = waits_root(triaging->facts->waits, node);

    if (!root->session)
        return is_blocker(triaging, root);
    return triaging_claimed(triaging, root->session);
}

static void report_queue(Triaging *triaging, const WaitNode *first, size_t count)
{
    Finding finding = finding_empty(FINDING_QUEUE);

    finding.severity = SEVERITY_WARNING;
    finding.waiters = count;
    finding.count = count;
    finding.waiting_us = first->since_us;
    finding.lock = lock_object(first->awaited, triaging->arena);
    finding.what = arena_printf(triaging->arena, "%s for %s",
                                triaging_count(triaging, count, "session waits", "sessions wait"),
                                finding.lock);
    finding.why = "nobody has held it for long: too many want the same at once";
    add_fix(&finding,
            fix_advice("no command helps for long: fewer sessions at a time, shorter "
                       "transactions, or spreading what they all change over several rows do"));
    triaging_add(triaging, &finding);
}

/* Many on one lock, each counted with the first of them. */
static void find_queues(Triaging *triaging)
{
    const Waits *waits = triaging->facts->waits;
    bool *counted = ARENA_ARRAY(triaging->arena, bool, waits->count + 1);

    for (size_t i = 0; i < waits->count; i++) {
        size_t count = 0;

        if (counted[i] || !waits->nodes[i].awaited)
            continue;
        for (size_t j = i; j < waits->count; j++) {
            if (counted[j] || !same_lock(&waits->nodes[i], &waits->nodes[j]))
                continue;
            counted[j] = true;
            count++;
        }
        if (count >= WAITERS_MANY && !is_reported(triaging, &waits->nodes[i]))
            report_queue(triaging, &waits->nodes[i], count);
    }
}

void triage_blocking(Triaging *triaging)
{
    const Waits *waits = triaging->facts->waits;

    for (size_t i = 0; i < waits->count; i += waits->nodes[i].behind + 1) {
        const WaitNode *root = &waits->nodes[i];

        assert(root->parent == WAITS_NONE);
        if (root->behind > 0 && is_blocker(triaging, root)) {
            Tree tree = tree_at(triaging, root);

            report_tree(&tree);
        }
    }
    find_queues(triaging);
}
