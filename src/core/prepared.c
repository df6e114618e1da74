/* SPDX-License-Identifier: PostgreSQL */
/* Prepared: who may end a prepared transaction. */
#include "core/prepared.h"

#include <string.h>

bool prepared_is_ours(const Prepared *prepared, const World *world)
{
    return world->superuser || (prepared->role && strcmp(prepared->role, world->current_role) == 0);
}
