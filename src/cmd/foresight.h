/* SPDX-License-Identifier: PostgreSQL */
/* Foresight: learns, before anything is confirmed, what the end of the targets would bring.
 *
 * It takes at most two seconds in all, however much hangs: what could not be read by then is said
 * to be so, and neither delays nor prevents an action. */
#ifndef PGQUELL_CMD_FORESIGHT_H
#define PGQUELL_CMD_FORESIGHT_H

#include "cmd/waiting.h"
#include "core/engine.h"

typedef struct Foresight {
    Scene *scene;
    int64_t deadline_us; /* steady clock */
    Waiting waiting;
    bool waiting_known;
} Foresight;

/* Learns who waits for whom, and tells the scene's sessions which prepared transaction is at the
 * head of their queue. To be called after scene_snapshot() and before targets are judged. */
Foresight foresight_begin(Scene *scene);

/* Learns about the targets of the engine and tells it what is foreseen. */
void foresight_tell(Foresight *foresight, Engine *engine);

#endif
