/* SPDX-License-Identifier: PostgreSQL */
/* What the files of the doctor share: a rule, and how its check is written; doctor.c has the table
 * of rules, the others what they do. */
#ifndef PGQUELL_CORE_DOCTOR_INTERNAL_H
#define PGQUELL_CORE_DOCTOR_INTERNAL_H

#include "core/doctor.h"
#include "core/doctor_values.h"

typedef struct Doctor Doctor;
typedef struct DoctorRule DoctorRule;

struct DoctorRule {
    const char *check;
    const char *topic;
    const char *setting; /* or the predefined role; NULL: none */
    int since;           /* the first version that knows it, 0: all do */
    DoctorStatus status; /* of what the rule finds */
    const char *why;
    void (*examine)(Doctor *doctor, const DoctorRule *rule);
    /* for settings of the instance */
    bool (*lacks)(const char *value);
    const char *proposed;
    bool restart;
    /* for limits of roles */
    int64_t limit_ms;
    int64_t (*since_us)(const Session *session); /* TIME_UNKNOWN: it does not do that now */
    bool (*applies)(const Doctor *doctor, const DoctorRole *role);    /* NULL: to all */
    int64_t (*base_ms)(const Doctor *doctor, const DoctorRole *role); /* NULL: limit_ms */
};

struct Doctor {
    const DoctorFacts *facts;
    Arena *arena;
    DoctorCheck *checks;
    size_t count;
};

extern const DoctorRule doctor_rules[];
extern const size_t doctor_rule_count;
extern const DoctorRule *const doctor_statement_rule; /* that of statement_timeout */

/* A server that a provider runs, where nobody is a superuser; recognised by its roles. */
typedef struct DoctorProvider {
    const char *role; /* of its customers' administrators */
    const char *name;
    const char *place; /* where settings of the instance are set */
} DoctorProvider;

/* NULL where our role is a superuser or no provider is recognised. */
const DoctorProvider *doctor_provider(const DoctorFacts *facts);

/* A new check, good until the next is added. */
DoctorCheck *doctor_add(Doctor *doctor, const DoctorRule *rule, DoctorStatus status);

/* It is fine, and this is to be said. */
void doctor_note(DoctorCheck *check, const char *why);

void doctor_add_statement(Doctor *doctor, DoctorCheck *check, DoctorReach reach, const char *sql);
void doctor_add_role(Doctor *doctor, DoctorCheck *check, const char *name);
void doctor_add_evidence(Doctor *doctor, DoctorCheck *check, const Session *session,
                         int64_t age_us);
void doctor_add_remedy(Doctor *doctor, DoctorCheck *check, const char *sentence);

/* ALTER SYSTEM, or where that does not help, the way that does. The value is printable ASCII. */
void doctor_change_server(Doctor *doctor, DoctorCheck *check, const DoctorSetting *setting,
                          const char *value);

/* `ALTER ROLE ... change`, or of a database, or of both; which, are oids, 0 for all. False where
 * such a statement cannot be written. */
bool doctor_change_override(Doctor *doctor, DoctorCheck *check, uint32_t database, uint32_t role,
                            const char *change);

/* A client's session of the role, and not our own. */
bool doctor_is_client_of(const DoctorFacts *facts, const Session *session, uint32_t role);

/* Whether the role has a session in that database; 0: in any. */
bool doctor_has_session(const DoctorFacts *facts, uint32_t role, uint32_t database);

/* Whether limits are for it: for applications and people, not for those who keep the server. */
bool doctor_is_limited(const DoctorFacts *facts, const DoctorRole *role);

/* Whether its sessions look as if they came through a pooler. */
bool doctor_is_pooled(const DoctorFacts *facts, const DoctorRole *role);

/* What the rules do. */
void examine_server(Doctor *doctor, const DoctorRule *rule);
void examine_prefix(Doctor *doctor, const DoctorRule *rule);
void examine_keepalives(Doctor *doctor, const DoctorRule *rule);
void examine_everywhere(Doctor *doctor, const DoctorRule *rule);
void examine_limit(Doctor *doctor, const DoctorRule *rule);
void examine_pooled(Doctor *doctor, const DoctorRule *rule);
void examine_reserved(Doctor *doctor, const DoctorRule *rule);
void examine_slots(Doctor *doctor, const DoctorRule *rule);
void examine_connection_limit(Doctor *doctor, const DoctorRule *rule);
void examine_grant(Doctor *doctor, const DoctorRule *rule);
void examine_superusers(Doctor *doctor, const DoctorRule *rule);
void examine_store(Doctor *doctor, const DoctorRule *rule);

/* What the rows of the table take. */
bool doctor_is_short(const char *value); /* a statement_timeout for all */
bool doctor_is_interactive(const Doctor *doctor, const DoctorRole *role); /* people's tools only */
int64_t doctor_statement_base_ms(const Doctor *doctor, const DoctorRole *role);
int64_t doctor_transaction_base_ms(const Doctor *doctor, const DoctorRole *role);

#endif
