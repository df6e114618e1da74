/* SPDX-License-Identifier: PostgreSQL */
/* Fields: the key=value words that describe a session, an order or the world. */
#ifndef PGQUELL_SCENARIO_FIELDS_H
#define PGQUELL_SCENARIO_FIELDS_H

#include "core/target.h"
#include "words.h"

/* Instants are offsets from here: the server's clock when a scenario starts. */
#define SERVER_START_US (INT64_C(1790000000) * US_PER_S)

/* An ordinary busy session of an application, and a role that may signal it. */
Session fields_ordinary_session(void);
World fields_ordinary_world(void);

/* Each takes one word in if it is a field of it; texts stay borrowed. */
bool fields_set_session(Session *session, const char *word, const Place *place);
bool fields_set_order(Order *order, const char *word, const Place *place);
bool fields_set_world(World *world, const char *word, const Place *place);

#endif
