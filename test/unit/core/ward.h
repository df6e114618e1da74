/* SPDX-License-Identifier: PostgreSQL */
/* Ward: facts that a test of triage adds to, and what triage makes of them. */
#ifndef PGQUELL_TEST_CORE_WARD_H
#define PGQUELL_TEST_CORE_WARD_H

#include "core/ordinary.h"
#include "core/triage.h"

#define WARD_MAX 2000
#define S US_PER_S

typedef struct Ward {
    World world;
    Server server;
    Session sessions[WARD_MAX];
    size_t session_count;
    Prepared prepared[WARD_MAX];
    size_t prepared_count;
    BlockingEdge edges[WARD_MAX];
    size_t edge_count;
    Lock locks[WARD_MAX];
    size_t lock_count;
    int unmoved[8];
    size_t unmoved_count;
    TriageLimits limits; /* 60 s, 300 s, 10 s, 1,000 transactions, 10 targets */
    const char *reason_demand;
    Arena arena;
    Triage triage; /* of the last ward_triage() */
} Ward;

/* cmocka's: *state is the ward. */
int ward_setup(void **state);
int ward_teardown(void **state);

/* A client that has been idle for a second. */
Session *ward_session(Ward *ward, int pid);

/* One in this state, statement or state, and with a transaction, for so many seconds. */
Session *ward_active(Ward *ward, int pid, int64_t seconds);
Session *ward_in_transaction(Ward *ward, int pid, SessionState state, int64_t seconds);

/* An active session that has waited so long for a lock on a relation, which `blocker` (0: a
 * prepared transaction) holds in a conflicting mode. */
Session *ward_waiter(Ward *ward, int pid, int blocker, int64_t seconds);
/* The same, but only the place in the queue is in its way. */
Session *ward_queued(Ward *ward, int pid, int blocker, int64_t seconds);
void ward_blocks(Ward *ward, int waiter, int blocker);
Lock *ward_lock(Ward *ward, int pid, LockMode mode, bool granted);

Prepared *ward_prepared(Ward *ward, const char *gid, uint32_t xid, int64_t seconds);

const Triage *ward_triage(Ward *ward);

/* The words of the command, with blanks between; "" where there is none. */
const char *ward_command(Ward *ward, const Fix *fix);

/* Fails unless the triage has just one finding, of this kind; answers it. */
const Finding *assert_one(Ward *ward, FindingKind kind);
void assert_none(Ward *ward);
void assert_says(const char *text, const char *part);
void assert_silent(const char *text, const char *part);

#define WARD_TEST(function) cmocka_unit_test_setup_teardown(function, ward_setup, ward_teardown)

#endif
