/* SPDX-License-Identifier: PostgreSQL */
/* Engine: whatever happens in whatever order, no signal without its confirmed intent, no outcome
 * that is not so. A small server is played at random; what the engine then claims is held against
 * it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/engine.h"
#include "core/ordinary.h"

#define RUNS 20000
#define SESSIONS 5
#define STEPS_AT_RANDOM 120
#define STEPS_TO_THE_END 4000

typedef enum Asked {
    NOTHING,
    INTENT,
    CONFIRMED,
    SIGNAL
} Asked;

/* What a session does when it is cancelled. */
typedef enum Temper {
    OBEYS,
    KEEPS_SAVEPOINT,
    SWALLOWS,
    DROPS,
    TEMPERS
} Temper;

/* One session on the server and what we know of its target. */
typedef struct Play {
    Session session;
    Session before;
    bool alive;
    bool deaf; /* to SIGTERM */
    Temper temper;
    Asked asked;
    Remedy remedy;
    Stamp stamp;
    bool looked_for;
    bool cancelled; /* a cancel was delivered */
    bool terminated;
    bool perhaps; /* contact was lost at a signal */
    bool finished;
    size_t signals;
} Play;

typedef struct Game {
    uint64_t random;
    Engine *engine;
    Play plays[SESSIONS];
    size_t count;
    int64_t now_us;
    int64_t due_us;
    bool lost;
    bool ever_lost;
    bool elsewhere; /* another server answered */
    bool interrupted;
    bool nothing_more; /* no more bad luck: the end is to be reached */
    size_t outcomes[OUTCOME_UNKNOWN + 1];
} Game;

static unsigned int dice(Game *game, unsigned int sides)
{
    game->random = game->random * 6364136223846793005U + 1442695040888963407U;
    return (unsigned int) (game->random >> 33) % sides;
}

/* --- the server --- */

static void end_statement(Game *game, Play *play, SessionState state)
{
    play->session.state = state;
    play->session.state_change = NOW_US + game->now_us;
    if (state != STATE_IN_TRANSACTION)
        play->session.xact_start = TIME_UNKNOWN;
}

static void begin_statement(Game *game, Play *play)
{
    if (session_is_active(&play->session))
        return;
    play->session.state = STATE_ACTIVE;
    play->session.state_change = play->session.query_start = NOW_US + game->now_us;
    if (play->session.xact_start == TIME_UNKNOWN)
        play->session.xact_start = NOW_US + game->now_us;
}

static void live(Game *game, Play *play)
{
    switch (dice(game, 5)) {
    case 0:
        end_statement(game, play, STATE_IDLE);
        break;
    case 1:
        end_statement(game, play, STATE_IN_TRANSACTION);
        break;
    case 2:
        begin_statement(game, play);
        break;
    case 3:
        play->alive = play->alive && play->deaf;
        break;
    default:
        break;
    }
}

static void deliver_cancel(Game *game, Play *play)
{
    int64_t xact_start = play->session.xact_start;

    play->cancelled = true;
    if (!session_is_active(&play->session) || play->temper == SWALLOWS)
        return;
    if (play->temper == DROPS)
        play->alive = false;
    end_statement(game, play, STATE_ABORTED);
    if (play->temper == KEEPS_SAVEPOINT)
        play->session.xact_start = xact_start;
}

/* Nothing may be delivered to what it was not meant for; a savepoint's transaction is still meant.
 */
static void check_aim(const Game *game, const Play *play)
{
    const Target *target = engine_target(game->engine, (size_t) (play - game->plays));

    if (scope_is_over(target->scope, &play->before, &play->session))
        assert_true(target->rung == 1 && play->session.state == STATE_ABORTED &&
                    session_same_transaction(&play->before, &play->session));
}

static void deliver(Game *game, Play *play)
{
    check_aim(game, play);
    if (play->remedy == REMEDY_CANCEL) {
        deliver_cancel(game, play);
        return;
    }
    play->terminated = true;
    play->alive = play->alive && play->deaf;
}

static bool stamp_holds(const Play *play)
{
    const Session *now = &play->session;
    const Stamp *stamp = &play->stamp;

    return play->alive && stamp->pid == now->pid && stamp->backend_start == now->backend_start &&
           (!(stamp->tests & CHOSEN_STATE) || stamp->state == now->state) &&
           (!(stamp->tests & CHOSEN_STATE_CHANGE) || stamp->state_change == now->state_change) &&
           (!(stamp->tests & CHOSEN_XACT_START) || stamp->xact_start == now->xact_start) &&
           (!(stamp->tests & CHOSEN_QUERY_START) || stamp->query_start == now->query_start);
}

/* --- what the engine may claim --- */

static bool is_untouched(const Play *play)
{
    return !play->cancelled && !play->terminated && !play->perhaps;
}

static bool may_claim(const Game *game, const Play *play, const Target *target)
{
    bool over = scope_is_over(target->scope, &play->before, play->alive ? &play->session : NULL);
    bool cancelled = play->cancelled || play->perhaps;
    const bool allowed[] = {
        [OUTCOME_OVER] = is_untouched(play),
        [OUTCOME_CANCELLED] = over && cancelled && target->last_sent == REMEDY_CANCEL,
        [OUTCOME_TERMINATED] = !play->alive && (play->terminated || play->perhaps),
        [OUTCOME_DISCONNECTED] = !play->alive && cancelled && !play->terminated,
        [OUTCOME_SURVIVED] = play->alive && !over && play->cancelled && !play->terminated,
        [OUTCOME_STUCK] = play->alive && play->terminated,
        [OUTCOME_HELD] = is_untouched(play),
        [OUTCOME_REFUSED] = is_untouched(play),
        [OUTCOME_DENIED] = is_untouched(play),
        [OUTCOME_UNKNOWN] = game->ever_lost || play->perhaps,
    };

    return allowed[target->outcome];
}

static void perform(Game *game, const Action *action)
{
    Play *play = &game->plays[action->target];
    const Target *target = engine_target(game->engine, action->target);

    assert_false(play->finished);
    switch (action->kind) {
    case ACTION_RECORD_INTENT:
        assert_true(!game->interrupted && !game->lost && !game->elsewhere &&
                    play->asked == NOTHING);
        play->asked = INTENT;
        play->remedy = action->remedy;
        break;
    case ACTION_SIGNAL:
        assert_true(!game->interrupted && !game->lost && !game->elsewhere);
        assert_true(play->asked == CONFIRMED && play->remedy == action->remedy);
        assert_true(++play->signals <= target->ladder.count);
        assert_int_equal(action->stamp.pid, play->before.pid);
        assert_int_equal(action->stamp.backend_start, play->before.backend_start);
        play->asked = SIGNAL;
        play->stamp = action->stamp;
        break;
    case ACTION_LOOK:
        assert_true(!game->lost && !play->looked_for);
        play->looked_for = true;
        break;
    case ACTION_FINISH:
        if (!may_claim(game, play, target))
            fail_msg("it claims what is not so: %s", outcome_name(target->outcome));
        game->outcomes[target->outcome]++;
        play->finished = true;
        break;
    default:
        assert_non_null(action->step.result);
    }
}

static void feed(Game *game, Event event)
{
    Arena arena;
    Plan plan = {.arena = &arena};

    arena_init(&arena);
    event.steady_us = 77 * US_PER_S + game->now_us;
    event.wall_us = event.server_us = NOW_US + game->now_us;
    engine_step(game->engine, &event, &plan);
    game->due_us = plan.deadline_us == TIME_NEVER ? TIME_NEVER : plan.deadline_us - 77 * US_PER_S;
    for (size_t i = 0; i < plan.count; i++)
        perform(game, &plan.actions[i]);
    arena_done(&arena);
}

/* --- what happens --- */

/* An error that may have come before the signal or after it. */
static SignalResult doubt(Game *game, Play *play)
{
    play->perhaps = true;
    if (dice(game, 2) == 0)
        deliver(game, play);
    return SIGNAL_DOUBTFUL;
}

static void answer_signal(Game *game, size_t index)
{
    Play *play = &game->plays[index];
    Event event = {.kind = EVENT_SIGNALLED, .target = index, .signal = SIGNAL_SENT};

    play->asked = NOTHING;
    if (!stamp_holds(play))
        event.signal = SIGNAL_MOVED;
    else if (!game->nothing_more && dice(game, 10) == 0)
        event.signal = dice(game, 2) == 0 ? SIGNAL_DENIED : SIGNAL_FAILED;
    else if (dice(game, 15) == 0)
        event.signal = doubt(game, play);
    else
        deliver(game, play);
    feed(game, event);
}

/* Answers one thing that was asked of this target, if there is one. */
static void answer(Game *game, size_t index)
{
    Play *play = &game->plays[index];
    Session newcomer = play->session;
    Event look = {.kind = EVENT_LOOKED, .target = index};

    if (play->asked == INTENT) {
        play->asked = CONFIRMED;
        feed(game, (Event){.kind = EVENT_RECORDED, .target = index});
        if (play->asked == CONFIRMED) /* it was not acted upon */
            play->asked = NOTHING;
    } else if (play->asked == SIGNAL && !game->lost) {
        answer_signal(game, index);
    } else if (play->looked_for && !game->lost) {
        newcomer.backend_start = NOW_US;
        if (play->alive)
            look.session = &play->session;
        else if (dice(game, 2) == 0) /* its pid is in use again */
            look.session = &newcomer;
        play->looked_for = false;
        feed(game, look);
    }
}

/* What was on its way may have got through or not; nobody is told. */
static void lose(Game *game)
{
    game->lost = game->ever_lost = true;
    for (size_t i = 0; i < game->count; i++) {
        Play *play = &game->plays[i];

        play->looked_for = false;
        if (play->asked != SIGNAL)
            continue;
        play->perhaps = true;
        if (stamp_holds(play) && dice(game, 2) == 0)
            deliver(game, play);
        play->asked = NOTHING;
    }
    feed(game, (Event){.kind = EVENT_LOST});
}

static void come_back(Game *game, bool elsewhere)
{
    World world = ordinary_world();

    game->lost = false;
    game->elsewhere = elsewhere;
    world.system_identifier += elsewhere ? 1 : 0;
    feed(game, (Event){.kind = EVENT_BACK, .world = &world});
}

static void interrupt(Game *game)
{
    game->interrupted = true;
    feed(game, (Event){.kind = EVENT_INTERRUPT, .text = "interrupted"});
}

static void misfortune(Game *game)
{
    unsigned int roll = dice(game, 40);

    if (game->elsewhere)
        return;
    if (roll < 6 && !game->lost)
        lose(game);
    else if (roll < 12 && game->lost)
        come_back(game, roll == 6);
    else if (roll == 12)
        interrupt(game);
    else if (roll == 13 && game->lost)
        feed(game, (Event){.kind = EVENT_GIVE_UP});
}

static void request(Game *game)
{
    static const SessionState states[] = {STATE_ACTIVE, STATE_ACTIVE, STATE_IN_TRANSACTION,
                                          STATE_ABORTED};
    size_t index = game->count++;
    Play *play = &game->plays[index];
    Order order = {.kind = (OrderKind) dice(game, 3),
                   .scope = (Scope) dice(game, SCOPE_SESSION + 1),
                   .chosen_by = dice(game, 2) == 0 ? 0 : dice(game, CHOSEN_APPLICATION),
                   .grace_us = 100 * US_PER_MS,
                   .timeout_us = 300 * US_PER_MS};

    *play = (Play){.session = ordinary_session(), .alive = true};
    play->session.pid = 100 + (int) index;
    play->session.state = states[dice(game, 4)];
    if (play->session.state == STATE_ABORTED && dice(game, 2) == 0)
        play->session.xact_start = TIME_UNKNOWN;
    play->temper = (Temper) dice(game, TEMPERS);
    play->deaf = dice(game, 4) == 0;
    play->before = play->session;
    if (dice(game, 4) == 0)
        play->session.query = play->before.query = "REINDEX TABLE CONCURRENTLY t";
    order.allow = ALLOW_CONCURRENTLY;
    feed(game, (Event){.kind = EVENT_REQUEST, .session = &play->before, .order = &order});
}

static void play_at_random(Game *game)
{
    for (int i = 0; i < STEPS_AT_RANDOM; i++) {
        size_t index = dice(game, (unsigned int) game->count);

        game->now_us += dice(game, 3) == 0 ? dice(game, 50000) : dice(game, 300);
        if (dice(game, 8) == 0)
            misfortune(game);
        else if (dice(game, 6) == 0)
            live(game, &game->plays[index]);
        else if (game->now_us >= game->due_us)
            feed(game, (Event){.kind = EVENT_TIME});
        else
            answer(game, index);
    }
}

/* From here on all goes well, so that every target must come to its outcome. */
static void play_to_the_end(Game *game)
{
    game->nothing_more = true;
    if (game->lost && !game->elsewhere)
        come_back(game, false);
    for (int i = 0; i < STEPS_TO_THE_END && !engine_is_done(game->engine); i++) {
        answer(game, (size_t) i % game->count);
        if (i % (int) game->count != 0)
            continue;
        game->now_us += 10 * US_PER_MS;
        if (game->now_us >= game->due_us)
            feed(game, (Event){.kind = EVENT_TIME});
    }
}

static void no_course_of_events_makes_it_lie(void **state)
{
    size_t outcomes[OUTCOME_UNKNOWN + 1] = {0};
    World world = ordinary_world();

    for (uint64_t run = 0; run < RUNS; run++) {
        Game game = {.random = run * 7919 + 1, .due_us = TIME_NEVER};

        game.engine = engine_new(&world, 1 + dice(&game, 100), 77 * US_PER_S);
        for (unsigned int more = 1 + dice(&game, SESSIONS); more > 0; more--)
            request(&game);
        if (dice(&game, 50) == 0)
            misfortune(&game);
        feed(&game, (Event){.kind = EVENT_GO});
        play_at_random(&game);
        play_to_the_end(&game);
        if (!engine_is_done(game.engine))
            fail_msg("run %d does not come to an end", (int) run);
        for (size_t i = 0; i < game.count; i++)
            assert_true(game.plays[i].finished);
        for (int i = OUTCOME_OVER; i <= OUTCOME_UNKNOWN; i++)
            outcomes[i] += game.outcomes[i];
        engine_free(game.engine);
    }
    for (int i = OUTCOME_OVER; i <= OUTCOME_UNKNOWN; i++)
        if (outcomes[i] < 50)
            fail_msg("only %zu came to be %s", outcomes[i], outcome_name((Outcome) i));
}

static void targets_keep_their_index(void **state)
{
    World world = ordinary_world();
    Engine *engine = engine_new(&world, 50, 0);
    Order order = {.kind = ORDER_TERMINATE};
    Arena arena;
    Plan plan = {.arena = &arena};

    assert_true(engine_is_done(engine));
    arena_init(&arena);
    for (int i = 0; i < 100; i++) {
        Session session = ordinary_session();
        Event event = {.kind = EVENT_REQUEST, .session = &session, .order = &order};

        session.pid = 1000 + i;
        engine_step(engine, &event, &plan);
    }
    assert_int_equal(engine_target_count(engine), 100);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(engine_target(engine, i)->before.pid, 1000 + i);
    assert_false(engine_is_done(engine));
    arena_done(&arena);
    engine_free(engine);
    engine_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_course_of_events_makes_it_lie),
        cmocka_unit_test(targets_keep_their_index),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
