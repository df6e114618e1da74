/* SPDX-License-Identifier: PostgreSQL */
/* Fixture: an audit store in a private directory, and a hand that tampers with it. */
#ifndef PGQUELL_TEST_AUDIT_FIXTURE_H
#define PGQUELL_TEST_AUDIT_FIXTURE_H

#include "audit/store.h"

typedef struct Fixture {
    char directory[64];
    char path[96]; /* of the store; not there yet */
    Arena arena;
    Err err;
} Fixture;

int fixture_setup(void **state);
int fixture_teardown(void **state);

/* A path in the private directory, in the arena. */
char *fixture_path(Fixture *fixture, const char *name);

Record fixture_record(RecordKind kind, const char *body);

/* These fail the test where the store does not obey. */
Store *fixture_open(Fixture *fixture, StoreMode mode);
void fixture_append(Fixture *fixture, Store *store, int count);
void fixture_fill(Fixture *fixture, int count);

/* The same with a store of schema version 1, from before there were prunes. */
void fixture_fill_old(Fixture *fixture, int count);

StoreVerdict fixture_verify(Fixture *fixture);
void fixture_assert_intact(Fixture *fixture, int64_t records);

/* Runs SQL on the file behind the store's back; the second drops the triggers first. */
void fixture_sql(Fixture *fixture, const char *sql);
void fixture_tamper(Fixture *fixture, const char *sql);

/* Runs the function in a child and answers its result, or -1 when it crashed. As root the child
 * becomes nobody where `nobody` is set, since no permission binds root. */
int fixture_in_child(Fixture *fixture, int (*run)(Fixture *), bool nobody);

/* The error has our code, contains the text and has a hint. */
void fixture_assert_error(const Fixture *fixture, const char *text);

#endif
