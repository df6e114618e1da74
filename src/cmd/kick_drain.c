/* SPDX-License-Identifier: PostgreSQL */
/* kick, its rounds: end the sessions, look again, and end who came meanwhile. */
#include "cmd/kick.h"

/* Clients that come back need a moment for it; who was just connecting while a door was closed does
 * as well. */
#define SETTLE_US (500 * US_PER_MS)
#define SETTLE_CLOSED_US (100 * US_PER_MS)

#define ROUNDS_MAX 64
#define QUIET_LOOKS 2 /* so often in a row nobody has come, before it counts as empty */

static bool is_known(const Kick *kick, const Session *session)
{
    for (size_t i = 0; i < engine_target_count(kick->act.engine); i++)
        if (session_same(&engine_target(kick->act.engine, i)->before, session))
            return true;
    return false;
}

static bool comes_back(const Kick *kick, const Session *session)
{
    for (size_t i = 0; i < engine_target_count(kick->act.engine); i++) {
        const Target *target = engine_target(kick->act.engine, i);

        if (target->outcome == OUTCOME_TERMINATED && comers_alike(&target->before, session))
            return true;
    }
    return false;
}

/* Waits, though not when the operator wants to stop. */
static void settle(const Scene *scene, int64_t for_us)
{
    int64_t deadline = clock_steady_us() + for_us;

    while (clock_steady_us() < deadline && loop_interrupts(scene->loop) == 0)
        loop_turn(scene->loop, deadline);
}

/* The sessions that are meant now and were not there before. */
static bool look(Kick *kick, Aim *ret_fresh, Err *err)
{
    Scene *scene = kick->act.scene;
    Aim aim;
    size_t fresh = 0;

    if (!scene_reconnect(scene, err) || !scene_snapshot(scene, true, err) ||
        !aim_resolve(scene, ORDER_TERMINATE, &aim, err))
        return false;
    for (size_t i = 0; i < aim.count; i++)
        if (!is_known(kick, aim.targets[i].session))
            aim.targets[fresh++] = aim.targets[i];
    aim.count = fresh;
    for (size_t i = 0; i < fresh; i++)
        comers_add(&kick->comers, aim.targets[i].session, comes_back(kick, aim.targets[i].session),
                   &scene->arena);
    *ret_fresh = aim;
    return true;
}

static bool may_go_on(const Kick *kick, size_t rounds, int64_t deadline_us)
{
    return rounds < ROUNDS_MAX && clock_steady_us() < deadline_us &&
           loop_interrupts(kick->act.scene->loop) == 0;
}

static void give_up(Kick *kick, const Aim *fresh)
{
    kick->left = fresh->count;
    kick->out_of_time = loop_interrupts(kick->act.scene->loop) == 0;
}

/* Rounds until nobody comes any more, or they are used up. */
static bool keep_empty(Kick *kick, Err *err)
{
    const Scene *scene = kick->act.scene;
    int64_t deadline = clock_steady_us() + scene->settings->order.timeout_us;
    size_t quiet = 0;
    Err blind;
    Aim fresh;

    for (size_t rounds = 0; quiet < QUIET_LOOKS;) {
        settle(scene, SETTLE_CLOSED_US);
        if (loop_interrupts(scene->loop) > 0 || !look(kick, &fresh, &blind)) {
            kick->blind = true;
            return true;
        }
        quiet = fresh.count == 0 ? quiet + 1 : 0;
        if (fresh.count == 0)
            continue;
        if (!may_go_on(kick, rounds++, deadline)) {
            give_up(kick, &fresh);
            return true;
        }
        act_request(&kick->act, &fresh);
        if (!act_perform(&kick->act, err))
            return false;
    }
    return true;
}

/* Who has come since is only told. */
static void look_once(Kick *kick)
{
    const Scene *scene = kick->act.scene;
    Err blind;
    Aim fresh;

    settle(scene, SETTLE_US);
    if (loop_interrupts(scene->loop) > 0 || !look(kick, &fresh, &blind))
        kick->blind = true;
    else
        kick->left = fresh.count;
}

bool kick_drain(Kick *kick, Err *err)
{
    if (engine_target_count(kick->act.engine) > 0 && !act_perform(&kick->act, err))
        return false;
    if (kick->keeps)
        return keep_empty(kick, err);
    look_once(kick);
    return true;
}
