/* SPDX-License-Identifier: PostgreSQL */
/* Ordinary: a busy session of an application, and a world in which our role may signal it. */
#ifndef PGQUELL_TEST_CORE_ORDINARY_H
#define PGQUELL_TEST_CORE_ORDINARY_H

#include "core/session.h"

/* The server's clock in these tests. */
#define NOW_US (INT64_C(1790000000) * US_PER_S)

Session ordinary_session(void);
World ordinary_world(void);

#endif
