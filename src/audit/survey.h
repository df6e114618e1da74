/* SPDX-License-Identifier: PostgreSQL */
/* Survey: whether an action could be recorded, found out without making or changing anything. */
#ifndef PGQUELL_AUDIT_SURVEY_H
#define PGQUELL_AUDIT_SURVEY_H

#include "audit/store.h"

#define SURVEY_BYTES_MAX (INT64_C(64) << 20) /* a longer trail is not verified on the way */

typedef struct StoreSurvey {
    bool exists;
    bool unread;       /* too long to be verified here */
    int64_t records;   /* that are intact; 0 where it was not verified */
    const char *fault; /* why nothing could be recorded, or what is broken, without a full stop;
                          NULL when all is well */
    const char *shell; /* the command that mends it, or looks closer; NULL: none */
} StoreSurvey;

/* Texts live in the arena. A store that is missing is well where it can be made. */
StoreSurvey store_survey(const char *path, Arena *arena);

#endif
