/* SPDX-License-Identifier: PostgreSQL */
/* Protect: sessions that the configuration spares. */
#include "core/protect.h"

const Protection *protect_find(const Protections *protections, const Session *session)
{
    size_t count = protections ? protections->count : 0;

    for (size_t i = 0; i < count; i++)
        if (filter_matches(&protections->entries[i]->filter, session, 0))
            return protections->entries[i];
    return NULL;
}

bool protect_by_application(const Protections *protections)
{
    size_t count = protections ? protections->count : 0;

    for (size_t i = 0; i < count; i++)
        if (protections->entries[i]->filter.text_counts[FILTER_APPLICATION] > 0)
            return true;
    return false;
}
