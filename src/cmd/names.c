/* SPDX-License-Identifier: PostgreSQL */
/* Names: of roles and databases, kept from one snapshot to the next. */
#include "cmd/names.h"

#include <stdlib.h>
#include <string.h>

typedef struct Named {
    uint32_t oid;
    const char *name;
    bool superuser; /* of roles; so is signalable */
    bool signalable;
} Named;

typedef struct NamedList {
    Named *items;
    size_t count;
} NamedList;

struct Names {
    Arena arena;
    NamedList roles;
    NamedList databases;
};

Names *names_new(void)
{
    Names *names = xcalloc(1, sizeof(*names));

    arena_init(&names->arena);
    return names;
}

void names_free(Names *names)
{
    if (!names)
        return;
    arena_done(&names->arena);
    free(names);
}

static Named *find(const NamedList *list, uint32_t oid)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].oid == oid)
            return &list->items[i];
    return NULL;
}

/* A name that is still the same costs nothing, so that what is kept does not grow. */
static void keep(Names *names, NamedList *list, const Named *named)
{
    Named *known;

    if (named->oid == 0 || !named->name)
        return;
    known = find(list, named->oid);
    if (!known) {
        list->items = arena_grow(&names->arena, list->items, list->count, sizeof(Named));
        known = &list->items[list->count++];
    }
    if (!known->name || strcmp(known->name, named->name) != 0)
        known->name = arena_strdup(&names->arena, named->name);
    known->oid = named->oid;
    known->superuser = named->superuser;
    known->signalable = named->signalable;
}

void names_learn(Names *names, const Session *sessions, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const Session *session = &sessions[i];

        keep(names, &names->roles,
             &(Named){session->role_oid, session->role, session->role_superuser,
                      session->role_signalable});
        keep(names, &names->databases,
             &(Named){.oid = session->database_oid, .name = session->database});
    }
}

void names_recall(const Names *names, Session *sessions, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        Session *session = &sessions[i];
        const Named *role = find(&names->roles, session->role_oid);
        const Named *database = find(&names->databases, session->database_oid);

        if (role) {
            session->role = role->name;
            session->role_superuser = role->superuser;
            session->role_signalable = role->signalable;
        }
        if (database)
            session->database = database->name;
    }
}
