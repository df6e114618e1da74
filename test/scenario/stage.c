/* SPDX-License-Identifier: PostgreSQL */
/* Stage: from a scenario's lines to events. */
#include "stage.h"

#include <stdlib.h>
#include <string.h>

#include "fields.h"

#define STEADY_START_US (1000 * US_PER_S)

void stage_init(Stage *stage)
{
    memset(stage, 0, sizeof(*stage));
    arena_init(&stage->arena);
    strbuf_init(&stage->out);
    stage->world = fields_ordinary_world();
    stage->pace_per_s = 50;
    stage->due_us = TIME_NEVER;
}

void stage_done(Stage *stage)
{
    engine_free(stage->engine);
    strbuf_done(&stage->out);
    arena_done(&stage->arena);
}

/* Lines for the targets that are in another state than before. */
static void print_moves(Stage *stage)
{
    for (size_t i = 0; i < engine_target_count(stage->engine); i++) {
        TargetState state = engine_target(stage->engine, i)->state;

        if (state != stage->states[i])
            strbuf_printf(&stage->out, "  %zu is %s\n", i, target_state_name(state));
        stage->states[i] = state;
    }
}

static void step(Stage *stage, Event *event)
{
    Arena turn;
    Plan plan = {.arena = &turn};

    arena_init(&turn);
    event->steady_us = STEADY_START_US + stage->now_us;
    event->wall_us = SERVER_START_US + stage->now_us;
    event->server_us = SERVER_START_US + stage->now_us;
    engine_step(stage->engine, event, &plan);
    stage->due_us = plan.deadline_us;
    if (event->kind == EVENT_REQUEST) {
        size_t index = engine_target_count(stage->engine) - 1;

        stage->seen[index] = *event->session;
        stage->states[index] = engine_target(stage->engine, index)->state;
        print_request(&stage->out, engine_target(stage->engine, index), index);
    }
    print_plan(&stage->out, stage->engine, &plan, event->steady_us);
    print_moves(stage);
    arena_done(&turn);
}

static _Noreturn void unknown_word(const Words *words, const char *word)
{
    scenario_fail(&words->place, "unknown word \"%s\"", word);
}

/* The index in the second word. */
static size_t target_of(const Stage *stage, const Words *words)
{
    int target;

    if (words->count < 2)
        scenario_fail(&words->place, "%s needs a target", words->words[0]);
    target = number_parse(&words->place, words->words[1]);
    if (target < 0 || (size_t) target >= engine_target_count(stage->engine))
        scenario_fail(&words->place, "there is no target %d", target);
    return (size_t) target;
}

static OrderKind order_kind(const Words *words)
{
    if (words->count > 1)
        for (int kind = ORDER_CANCEL; kind <= ORDER_TERMINATE; kind++)
            if (strcmp(words->words[1], order_name((OrderKind) kind)) == 0)
                return (OrderKind) kind;
    scenario_fail(&words->place, "request needs cancel, stop or terminate");
}

static void play_request(Stage *stage, const Words *words)
{
    Session session = fields_ordinary_session();
    Order order = {
        .kind = order_kind(words), .grace_us = 5 * US_PER_S, .timeout_us = 30 * US_PER_S};
    Event event = {.kind = EVENT_REQUEST, .session = &session, .order = &order};

    session.pid = 100 + (int) engine_target_count(stage->engine);
    for (size_t i = 2; i < words->count; i++) {
        const char *worker = word_value(words->words[i], "redirected_from");

        if (worker)
            event.redirected_from = number_parse(&words->place, worker);
        else if (!fields_set_session(&session, words->words[i], &words->place) &&
                 !fields_set_order(&order, words->words[i], &words->place))
            unknown_word(words, words->words[i]);
    }
    if (engine_target_count(stage->engine) == STAGE_TARGETS_MAX)
        scenario_fail(&words->place, "more than %d targets", STAGE_TARGETS_MAX);
    step(stage, &event);
}

static void play_go(Stage *stage, const Words *words)
{
    Event event = {.kind = EVENT_GO};

    (void) words;
    step(stage, &event);
}

static void play_recorded(Stage *stage, const Words *words)
{
    Event event = {.kind = EVENT_RECORDED, .target = target_of(stage, words)};

    step(stage, &event);
}

static SignalResult result_named(const Words *words)
{
    static const char *const names[] = {
        [SIGNAL_SENT] = "sent",     [SIGNAL_MOVED] = "moved",       [SIGNAL_DENIED] = "denied",
        [SIGNAL_FAILED] = "failed", [SIGNAL_DOUBTFUL] = "doubtful",
    };

    if (words->count > 2)
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
            if (strcmp(words->words[2], names[i]) == 0)
                return (SignalResult) i;
    scenario_fail(&words->place, "signalled needs sent, moved, denied, failed or doubtful");
}

static void play_signalled(Stage *stage, const Words *words)
{
    Event event = {.kind = EVENT_SIGNALLED,
                   .target = target_of(stage, words),
                   .signal = result_named(words),
                   .text = words->count > 3 ? words->words[3] : NULL};

    step(stage, &event);
}

/* "gone", or what has changed since the last row. */
static void play_looked(Stage *stage, const Words *words)
{
    Event event = {.kind = EVENT_LOOKED, .target = target_of(stage, words)};
    Session *seen = &stage->seen[event.target];

    event.session = seen;
    seen->locks = seen->waiters = COUNT_UNKNOWN; /* a look counts anew, or not at all */
    for (size_t i = 2; i < words->count; i++) {
        const char *leftover = word_value(words->words[i], "leftover");

        if (leftover)
            event.text = leftover;
        else if (strcmp(words->words[i], "gone") == 0)
            event.session = NULL;
        else if (!fields_set_session(seen, words->words[i], &words->place))
            unknown_word(words, words->words[i]);
    }
    step(stage, &event);
}

/* "time +5s", "time next": when the last plan asked for it. */
static void play_time(Stage *stage, const Words *words)
{
    Event event = {.kind = EVENT_TIME};

    if (words->count != 2)
        scenario_fail(&words->place, "time needs an offset or \"next\"");
    if (strcmp(words->words[1], "next") != 0)
        stage->now_us += offset_parse(&words->place, words->words[1]);
    else if (stage->due_us == TIME_NEVER)
        scenario_fail(&words->place, "the last plan set no deadline");
    else
        stage->now_us = stage->due_us - STEADY_START_US;
    step(stage, &event);
}

static void play_lost(Stage *stage, const Words *words)
{
    Event event = {.kind = EVENT_LOST};

    (void) words;
    step(stage, &event);
}

static void play_back(Stage *stage, const Words *words)
{
    World world = stage->world;
    Event event = {.kind = EVENT_BACK, .world = &world};
    const char *how = words->count > 1 ? words->words[1] : "same";

    world.protections = NULL; /* a server does not tell of them */
    if (strcmp(how, "restarted") == 0)
        world.postmaster_start = SERVER_START_US + stage->now_us;
    else if (strcmp(how, "another") == 0)
        world.system_identifier++;
    else if (strcmp(how, "untold") == 0)
        world.system_identifier = 0;
    else if (strcmp(how, "standby") == 0)
        world.standby = !world.standby;
    else if (strcmp(how, "same") != 0)
        scenario_fail(&words->place, "back takes same, restarted, another, untold or standby");
    step(stage, &event);
}

static void play_give_up(Stage *stage, const Words *words)
{
    Event event = {.kind = EVENT_GIVE_UP};

    if (words->count > 1)
        event.text = words->words[1];
    step(stage, &event);
}

static void play_interrupt(Stage *stage, const Words *words)
{
    Event event = {.kind = EVENT_INTERRUPT};

    if (words->count != 2)
        scenario_fail(&words->place, "interrupt needs its reason, quoted");
    event.text = words->words[1];
    step(stage, &event);
}

/* Adds an entry that protects by the one text; its place is its number. */
static void protect(Stage *stage, FilterText which, const char *value, const Place *place)
{
    Protections *all = &stage->protections;
    Protection *protection = ARENA_NEW(&stage->arena, Protection);
    Err err;

    filter_init(&protection->filter);
    if (!filter_add_text(&protection->filter, which, value, &err))
        scenario_fail(place, "%s", err.message);
    protection->place = arena_printf(&stage->arena, "config.yaml:%zu", all->count + 1);
    all->entries = arena_grow(&stage->arena, all->entries, all->count, sizeof(Protection *));
    all->entries[all->count++] = protection;
    stage->world.protections = all;
}

static bool set_protection(Stage *stage, const char *word, const Place *place)
{
    const char *role = word_value(word, "protect_role");
    const char *application = word_value(word, "protect_application");

    if (role)
        protect(stage, FILTER_ROLE, role, place);
    if (application)
        protect(stage, FILTER_APPLICATION, application, place);
    return role || application;
}

static void set_world(Stage *stage, const Words *words)
{
    if (stage->engine)
        scenario_fail(&words->place, "the world comes before the first event");
    for (size_t i = 1; i < words->count; i++) {
        const char *pace = word_value(words->words[i], "pace");

        if (pace)
            stage->pace_per_s = number_parse(&words->place, pace);
        else if (!set_protection(stage, words->words[i], &words->place) &&
                 !fields_set_world(&stage->world, words->words[i], &words->place))
            unknown_word(words, words->words[i]);
    }
}

/* An event may begin with how much later than the one before it comes. */
static void drop_first(Stage *stage, Words *words)
{
    if (words->words[0][0] != '+')
        return;
    stage->now_us += offset_parse(&words->place, words->words[0]);
    words->count--;
    memmove(words->words, words->words + 1, words->count * sizeof(words->words[0]));
    if (words->count == 0)
        scenario_fail(&words->place, "an event is missing behind the offset");
}

void stage_play(Stage *stage, const Place *place, const char *line)
{
    static const struct {
        const char *name;
        void (*play)(Stage *stage, const Words *words);
    } events[] = {
        {"request", play_request},     {"go", play_go},         {"recorded", play_recorded},
        {"signalled", play_signalled}, {"looked", play_looked}, {"time", play_time},
        {"lost", play_lost},           {"back", play_back},     {"give-up", play_give_up},
        {"interrupt", play_interrupt},
    };
    Words words = {.place = *place};

    words_cut(&words, line, &stage->arena);
    strbuf_printf(&stage->out, "%s\n", line);
    if (strcmp(words.words[0], "world") == 0) {
        set_world(stage, &words);
        return;
    }
    drop_first(stage, &words);
    if (!stage->engine)
        stage->engine = engine_new(&stage->world, stage->pace_per_s, STEADY_START_US);
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        if (strcmp(words.words[0], events[i].name) != 0)
            continue;
        events[i].play(stage, &words);
        return;
    }
    scenario_fail(place, "unknown event \"%s\"", words.words[0]);
}
