/* SPDX-License-Identifier: PostgreSQL */
/* Triage, its commands: orders that pgquell would not refuse, to just those who are meant. */
#include <assert.h>
#include <string.h>

#include "core/filter.h"
#include "core/guard.h"
#include "core/protect.h"
#include "core/rollback.h"
#include "core/statement.h"
#include "core/triage_internal.h"

#define IDS_MAX 1000 /* sessions named one by one in a command */

/* A command line in the making. */
typedef struct Words {
    Arena *arena;
    const char **words;
    size_t count;
} Words;

static void add(Words *words, const char *word)
{
    words->words = arena_grow(words->arena, words->words, words->count, sizeof(char *));
    words->words[words->count++] = word;
}

static void add_option(Words *words, const char *option, const char *value)
{
    add(words, option);
    add(words, value);
}

static void add_id(Words *words, const Session *session)
{
    char id[SESSION_ID_MAX];

    add(words, arena_strdup(words->arena, session_id(session, id)));
}

/* What is told to --allow, in the order of the ALLOW_ bits. */
static void add_allowed(Words *words, unsigned int allow)
{
    static const char *const names[] = {"syncrep", "concurrently", "walsender", "autovacuum",
                                        "protected"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (allow & 1U << i)
            add_option(words, "--allow", names[i]);
}

/* Room for a few more than there are by now. */
static void add_limit(const Triaging *triaging, Words *words, size_t count)
{
    if (count > (size_t) triaging->limits->targets)
        add_option(words, "--limit",
                   arena_printf(words->arena, "%zu", (count / 10 + 2) * (size_t) 10));
}

/* As it is typed: 10s, 5min. */
static const char *duration_word(int64_t duration_us, Arena *arena)
{
    static const struct {
        int64_t us;
        const char *name;
    } units[] = {{60 * US_PER_S, "min"}, {US_PER_S, "s"}, {US_PER_MS, "ms"}, {1, "us"}};
    size_t i = 0;

    while (duration_us % units[i].us != 0)
        i++;
    return arena_printf(arena, "%lld%s", (long long) (duration_us / units[i].us), units[i].name);
}

static unsigned int needs_allowed(const Triaging *triaging, const Session *session)
{
    unsigned int allow = 0;

    if (protect_find(triaging->facts->world->protections, session))
        allow |= ALLOW_PROTECTED;

    if (session_waits(session, "IPC", "SyncRep"))
        allow |= ALLOW_SYNCREP;
    if (session_is_active(session) && statement_builds_concurrently(session->query))
        allow |= ALLOW_CONCURRENTLY;
    if (session_prevents_wraparound(session))
        allow |= ALLOW_AUTOVACUUM;
    return allow;
}

static Judgement judge(const Triaging *triaging, const Order *order, const Session *session)
{
    return guard_judge(triaging->facts->world, order, session, triaging->facts->now_us,
                       triaging->arena);
}

/* What it would be if only our role were allowed to. */
static Judgement judge_as_if(const Triaging *triaging, const Order *order, const Session *session)
{
    Session signalable = *session;

    signalable.role_signalable = true;
    return judge(triaging, order, &signalable);
}

Fix fix_wish(const Triaging *triaging, const Wish *wish, const char **ret_reason)
{
    Order order = {.kind = wish->kind, .scope = wish->scope};
    Words words = {.arena = triaging->arena};
    Fix fix = {.effect = wish->effect};
    Judgement ideal;
    Judgement real;

    order.allow = needs_allowed(triaging, wish->session);
    ideal = judge_as_if(triaging, &order, wish->session);
    real = judge(triaging, &order, wish->session);
    *ret_reason = ideal.verdict == VERDICT_SEND ? ideal.reason : "";
    if (real.verdict != VERDICT_SEND)
        fix.obstacle = real.reason;
    else if (order.allow & ALLOW_PROTECTED)
        fix.obstacle =
            arena_printf(triaging->arena, "it is protected by %s",
                         protect_find(triaging->facts->world->protections, wish->session)->place);
    if (ideal.verdict != VERDICT_SEND)
        return fix;
    add(&words, order_name(order.kind));
    add_id(&words, wish->session);
    if (order.scope != SCOPE_DEFAULT)
        add_option(&words, "--scope", scope_name(order.scope));
    add_allowed(&words, order.allow);
    fix.words = words.words;
    fix.word_count = words.count;
    return fix;
}

Fix fix_wish_all(const Triaging *triaging, const Wish *first, const Session *const *sessions,
                 size_t count)
{
    const char *reason;
    Fix fix = fix_wish(triaging, first, &reason);
    Words words = {.arena = triaging->arena};
    unsigned int allow = needs_allowed(triaging, first->session);

    if (!fix.words)
        return fix;
    add(&words, fix.words[0]);
    add(&words, fix.words[1]);
    for (size_t i = 0; i < count; i++) {
        Wish other = *first;
        Fix another;

        other.session = sessions[i];
        another = fix_wish(triaging, &other, &reason);
        allow |= needs_allowed(triaging, sessions[i]);
        if (another.obstacle)
            fix.obstacle = another.obstacle;
        if (another.words)
            add_id(&words, sessions[i]);
    }
    add_allowed(&words, allow);
    add_limit(triaging, &words, count + 1);
    fix.words = words.words;
    fix.word_count = words.count;
    return fix;
}

/* By what sessions that are alike are picked. */
typedef struct Picks {
    OrderKind order;
    Scope scope;
    const char *state; /* NULL: any */
    const char *wait;  /* NULL: any */
    FilterAge age;
    const char *option; /* of that age */
} Picks;

static Picks picks_for(FindingKind kind)
{
    static const Picks idle = {ORDER_STOP, SCOPE_DEFAULT,    "idle in transaction",
                               NULL,       FILTER_STATE_AGE, "--in-state-longer"};
    static const Picks aborted = {ORDER_STOP, SCOPE_DEFAULT,    "idle in transaction (aborted)",
                                  NULL,       FILTER_STATE_AGE, "--in-state-longer"};
    static const Picks stuck = {ORDER_STOP, SCOPE_DEFAULT,        "active",
                                "Client",   FILTER_STATEMENT_AGE, "--statement-longer"};
    static const Picks runaway = {ORDER_STOP, SCOPE_DEFAULT,        "active",
                                  NULL,       FILTER_STATEMENT_AGE, "--statement-longer"};
    static const Picks transaction = {ORDER_STOP, SCOPE_TRANSACTION,      NULL,
                                      NULL,       FILTER_TRANSACTION_AGE, "--transaction-longer"};
    static const Picks unused = {ORDER_TERMINATE,  SCOPE_DEFAULT,      "idle", NULL,
                                 FILTER_STATE_AGE, "--in-state-longer"};

    switch (kind) {
    case FINDING_ABORTED:
        return aborted;
    case FINDING_IDLE:
        return idle;
    case FINDING_STUCK:
        return stuck;
    case FINDING_RUNAWAY:
        return runaway;
    case FINDING_TRANSACTION:
        return transaction;
    default:
        assert(kind == FINDING_CONNECTIONS);
        return unused;
    }
}

static int64_t limit_for(const Triaging *triaging, FindingKind kind)
{
    if (kind == FINDING_RUNAWAY)
        return triaging->limits->statement_us;
    return kind == FINDING_TRANSACTION ? triaging->limits->transaction_us
                                       : triaging->limits->in_state_us;
}

static void filter_on(Filter *filter, FilterText which, const char *value)
{
    Err err;
    bool added;

    if (!value)
        return;
    added = filter_add_text(filter, which, value, &err);
    assert(added);
    (void) added;
}

/* As a filter it is a glob, and may hit others than the one that is called so. */
static bool is_wild(const char *name)
{
    return !name || strpbrk(name, "*?");
}

/* Whether the filters pick as many as there are, and by names that cannot mean others that come
 * meanwhile; all of these they do pick. */
static bool picks_just(const Triaging *triaging, const Picks *picks, int64_t limit_us,
                       const Session *one, size_t count)
{
    const Order order = {.kind = picks->order, .scope = picks->scope};
    Filter *filter = ARENA_NEW(triaging->arena, Filter);
    size_t picked = 0;

    assert(one->role && one->database && one->application); /* or they were alike to nobody */
    if (is_wild(one->role) || is_wild(one->database) || is_wild(one->application))
        return false;
    filter_init(filter);
    filter_on(filter, FILTER_STATE, picks->state);
    filter_on(filter, FILTER_WAIT, picks->wait);
    filter_on(filter, FILTER_ROLE, one->role);
    filter_on(filter, FILTER_DATABASE, one->database);
    filter_on(filter, FILTER_APPLICATION, one->application);
    filter->ages[picks->age] = limit_us;
    for (size_t i = 0; i < triaging->facts->session_count; i++) {
        const Session *session = &triaging->facts->sessions[i];

        if (filter_matches(filter, session, triaging->facts->now_us))
            picked += !judge(triaging, &order, session).inapplicable;
    }
    return picked == count;
}

static void add_filters(Words *words, const Picks *picks, int64_t limit_us, const Session *one)
{
    if (picks->state)
        add_option(words, "--state", picks->state);
    if (picks->wait)
        add_option(words, "--wait", picks->wait);
    add_option(words, picks->option, duration_word(limit_us, words->arena));
    add_option(words, "--role", one->role);
    add_option(words, "--database", one->database);
    add_option(words, "--application", one->application);
}

Fix fix_alike(const Triaging *triaging, FindingKind kind, const Session *const *sessions,
              size_t count, const char *effect)
{
    Picks picks = picks_for(kind);
    int64_t limit_us = limit_for(triaging, kind);
    Wish wish = {picks.order, picks.scope, sessions[0], effect};
    Words words = {.arena = triaging->arena};
    const char *reason;
    Fix fix = fix_wish(triaging, &wish, &reason);

    assert(count > 0);
    add(&words, order_name(picks.order));
    if (picks_just(triaging, &picks, limit_us, sessions[0], count))
        add_filters(&words, &picks, limit_us, sessions[0]);
    else
        for (size_t i = 0; i < count && i < IDS_MAX; i++)
            add_id(&words, sessions[i]);
    if (picks.scope != SCOPE_DEFAULT)
        add_option(&words, "--scope", scope_name(picks.scope));
    add_limit(triaging, &words, count);
    fix.words = words.words;
    fix.word_count = words.count;
    return fix;
}

static const Protection *prepared_protection(const Triaging *triaging, const Prepared *prepared)
{
    const Session stand_in = rollback_stand_in(prepared, COUNT_UNKNOWN);

    return protect_find(triaging->facts->world->protections, &stand_in);
}

/* Whether owner, database and age pick as many prepared transactions as there are. */
static bool prepared_picks_just(const Triaging *triaging, const Prepared *one, size_t count)
{
    const TriageFacts *facts = triaging->facts;
    size_t picked = 0;

    if (is_wild(one->role) || is_wild(one->database))
        return false;
    for (size_t i = 0; i < facts->prepared_count; i++)
        picked +=
            facts->prepared[i].role_oid == one->role_oid &&
            facts->prepared[i].database_oid == one->database_oid &&
            triaging_older(triaging, facts->prepared[i].prepared_us, triaging->limits->in_state_us);
    return picked == count;
}

/* A GID may look like an option. */
static void add_gids(Words *words, const Prepared *const *prepared, size_t count)
{
    bool ended = false;

    for (size_t i = 0; i < count && i < IDS_MAX; i++) {
        if (prepared[i]->gid[0] == '-' && !ended) {
            add(words, "--");
            ended = true;
        }
        add(words, prepared[i]->gid);
    }
}

Fix fix_prepared(const Triaging *triaging, const Prepared *const *prepared, size_t count,
                 const char *effect)
{
    const Prepared *one = prepared[0];
    const Protection *protection = prepared_protection(triaging, one);
    Words words = {.arena = triaging->arena};
    Fix fix = {.effect = effect};

    assert(count > 0);
    add(&words, "rollback-prepared");
    if (protection) {
        add_allowed(&words, ALLOW_PROTECTED);
        fix.obstacle = arena_printf(triaging->arena, "it is protected by %s", protection->place);
    }
    if (count > 1 && prepared_picks_just(triaging, one, count)) {
        add_option(&words, "--role", one->role);
        add_option(&words, "--database", one->database);
        add_option(&words, "--in-state-longer",
                   duration_word(triaging->limits->in_state_us, words.arena));
        add_limit(triaging, &words, count);
    } else {
        add_limit(triaging, &words, count);
        add_gids(&words, prepared, count);
    }
    if (!prepared_is_ours(one, triaging->facts->world))
        fix.obstacle = arena_printf(triaging->arena, "only its owner and superusers may end %s",
                                    triaging_gid(triaging, one));
    fix.words = words.words;
    fix.word_count = words.count;
    return fix;
}

Fix fix_sql(const char *sql, const char *effect)
{
    return (Fix){.sql = sql, .effect = effect};
}

Fix fix_advice(const char *effect)
{
    return (Fix){.effect = effect};
}
