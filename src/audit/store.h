/* SPDX-License-Identifier: PostgreSQL */
/* Store: the audit trail, append-only and tamper-evident, in SQLite.
 *
 * A record is part of an action, which is one target of one run: `run` (a random hex id of this
 * invocation) and `target` (its index). Records are chained: hash = SHA-256 over the previous hash
 * and every column (chain.h), so that a changed, removed or reordered record shows; that the newest
 * were removed, or that all was rewritten, shows only against a head that is known from elsewhere.
 * Files are 0600 in a 0700 directory; WAL with synchronous=FULL, so that store_append() returns
 * only when the records are on disk. Several processes may append at once; a store is one thread's
 * and does not cross a fork(). Times are Unix microseconds. All errors have code ERR_AUDIT. */
#ifndef PGQUELL_AUDIT_STORE_H
#define PGQUELL_AUDIT_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

#define STORE_HASH_MAX 65 /* SHA-256 in lower-case hex, with the terminator */

typedef enum RecordKind {
    RECORD_INTENT,      /* before a signal; body: who, why, whom, the evidence, the server */
    RECORD_SIGNAL,      /* how PostgreSQL answered it */
    RECORD_OBSERVATION, /* what was seen */
    RECORD_OUTCOME,     /* how the target ended; body as of an action's JSON object */
    RECORD_PRUNE,       /* that older records were removed; written by store_prune() alone */
    RECORD_KINDS,
} RecordKind;

typedef struct Record {
    int64_t sequence; /* 1, 2, 3 ...; set by the store */
    int64_t at_us;    /* Unix time, microseconds */
    const char *run;
    int target;
    RecordKind kind;
    const char *session;  /* session id; "" of a prune */
    const char *body;     /* a JSON object, compact; opaque to the store but for a prune's */
    const char *previous; /* hash of the record before; set by the store */
    const char *hash;     /* set by the store */
} Record;

typedef struct Store Store;

typedef enum StoreMode {
    STORE_APPEND, /* creates what is missing, migrates an older schema */
    STORE_READ,   /* the file must be there; a copy on a read-only file system will do */
} StoreMode;

/* The file that is used unless another is named: /var/lib/pgquell/audit.db where it exists and may
 * be written, else $XDG_STATE_HOME/pgquell/audit.db, else ~/.local/state/pgquell/audit.db. */
FALLIBLE bool store_default_path(Arena *arena, const char **ret_path, Err *err);

/* To append, neither the file nor its directory may be writable for everybody, nor the file a
 * symbolic link; a group may share them. A read-only copy that nobody writes is read without its
 * locks. */
FALLIBLE bool store_open(const char *path, StoreMode mode, Store **ret_store, Err *err);
void store_close(Store *store);

/* Appends all the records or none, in one durable transaction; sets their sequence and, in `arena`,
 * their hashes. run, session and body may not be NULL. Refused where the file was moved or removed,
 * or where records are gone that this store has seen. After a failure the store can be used again;
 * the records may yet be there where the machine crashes right after the disk failed to confirm
 * them. */
FALLIBLE bool store_append(Store *store, Record *records, size_t count, Arena *arena, Err *err);

/* The hash of the newest record as of our last append or store_open(); 64 zeros for an empty store.
 */
const char *store_head(const Store *store);

const char *record_kind_name(RecordKind kind);

/* The record is good during the call; a visitor that answers false ends the reading. */
typedef bool StoreVisitor(void *context, const Record *record);

typedef struct StoreReading {
    const char *run; /* NULL: all records */
    int target;      /* negative: all of that run's */
    StoreVisitor *visit;
    void *context;
} StoreReading;

/* Reads records in order. Does not verify them. */
FALLIBLE bool store_read(Store *store, const StoreReading *reading, Err *err);

/* Between the two, every reading sees the trail as the first one saw it, whatever other processes
 * append or prune. Not for a store that is to append meanwhile. */
FALLIBLE bool store_hold(Store *store, Err *err);
void store_release(Store *store);

/* Where the chain begins after its oldest records were removed (prune.h). */
typedef struct StoreAnchor {
    int64_t sequence; /* of the last record that was removed; 0: none ever was */
    char hash[STORE_HASH_MAX];
    int64_t at_us;    /* when that was */
    int64_t recorded; /* sequence of the RECORD_PRUNE that says so */
} StoreAnchor;

/* What store_verify() found. */
typedef struct StoreVerdict {
    StoreAnchor anchor;
    int64_t records;   /* that are intact, from the first behind the anchor on */
    int64_t broken_at; /* sequence of the first that is not, or is missing; 0: all are intact */
    const char *fault; /* a sentence, in the arena; NULL when intact */
    char head[STORE_HASH_MAX]; /* of the last that is intact; 64 zeros when there is none */
} StoreVerdict;

/* Recomputes the chain, and whether its last prune accounts for an anchor and for the hashes of
 * what is gone. An answer false is a failure to read; a broken chain is a verdict. */
FALLIBLE bool store_verify(Store *store, Arena *arena, StoreVerdict *ret_verdict, Err *err);

#endif
