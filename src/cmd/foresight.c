/* SPDX-License-Identifier: PostgreSQL */
/* Foresight: asks what the end of the targets would bring, and tells the engine. */
#include "cmd/foresight.h"

#include <stdlib.h>
#include <string.h>

#include "pg/ask_stakes.h"

#define FORESIGHT_US (2 * US_PER_S)
#define LOOKS_APART_US (300 * US_PER_MS) /* of progress, for its rate */
#define DATABASES_MAX 8                  /* in which temporary tables are counted */

/* The temporary tables of one database, over a connection of its own. */
typedef struct TempCount {
    const char *database;
    Link *link;
    bool asked;
    bool late; /* it was still awaited when the time was up */
    TempTablesAnswer tables;
} TempCount;

/* What is asked, in the scene's arena: an answer may come late. */
typedef struct Questions {
    HeldLocksAnswer locks;
    ProgressAnswer progress[2];
    TempSlotsAnswer slots;
    TempCount temps[DATABASES_MAX];
    size_t temp_count;
    int *pids; /* of the targets */
    size_t count;
    int *ending_pids; /* of those that will be signalled */
    size_t ending_count;
} Questions;

/* The head of the queue that a session waits in, where it is a prepared transaction. */
static const char *root_gid(const Waiting *waiting, int pid)
{
    const WaitNode *node = waits_of_pid(&waiting->waits, pid);
    const WaitNode *root = node ? waits_root(&waiting->waits, node) : NULL;

    return root && root->prepared ? root->prepared->gid : NULL;
}

Foresight foresight_begin(Scene *scene)
{
    Foresight foresight = {.scene = scene, .deadline_us = clock_steady_us() + FORESIGHT_US};

    if (scene->blocking.count == 0) {
        foresight.waiting_known = true; /* nobody waits: there is nothing to ask */
        return foresight;
    }
    foresight.waiting_known = waiting_glimpse(scene, foresight.deadline_us, &foresight.waiting);
    for (size_t i = 0; foresight.waiting_known && i < scene->session_count; i++)
        if (scene->sessions[i].root_blocker == 0)
            scene->sessions[i].root_gid = root_gid(&foresight.waiting, scene->sessions[i].pid);
    return foresight;
}

static bool will_end(const Target *target)
{
    return target->state == TARGET_PLANNED;
}

static bool may_terminate(const Target *target)
{
    const Ladder *ladder = &target->ladder;

    return ladder->count > 0 && ladder->remedies[ladder->count - 1] == REMEDY_TERMINATE;
}

static void note_targets(Questions *questions, const Engine *engine, Arena *arena)
{
    size_t count = engine_target_count(engine);

    questions->pids = ARENA_ARRAY(arena, int, count);
    questions->ending_pids = ARENA_ARRAY(arena, int, count);
    questions->count = count;
    for (size_t i = 0; i < count; i++) {
        const Target *target = engine_target(engine, i);

        questions->pids[i] = target->before.pid;
        if (will_end(target))
            questions->ending_pids[questions->ending_count++] = target->before.pid;
    }
    qsort(questions->ending_pids, questions->ending_count, sizeof(int), pid_compare);
}

static void ask_all(Scene *scene, Questions *questions)
{
    questions->locks.answer.arena = &scene->arena;
    questions->slots.answer.arena = &scene->arena;
    questions->progress[0].answer.arena = &scene->arena;
    questions->progress[1].answer.arena = &scene->arena;
    ask_held_locks(scene->link, &questions->locks, questions->pids, questions->count);
    ask_progress(scene->link, &questions->progress[0], questions->pids, questions->count);
    ask_temp_slots(scene->link, &questions->slots);
}

static int slot_of(const Questions *questions, const Target *target)
{
    if (!may_terminate(target) || !target->before.database)
        return COUNT_UNKNOWN;
    return temp_slots_of(questions->slots.rows, questions->slots.count, target->before.pid);
}

static TempCount *temp_count_of(Questions *questions, const char *database)
{
    for (size_t i = 0; i < questions->temp_count; i++)
        if (strcmp(questions->temps[i].database, database) == 0)
            return &questions->temps[i];
    return NULL;
}

/* A connection to every database in which a target may have temporary tables. */
static void begin_temps(Scene *scene, Questions *questions, const Engine *engine)
{
    for (size_t i = 0; i < questions->count && questions->temp_count < DATABASES_MAX; i++) {
        const Target *target = engine_target(engine, i);
        TempCount *temp = &questions->temps[questions->temp_count];

        if (slot_of(questions, target) == COUNT_UNKNOWN ||
            temp_count_of(questions, target->before.database) || !loop_has_room(scene->loop) ||
            link_state(scene->link) != LINK_READY)
            continue;
        temp->database = target->before.database;
        temp->tables.answer.arena = &scene->arena;
        temp->link = link_sibling(scene->link, temp->database);
        loop_add(scene->loop, temp->link);
        link_start(temp->link);
        questions->temp_count++;
    }
}

static void ask_temp(const Questions *questions, const Engine *engine, TempCount *temp)
{
    int *slots = ARENA_ARRAY(temp->tables.answer.arena, int, questions->count);
    size_t count = 0;

    for (size_t i = 0; i < questions->count; i++) {
        const Target *target = engine_target(engine, i);
        int slot = slot_of(questions, target);

        if (slot != COUNT_UNKNOWN && strcmp(target->before.database, temp->database) == 0)
            slots[count++] = slot;
    }
    temp->asked = true;
    ask_temp_tables(temp->link, &temp->tables, slots, count);
}

/* Asks where that has become possible; whether nothing more will come of any. */
static bool temps_are_over(Questions *questions, const Engine *engine)
{
    bool over = true;

    for (size_t i = 0; i < questions->temp_count; i++) {
        TempCount *temp = &questions->temps[i];

        if (!temp->asked && link_state(temp->link) == LINK_READY)
            ask_temp(questions, engine, temp);
        over = over && (temp->tables.answer.done || link_state(temp->link) == LINK_BROKEN);
    }
    return over;
}

/* The second look at progress, once its time has come; whether it is over. */
static bool progress_is_over(Scene *scene, Questions *questions, int64_t *second_us)
{
    if (questions->progress[0].count == 0)
        return true;
    if (*second_us != TIME_NEVER && clock_steady_us() >= *second_us) {
        *second_us = TIME_NEVER;
        ask_progress(scene->link, &questions->progress[1], questions->pids, questions->count);
    }
    return questions->progress[1].answer.done;
}

static void await_all(Foresight *foresight, Questions *questions, const Engine *engine)
{
    Scene *scene = foresight->scene;
    int64_t second_us = clock_steady_us() + LOOKS_APART_US;

    for (;;) {
        bool progressed = progress_is_over(scene, questions, &second_us);
        int64_t until_us = second_us < foresight->deadline_us ? second_us : foresight->deadline_us;

        if (temps_are_over(questions, engine) && progressed)
            return;
        if (clock_steady_us() >= foresight->deadline_us || loop_interrupts(scene->loop) > 0)
            return;
        loop_turn(scene->loop, progressed ? foresight->deadline_us : until_us);
    }
}

static void end_temps(Scene *scene, Questions *questions)
{
    for (size_t i = 0; i < questions->temp_count; i++) {
        TempCount *temp = &questions->temps[i];

        temp->late = !temp->tables.answer.done && link_state(temp->link) != LINK_BROKEN;
        loop_remove(scene->loop, temp->link);
        link_free(temp->link);
        temp->link = NULL;
    }
}

static Progress progress_of(const ProgressAnswer *answer, int pid)
{
    for (size_t i = 0; i < answer->count; i++)
        if (answer->rows[i].pid == pid)
            return answer->rows[i].progress;
    return (Progress){.kind = PROGRESS_NONE};
}

static void take_locks(Stake *stake, const HeldLocksAnswer *answer, int pid)
{
    stake->locks_known = answer->answer.done && !answer->answer.failed;
    for (size_t i = 0; stake->locks_known && i < answer->count; i++) {
        const HeldLocks *held = &answer->rows[i];

        if (held->pid != pid)
            continue;
        if (held->advisory)
            stake->advisory_locks += held->count;
        else
            stake->modes[held->mode] += held->count;
    }
}

static void take_temps(Stake *stake, Questions *questions, const Target *target)
{
    int slot = slot_of(questions, target);
    const TempCount *temp =
        slot == COUNT_UNKNOWN ? NULL : temp_count_of(questions, target->before.database);

    stake->temp_tables = COUNT_UNKNOWN;
    stake->temp_unread = temp && temp->late;
    if (!temp || !temp->tables.answer.done || temp->tables.answer.failed)
        return;
    stake->temp_tables = 0;
    for (size_t i = 0; i < temp->tables.count; i++)
        if (temp->tables.rows[i].slot == slot)
            stake->temp_tables = temp->tables.rows[i].tables;
}

/* The second look counts where there is one. */
static void take_progress(Stake *stake, const Questions *questions, int pid)
{
    Progress first = progress_of(&questions->progress[0], pid);
    Progress second = progress_of(&questions->progress[1], pid);

    if (second.kind != PROGRESS_NONE) {
        stake->earlier = first;
        stake->now = second;
    } else if (!questions->progress[1].answer.done) {
        stake->now = first;
    }
}

static void tell(const Foresight *foresight, Questions *questions, Engine *engine, size_t index)
{
    Scene *scene = foresight->scene;
    const Target *target = engine_target(engine, index);
    Ending ending = {.pids = questions->ending_pids, .pid_count = questions->ending_count};
    Stake stake = {0};
    ConsequenceFacts facts = {
        .session = &target->before,
        .ladder = &target->ladder,
        .stake = &stake,
        .waits = foresight->waiting_known ? &foresight->waiting.waits : NULL,
        .locks = foresight->waiting.locks,
        .lock_count = foresight->waiting.lock_count,
        .ending = &ending,
        .sessions = scene->sessions,
        .session_count = scene->session_count,
        .own_pid = scene->world.own_pid,
        .now_us = scene->server_us,
    };
    Plan plan = {.arena = &scene->arena};
    Consequences consequences;
    Event event = {.kind = EVENT_FORESEEN,
                   .steady_us = clock_steady_us(),
                   .wall_us = clock_wall_us(),
                   .target = index,
                   .consequences = &consequences};

    ending.keeps_advisory = !may_terminate(target);
    take_locks(&stake, &questions->locks, target->before.pid);
    take_temps(&stake, questions, target);
    take_progress(&stake, questions, target->before.pid);
    consequences = consequences_foresee(&facts, &scene->arena);
    engine_step(engine, &event, &plan);
}

void foresight_tell(Foresight *foresight, Engine *engine)
{
    Scene *scene = foresight->scene;
    Questions *questions = ARENA_NEW(&scene->arena, Questions);

    if (engine_target_count(engine) == 0)
        return;
    note_targets(questions, engine, &scene->arena);
    ask_all(scene, questions);
    if (scene_await_until(scene, &questions->locks.answer, foresight->deadline_us) &&
        scene_await_until(scene, &questions->progress[0].answer, foresight->deadline_us) &&
        scene_await_until(scene, &questions->slots.answer, foresight->deadline_us)) {
        begin_temps(scene, questions, engine);
        await_all(foresight, questions, engine);
    }
    end_temps(scene, questions);
    for (size_t i = 0; i < engine_target_count(engine); i++)
        tell(foresight, questions, engine, i);
}
