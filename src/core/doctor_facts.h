/* SPDX-License-Identifier: PostgreSQL */
/* Doctor's facts: what the doctor has to know of a server.
 *
 * Plain values; texts belong to the arena of whoever asked and are as the server sent them. */
#ifndef PGQUELL_CORE_DOCTOR_FACTS_H
#define PGQUELL_CORE_DOCTOR_FACTS_H

#include "core/session.h"

/* A setting as it is for the whole instance, in its unit as pg_settings gives it. */
typedef struct DoctorSetting {
    const char *name;
    const char *value;    /* NULL: something of our own session's hides it */
    const char *observed; /* what is in force in our session; for keepalives the system's own */
    const char *unit;     /* "ms", "s", "B", ... or NULL */
    const char *source;   /* where the instance has it from, as pg_settings says */
    const char *fallback; /* PostgreSQL's own value */
    bool pending_restart; /* the files have another value */
} DoctorSetting;

/* A row of pg_db_role_setting, one setting of it; an oid of 0 means all. */
typedef struct DoctorOverride {
    uint32_t database;
    uint32_t role;
    const char *name;
    const char *value; /* as it was typed: "5min", "off" */
} DoctorOverride;

typedef struct DoctorRole {
    uint32_t oid;
    const char *name;
    bool bare; /* the name needs no quotes in SQL */
    bool login;
    bool superuser;
    bool replication;
    bool inherits;
    bool spared;          /* the configuration protects all its sessions */
    bool administers;     /* a member of the managed server's own administrators */
    bool owns_tables;     /* itself, or through a role that cannot log in; in any database */
    int connection_limit; /* negative: none */
} DoctorRole;

typedef struct DoctorDatabase {
    uint32_t oid;
    const char *name;
    bool bare;
    bool usable; /* allows connections and is no template */
} DoctorDatabase;

/* A predefined role that exists on the server, seen from our role. */
typedef struct DoctorGrant {
    const char *name;
    bool usage;  /* we have its privileges */
    bool member; /* we are a member, perhaps without inheriting */
} DoctorGrant;

typedef enum DoctorStoreState {
    STORE_STATE_FOUND,
    STORE_STATE_MISSING, /* it will be made */
    STORE_STATE_FAULTY,  /* `fault` says what is wrong */
} DoctorStoreState;

typedef struct DoctorStore {
    const char *path; /* NULL: there is no place for it */
    DoctorStoreState state;
    bool shared;       /* the one for a team */
    bool unread;       /* its chain was not verified, being too long for that */
    int64_t records;   /* that are intact */
    const char *fault; /* NULL: none; without a full stop */
    const char *shell; /* that mends it; NULL: none */
} DoctorStore;

typedef struct DoctorFacts {
    const World *world;
    bool utf8;   /* the names are UTF-8 */
    bool pooler; /* we were told of one */
    uint32_t own_database;
    const char *own_options; /* what our connection set for itself; NULL: nothing */
    const DoctorSetting *settings;
    size_t setting_count;
    const DoctorOverride *overrides;
    size_t override_count;
    const DoctorRole *roles; /* that can log in, and our own */
    size_t role_count;
    const DoctorDatabase *databases;
    size_t database_count;
    const DoctorGrant *grants;
    size_t grant_count;
    const Session *sessions;
    size_t session_count;
    int64_t server_us;
    DoctorStore store;
} DoctorFacts;

/* The one of that name or oid; NULL where there is none. */
const DoctorSetting *doctor_setting(const DoctorFacts *facts, const char *name);
const DoctorRole *doctor_role(const DoctorFacts *facts, uint32_t oid);
const DoctorRole *doctor_own_role(const DoctorFacts *facts);
const DoctorDatabase *doctor_database(const DoctorFacts *facts, uint32_t oid);
const DoctorGrant *doctor_grant(const DoctorFacts *facts, const char *name);

/* The value of exactly this override, or NULL. */
const char *doctor_override(const DoctorFacts *facts, const char *name, uint32_t database,
                            uint32_t role);

/* What a session of that role in that database begins with: the role's own in the database, the
 * role's, the database's, all roles', the instance's; NULL where that is not known. Source: manual,
 * "ALTER ROLE", Notes. */
const char *doctor_in_force(const DoctorFacts *facts, const char *name, uint32_t database,
                            uint32_t role);

#endif
