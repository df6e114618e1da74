/* SPDX-License-Identifier: PostgreSQL */
/* Comers: sessions that came while others were being ended, and which of them came back. */
#include "core/comers.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

bool comers_alike(const Session *a, const Session *b)
{
    return a->role_oid == b->role_oid && a->database_oid == b->database_oid &&
           a->over_socket == b->over_socket && same_text(a->application, b->application) &&
           same_text(a->client, b->client);
}

void comers_init(Comers *comers)
{
    memset(comers, 0, sizeof(*comers));
}

void comers_add(Comers *comers, const Session *session, bool back, Arena *arena)
{
    ComerGroup *group = NULL;

    assert(session);
    for (size_t i = 0; i < comers->group_count; i++)
        if (comers_alike(comers->groups[i].first, session))
            group = &comers->groups[i];
    if (!group) {
        comers->groups = arena_grow(arena, comers->groups, comers->group_count, sizeof(ComerGroup));
        group = &comers->groups[comers->group_count++];
        *group = (ComerGroup){.first = session, .back = back};
    }
    group->count++;
    comers->count++;
    comers->back_count += back;
}

static int compare(const void *a, const void *b)
{
    const ComerGroup *left = a;
    const ComerGroup *right = b;

    int order = right->back - left->back;

    if (order == 0)
        order = (right->count > left->count) - (right->count < left->count);
    if (order == 0)
        order = (left->first->pid > right->first->pid) - (left->first->pid < right->first->pid);
    return order;
}

void comers_sort(Comers *comers)
{
    if (comers->group_count > 1)
        qsort(comers->groups, comers->group_count, sizeof(ComerGroup), compare);
}
