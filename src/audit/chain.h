/* SPDX-License-Identifier: PostgreSQL */
/* Chain: the hash that ties a record to the one before it. */
#ifndef PGQUELL_AUDIT_CHAIN_H
#define PGQUELL_AUDIT_CHAIN_H

#include "audit/store.h"
#include "base/err.h"
#include "base/strbuf.h"

/* The `previous` of the first record. */
#define CHAIN_START "0000000000000000000000000000000000000000000000000000000000000000"

/* Appends what is hashed: `pgquell audit 1`, previous, sequence, at_us, run, target, kind, session,
 * body, each as `LENGTH:BYTES,` (a netstring; numbers in decimal), so that no two records look the
 * same and any language can check it. Every field but `hash` must be set. */
void chain_serialise(const Record *record, StrBuf *buf);

/* SHA-256 over that, in lower-case hex. */
FALLIBLE bool chain_hash(const Record *record, char ret_hash[STORE_HASH_MAX], Err *err);

/* SHA-256's 32 bytes in lower-case hex. */
void chain_hex(const unsigned char *digest, char ret_hash[STORE_HASH_MAX]);

#endif
