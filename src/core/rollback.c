/* SPDX-License-Identifier: PostgreSQL */
/* Rollback: one prepared transaction that is to be rolled back. */
#include "core/rollback.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "core/privilege.h"
#include "core/protect.h"

/* The words of a refusal, foreseen or answered. */
static const char *denied_text(const Prepared *prepared, const char *role, Arena *arena)
{
    const char *owner = prepared->role ? privilege_quote(arena, prepared->role) : "unknown";

    return arena_printf(arena,
                        "only its owner, role %s, or a superuser may end it: connect as one of "
                        "these%s%s%s",
                        owner, role ? ", or, where role " : "",
                        role ? privilege_quote(arena, role) : "",
                        role ? " is a member of the owner, with PGOPTIONS='-c role=OWNER'" : "");
}

/* A list in the making. */
typedef struct Telling {
    Arena *arena;
    Consequence *list;
    size_t count;
} Telling;

static void tell(Telling *telling, ConsequenceKind kind, const char *text)
{
    if (!text)
        return;
    telling->list = arena_grow(telling->arena, telling->list, telling->count, sizeof(Consequence));
    telling->list[telling->count++] = (Consequence){kind, text};
}

static const WaitNode *node_of(const RollbackFacts *facts)
{
    for (size_t i = 0; i < facts->waits->count; i++)
        if (facts->waits->nodes[i].prepared &&
            facts->waits->nodes[i].prepared->xid == facts->prepared->xid)
            return &facts->waits->nodes[i];
    return NULL;
}

static void tell_relief(Telling *telling, const RollbackFacts *facts, const WaitNode *node)
{
    Relief relief;

    if (!node) {
        tell(telling, CONSEQUENCE_FREES, "nobody waits behind it");
        return;
    }
    relief = relief_of(facts->waits, node, facts->ending, facts->locks, facts->lock_count);
    tell(telling, CONSEQUENCE_FREES, consequences_relief(&relief, facts->now_us, telling->arena));
}

static void tell_locks(Telling *telling, const RollbackFacts *facts)
{
    if (!facts->modes) {
        tell(telling, CONSEQUENCE_HOLDS, "its locks could not be read");
        return;
    }
    tell(telling, CONSEQUENCE_HOLDS, consequences_modes(facts->modes, telling->arena));
    if (facts->advisory_locks > 0)
        tell(telling, CONSEQUENCE_HOLDS,
             arena_printf(telling->arena, "%d advisory lock%s", facts->advisory_locks,
                          facts->advisory_locks == 1 ? "" : "s"));
}

static void tell_horizon(Telling *telling, const RollbackFacts *facts)
{
    if (facts->xids_back != COUNT_UNKNOWN)
        tell(telling, CONSEQUENCE_HOLDS,
             arena_printf(telling->arena,
                          "its xid is %d transaction%s back: rows that died since cannot be "
                          "vacuumed away",
                          facts->xids_back, facts->xids_back == 1 ? "" : "s"));
}

static Consequences foresee(const RollbackFacts *facts, const WaitNode *node, Arena *arena)
{
    Telling telling = {.arena = arena};

    tell_relief(&telling, facts, node);
    tell(&telling, CONSEQUENCE_LOSES,
         arena_printf(arena,
                      "what it has written (xid %u), for good; it may be half of a distributed "
                      "transaction that its transaction manager still means to commit, so look "
                      "there first",
                      (unsigned int) facts->prepared->xid));
    tell_locks(&telling, facts);
    tell_horizon(&telling, facts);
    return (Consequences){.list = telling.list, .count = telling.count};
}

static Prepared copy_of(const Prepared *prepared, Arena *arena)
{
    Prepared copy = *prepared;

    copy.gid = arena_strdup(arena, prepared->gid);
    copy.role = arena_strdup(arena, prepared->role);
    copy.database = arena_strdup(arena, prepared->database);
    return copy;
}

static const char *planned_reason(const RollbackFacts *facts, Arena *arena)
{
    char age[DURATION_TEXT_MAX];

    return arena_printf(
        arena,
        "it was prepared %s ago by role %s and nobody has ended it: no session has it, so no "
        "signal reaches it",
        duration_format(facts->now_us - facts->prepared->prepared_us, age),
        facts->prepared->role ? privilege_quote(arena, facts->prepared->role) : "unknown");
}

Session rollback_stand_in(const Prepared *prepared, int waiters)
{
    return (Session){
        .role = prepared->role,
        .role_oid = prepared->role_oid,
        .database = prepared->database,
        .database_oid = prepared->database_oid,
        .backend_type = "client backend",
        .backend_start = prepared->prepared_us,
        .xact_start = prepared->prepared_us,
        .query_start = prepared->prepared_us,
        .state_change = prepared->prepared_us,
        .state = STATE_IN_TRANSACTION,
        .waiters = waiters,
    };
}

/* Whether it may be ended; the reason says why, or why not. */
static void decide(Rollback *rollback, const RollbackFacts *facts)
{
    Session stand_in = rollback_stand_in(facts->prepared, rollback->waiters_before);
    const Protection *protection = protect_find(facts->world->protections, &stand_in);
    Arena *arena = rollback->arena;

    if (protection && !(facts->allow & ALLOW_PROTECTED)) {
        rollback->outcome = OUTCOME_REFUSED;
        rollback->reason =
            arena_printf(arena, "it is protected by %s; --allow protected does it all the same",
                         protection->place);
    } else if (!prepared_is_ours(facts->prepared, facts->world)) {
        rollback->outcome = OUTCOME_DENIED;
        rollback->reason = denied_text(facts->prepared, facts->world->current_role, arena);
    } else {
        rollback->planned = true;
        rollback->reason = planned_reason(facts, arena);
    }
}

Rollback rollback_judge(const RollbackFacts *facts, Arena *arena)
{
    const WaitNode *node = node_of(facts);
    Rollback rollback = {
        .before = copy_of(facts->prepared, arena),
        .waiters_before = node ? (int) node->children : 0,
        .waiters_after = COUNT_UNKNOWN,
        .locks_after = COUNT_UNKNOWN,
        .begun_us = TIME_UNKNOWN,
        .arena = arena,
    };

    assert(facts->ending);
    rollback.foreseen = foresee(facts, node, arena);
    decide(&rollback, facts);
    return rollback;
}

static void add_step(Rollback *rollback, StepKind kind, const char *result, Moment now)
{
    const Step *last = rollback->step_count > 0 ? &rollback->steps[rollback->step_count - 1] : NULL;

    if (last && last->kind == kind && strcmp(last->result, result) == 0)
        return; /* looked again, and nothing has changed */
    assert(rollback->step_count < ROLLBACK_STEPS_MAX);
    rollback->steps[rollback->step_count++] =
        (Step){.kind = kind, .wall_us = now.wall_us, .result = result};
}

static RollbackNext end(Rollback *rollback, Outcome outcome, const char *note, Moment now)
{
    rollback->outcome = outcome;
    rollback->note = note;
    rollback->finished_us = now.steady_us;
    return ROLLBACK_END;
}

RollbackNext rollback_begin(Rollback *rollback, Moment now)
{
    rollback->begun_us = now.steady_us;
    if (rollback->planned)
        return ROLLBACK_LOOK;
    return end(rollback, rollback->outcome, NULL, now);
}

static bool is_same(const Prepared *a, const Prepared *b)
{
    return a->xid == b->xid && a->prepared_us == b->prepared_us;
}

/* It is the one that was chosen no more. */
static RollbackNext gone_before(Rollback *rollback, const Prepared *found, Moment now)
{
    if (!found)
        return end(rollback, OUTCOME_OVER,
                   "it had ended before anything was sent, committed or rolled back by somebody "
                   "else",
                   now);
    return end(rollback, OUTCOME_OVER,
               arena_printf(rollback->arena,
                            "it had ended before anything was sent; its GID is another's by now "
                            "(xid %u), which is left alone",
                            (unsigned int) found->xid),
               now);
}

static RollbackNext gone_after(Rollback *rollback, Moment now)
{
    switch (rollback->answer) {
    case ROLLBACK_DONE:
        return end(rollback, OUTCOME_CANCELLED, "rolled back", now);
    case ROLLBACK_BUSY:
        return end(rollback, OUTCOME_OVER,
                   "another session was ending it: committed or rolled back by that one", now);
    case ROLLBACK_FAILED:
        return end(rollback, OUTCOME_OVER,
                   arena_printf(rollback->arena,
                                "ROLLBACK PREPARED failed, but it is gone: ended by somebody "
                                "else (%s)",
                                rollback->failure),
                   now);
    default:
        return end(rollback, OUTCOME_OVER,
                   "contact was lost after ROLLBACK PREPARED was sent; it is gone, rolled back by "
                   "that or ended by somebody else",
                   now);
    }
}

static RollbackNext still_there(Rollback *rollback, Moment now)
{
    rollback->seen_after = true;
    if (rollback->answer == ROLLBACK_BUSY || rollback->answer == ROLLBACK_UNANSWERED)
        return ROLLBACK_LOOK;
    return end(rollback, OUTCOME_SURVIVED,
               rollback->failure ? arena_printf(rollback->arena, "ROLLBACK PREPARED failed: %s",
                                                rollback->failure)
                                 : "the server said that it was rolled back, but it is still there",
               now);
}

RollbackNext rollback_looked(Rollback *rollback, const Prepared *found, Moment now)
{
    bool there = found && is_same(found, &rollback->before);

    assert(rollback->begun_us != TIME_UNKNOWN);
    add_step(rollback, STEP_OBSERVE, there ? "there" : "gone", now);
    rollback->locks_after = there ? found->locks : 0;
    rollback->waiters_after = there ? COUNT_UNKNOWN : 0;
    if (rollback->sent)
        return there ? still_there(rollback, now) : gone_after(rollback, now);
    if (!there)
        return gone_before(rollback, found, now);
    rollback->sent = true; /* from here on it may have been */
    return ROLLBACK_SEND;
}

static const char *answer_text(RollbackAnswer answer, const char *failure)
{
    static const char *const texts[] = {
        [ROLLBACK_UNANSWERED] = "no answer: contact was lost",
        [ROLLBACK_DONE] = "done",
        [ROLLBACK_NO_SUCH] = "not done: it is gone",
        [ROLLBACK_DENIED] = "not done: permission denied",
        [ROLLBACK_BUSY] = "not done: another session is ending it",
        [ROLLBACK_IN_RECOVERY] = "not done: the server is a standby",
    };

    return answer == ROLLBACK_FAILED ? failure : texts[answer];
}

RollbackNext rollback_answered(Rollback *rollback, RollbackAnswer answer, const char *text,
                               Moment now)
{
    assert(rollback->sent);
    rollback->answer = answer;
    if (answer == ROLLBACK_FAILED)
        rollback->failure = text_cleaned(rollback->arena, text);
    add_step(rollback, STEP_ROLLBACK, answer_text(answer, rollback->failure), now);
    switch (answer) {
    case ROLLBACK_NO_SUCH:
        rollback->locks_after = rollback->waiters_after = 0;
        return end(rollback, OUTCOME_OVER,
                   "it had ended before ROLLBACK PREPARED came, committed or rolled back by "
                   "somebody else",
                   now);
    case ROLLBACK_DENIED:
        return end(rollback, OUTCOME_DENIED, denied_text(&rollback->before, NULL, rollback->arena),
                   now);
    case ROLLBACK_IN_RECOVERY:
        return end(rollback, OUTCOME_REFUSED,
                   "the server has become a standby: it can only be ended on the primary", now);
    default:
        return ROLLBACK_LOOK;
    }
}

RollbackNext rollback_unreachable(Rollback *rollback, const char *why, Moment now)
{
    assert(!rollback->sent);
    return end(rollback, strstr(why, "permission denied") ? OUTCOME_DENIED : OUTCOME_REFUSED,
               arena_printf(rollback->arena,
                            "it can only be ended in a connection to its own database, and there "
                            "is none: %s",
                            text_cleaned(rollback->arena, why)),
               now);
}

void rollback_late(Rollback *rollback, Moment now)
{
    if (!rollback->sent)
        (void) end(rollback, OUTCOME_UNKNOWN, "the server did not answer in time; nothing was sent",
                   now);
    else if (rollback->answer == ROLLBACK_DONE)
        (void) end(rollback, OUTCOME_CANCELLED,
                   "rolled back, as the server said; it could not be looked at afterwards", now);
    else if (rollback->seen_after && rollback->answer == ROLLBACK_BUSY)
        (void) end(rollback, OUTCOME_SURVIVED,
                   "another session is still ending it, committing or rolling back", now);
    else if (rollback->seen_after)
        (void) end(rollback, OUTCOME_SURVIVED,
                   "contact was lost after ROLLBACK PREPARED was sent, and it is still there", now);
    else
        (void) end(rollback, OUTCOME_UNKNOWN,
                   "ROLLBACK PREPARED was sent, but its effect was not seen in time", now);
}

void rollback_hold(Rollback *rollback, const char *why, Moment now)
{
    assert(!rollback->sent);
    rollback->begun_us = now.steady_us;
    (void) end(rollback, OUTCOME_HELD, arena_strdup(rollback->arena, why), now);
}
