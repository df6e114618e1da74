/* SPDX-License-Identifier: PostgreSQL */
/* Anchor: where the chain begins after a prune, and what has to account for that. */
#include "audit/anchor.h"

#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/chain.h"

/* Changes when what is digested does. */
#define HASHES_FORMAT "pgquell pruned 1\n"

/* A hash as pgquell writes it; "" for anything else, which then equals no hash. */
static void take_hash(sqlite3_stmt *row, int column, char ret_hash[STORE_HASH_MAX])
{
    bool typed = sqlite3_column_type(row, column) == SQLITE_TEXT; /* until it is converted */
    const char *text = (const char *) sqlite3_column_text(row, column);
    bool whole = typed && text && sqlite3_column_bytes(row, column) == STORE_HASH_MAX - 1 &&
                 strlen(text) == STORE_HASH_MAX - 1;

    (void) snprintf(ret_hash, STORE_HASH_MAX, "%s", whole ? text : "");
}

/* A store that is only read keeps its schema, so its version may have neither table. */
static bool has_tables(Store *store, bool *ret_has, Err *err)
{
    sqlite3_stmt *row;
    bool read;

    if (!store_prepare(store,
                       "SELECT count(*) = 2 FROM sqlite_master"
                       " WHERE type = 'table' AND name IN ('anchor', 'pruned')",
                       &row, err))
        return false;
    read = sqlite3_step(row) == SQLITE_ROW || store_fail(store, "read", err);
    if (read)
        *ret_has = sqlite3_column_int(row, 0) != 0;
    (void) sqlite3_finalize(row);
    return read;
}

bool anchor_read(Store *store, StoreAnchor *ret_anchor, Err *err)
{
    StoreAnchor anchor = {.hash = CHAIN_START};
    sqlite3_stmt *row;
    bool has = false;
    int result;

    if (!has_tables(store, &has, err))
        return false;
    if (!has) {
        *ret_anchor = anchor;
        return true;
    }
    if (!store_prepare(store,
                       "SELECT sequence, hash, at_us, recorded FROM anchor"
                       " ORDER BY sequence DESC LIMIT 1",
                       &row, err))
        return false;
    result = sqlite3_step(row);
    if (result == SQLITE_ROW) {
        anchor.sequence = sqlite3_column_int64(row, 0);
        take_hash(row, 1, anchor.hash);
        anchor.at_us = sqlite3_column_int64(row, 2);
        anchor.recorded = sqlite3_column_int64(row, 3);
    } else if (result != SQLITE_DONE) {
        (void) store_fail(store, "read", err);
    }
    (void) sqlite3_finalize(row);
    *ret_anchor = anchor;
    return result == SQLITE_ROW || result == SQLITE_DONE;
}

/* Digests the rows; *ret_count becomes negative at the first that is not the next. */
static int digest_rows(EVP_MD_CTX *digest, sqlite3_stmt *row, int64_t *ret_count)
{
    int64_t count = 0;
    int result;

    while ((result = sqlite3_step(row)) == SQLITE_ROW) {
        char hash[STORE_HASH_MAX];

        take_hash(row, 1, hash);
        if (sqlite3_column_int64(row, 0) != count + 1 || hash[0] == '\0') {
            *ret_count = -1;
            return SQLITE_DONE;
        }
        (void) EVP_DigestUpdate(digest, hash, STORE_HASH_MAX - 1);
        count++;
    }
    *ret_count = count;
    return result;
}

bool anchor_digest(Store *store, char ret_hashes[STORE_HASH_MAX], int64_t *ret_count, Err *err)
{
    unsigned char bytes[EVP_MAX_MD_SIZE] = {0};
    unsigned int length = 0;
    EVP_MD_CTX *digest;
    sqlite3_stmt *row;
    bool good;

    if (!store_prepare(store, "SELECT sequence, hash FROM pruned ORDER BY sequence", &row, err))
        return false;
    digest = EVP_MD_CTX_new();
    if (!digest)
        abort();
    good = EVP_DigestInit_ex(digest, EVP_sha256(), NULL) == 1 &&
           EVP_DigestUpdate(digest, HASHES_FORMAT, strlen(HASHES_FORMAT)) == 1;
    if (!good)
        (void) err_set(err, ERR_AUDIT, "could not hash audit records: OpenSSL has no SHA-256");
    else if (digest_rows(digest, row, ret_count) != SQLITE_DONE)
        good = store_fail(store, "read", err);
    (void) sqlite3_finalize(row);
    if (EVP_DigestFinal_ex(digest, bytes, &length) == 1)
        chain_hex(bytes, ret_hashes);
    EVP_MD_CTX_free(digest);
    return good;
}

char *anchor_body(const char *body, int64_t from, const AnchorStatement *statement, Arena *arena)
{
    const StoreAnchor *anchor = &statement->anchor;
    json_t *object = json_loads(body, 0, NULL);
    char *text = NULL;
    char *dumped;

    if (json_is_object(object) && json_object_set_new(object, "from", json_integer(from)) == 0 &&
        json_object_set_new(object, "to", json_integer(anchor->sequence)) == 0 &&
        json_object_set_new(object, "records", json_integer(anchor->sequence - from + 1)) == 0 &&
        json_object_set_new(object, "hash", json_string(anchor->hash)) == 0 &&
        json_object_set_new(object, "hashes", json_string(statement->hashes)) == 0) {
        dumped = json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII);
        text = arena_strdup(arena, dumped);
        free(dumped);
    }
    json_decref(object);
    return text;
}

static void copy_hash(const json_t *object, const char *key, char ret_hash[STORE_HASH_MAX])
{
    const char *text = json_string_value(json_object_get(object, key));
    bool whole = text && strlen(text) == STORE_HASH_MAX - 1;

    (void) snprintf(ret_hash, STORE_HASH_MAX, "%s", whole ? text : "");
}

void anchor_stated(const Record *record, AnchorStatement *ret_statement)
{
    json_t *body = json_loads(record->body, 0, NULL);
    StoreAnchor *anchor = &ret_statement->anchor;

    assert(record->kind == RECORD_PRUNE);
    anchor->sequence = json_integer_value(json_object_get(body, "to"));
    anchor->at_us = record->at_us;
    anchor->recorded = record->sequence;
    copy_hash(body, "hash", anchor->hash);
    copy_hash(body, "hashes", ret_statement->hashes);
    json_decref(body);
}

static bool same_anchor(const StoreAnchor *a, const StoreAnchor *b)
{
    return a->sequence == b->sequence && a->at_us == b->at_us && a->recorded == b->recorded &&
           a->hash[0] != '\0' && strcmp(a->hash, b->hash) == 0;
}

static bool count_anchors(Store *store, int64_t *ret_count, Err *err)
{
    sqlite3_stmt *row;
    bool read;

    if (!store_prepare(store, "SELECT count(*) FROM anchor", &row, err))
        return false;
    read = sqlite3_step(row) == SQLITE_ROW || store_fail(store, "read", err);
    if (read)
        *ret_count = sqlite3_column_int64(row, 0);
    (void) sqlite3_finalize(row);
    return read;
}

/* Of a store with the tables, whose anchor is the one that was stated. */
static bool find_stray_rows(Store *store, const StoreAnchor *anchor,
                            const AnchorStatement *statement, const char **ret_fault, Err *err)
{
    char hashes[STORE_HASH_MAX] = "";
    int64_t anchors = 0;
    int64_t count = 0;

    if (!count_anchors(store, &anchors, err) || !anchor_digest(store, hashes, &count, err))
        return false;
    if (anchors > 1)
        *ret_fault = "An anchor was added.";
    else if (count != anchor->sequence || (count > 0 && strcmp(hashes, statement->hashes) != 0))
        *ret_fault = "The hashes of removed records were changed.";
    return true;
}

bool anchor_find_fault(Store *store, const AnchorStatement *statement, Arena *arena,
                       StoreVerdict *verdict, Err *err)
{
    const StoreAnchor *anchor = &verdict->anchor;
    bool pruned = anchor->sequence != 0;
    bool stated = statement->anchor.recorded != 0;
    bool has = false;

    if (pruned != stated || (pruned && !same_anchor(anchor, &statement->anchor))) {
        verdict->fault =
            stated ? arena_printf(arena,
                                  "Record %" PRId64 ", of the last prune, says otherwise than the "
                                  "anchor where the trail begins.",
                                  statement->anchor.recorded)
                   : arena_printf(arena,
                                  "Records up to %" PRId64 " are missing, and no record of a prune "
                                  "accounts for them.",
                                  anchor->sequence);
        return true;
    }
    if (!has_tables(store, &has, err))
        return false;
    return !has || find_stray_rows(store, anchor, statement, &verdict->fault, err);
}
