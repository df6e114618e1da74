/* SPDX-License-Identifier: PostgreSQL */
/* Ordinary: what the tests of the core begin with. */
#include "core/ordinary.h"

Session ordinary_session(void)
{
    return (Session){
        .pid = 100,
        .backend_start = NOW_US - 3600 * US_PER_S,
        .xact_start = NOW_US - 20 * US_PER_S,
        .query_start = NOW_US - 10 * US_PER_S,
        .state_change = NOW_US - 10 * US_PER_S,
        .state = STATE_ACTIVE,
        .role_oid = 20,
        .database_oid = 5,
        .role = "app",
        .database = "shop",
        .application = "web",
        .client = "10.1.2.3",
        .backend_type = "client backend",
        .query = "SELECT work()",
        .role_signalable = true,
        .locks = COUNT_UNKNOWN,
        .waiters = COUNT_UNKNOWN,
        .root_blocker = COUNT_UNKNOWN,
    };
}

World ordinary_world(void)
{
    return (World){
        .server_version = 150004,
        .own_pid = 9,
        .session_role_oid = 10,
        .current_role = "ops",
        .session_role = "ops",
        .sees_all = true,
        .system_identifier = 7001,
        .postmaster_start = NOW_US - 86400 * US_PER_S,
    };
}
