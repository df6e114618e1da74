/* SPDX-License-Identifier: PostgreSQL */
/* Doctor: what a server lacks to be a calm one, why, and the SQL that changes it.
 *
 * Pure: facts in (core/doctor_facts.h), checks out, in the arena, in the order of the table of
 * rules. Texts in a check may hold names as the server sent them (untrusted), but for statements,
 * which are one line of printable ASCII each, whatever a role is called. */
#ifndef PGQUELL_CORE_DOCTOR_H
#define PGQUELL_CORE_DOCTOR_H

#include "core/doctor_facts.h"

typedef enum DoctorStatus {
    DOCTOR_OK,
    DOCTOR_ADVICE,  /* missing */
    DOCTOR_WARNING, /* harmful as it is */
} DoctorStatus;

/* Where a statement has to be run, and what it takes. */
typedef enum DoctorReach {
    REACH_CLUSTER, /* a role's or database's: on the primary, by who may alter it */
    REACH_SERVER,  /* ALTER SYSTEM: on this very server, by a superuser, and then a reload */
} DoctorReach;

typedef struct DoctorStatement {
    const char *sql; /* with its semicolon */
    DoctorReach reach;
} DoctorStatement;

/* A session that runs, waits or idles for so long. */
typedef struct DoctorEvidence {
    const Session *session;
    int64_t age_us;
} DoctorEvidence;

typedef struct DoctorCheck {
    const char *check; /* its name */
    const char *topic;
    DoctorStatus status;
    bool noted;           /* it is fine, but `why` has something to say */
    const char *setting;  /* NULL: it is not about one */
    const char *value;    /* that is in force; NULL: none, several or not known */
    const char *proposed; /* NULL: none */
    const char *why;      /* one or two sentences; NULL where it is simply fine */
    const char *remedy;   /* what else is to be done or known, a sentence; NULL: nothing */
    const char *shell;    /* the command that helps where SQL does not; NULL: none */
    bool restart;         /* the server has to be restarted for it */
    DoctorStatement *statements;
    size_t statement_count;
    const char **roles; /* that it is about */
    size_t role_count;
    DoctorEvidence *evidence;
    size_t evidence_count;
} DoctorCheck;

typedef struct DoctorChecks {
    const DoctorCheck *items;
    size_t count;
} DoctorChecks;

/* Examines the facts, which must outlive the checks. Every rule that the server's version knows
 * answers with one check, or with one for each group of roles that are to be treated alike. */
DoctorChecks doctor_examine(const DoctorFacts *facts, Arena *arena);

const char *doctor_status_name(DoctorStatus status);

/* Whether the statement can be run where we are connected, by our role; others are only shown. */
bool doctor_runs_here(const DoctorFacts *facts, const DoctorStatement *statement);

/* The names of the settings that the rules read. */
extern const char *const doctor_settings[];
extern const size_t doctor_setting_count;

/* The names of the predefined roles that they ask for. */
extern const char *const doctor_grants[];
extern const size_t doctor_grant_count;

/* The names of the roles by which a provider's server is known: those of its customers'
 * administrators; NULL behind the last. */
const char *doctor_manager(size_t index);

#endif
