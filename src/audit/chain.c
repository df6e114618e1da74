/* SPDX-License-Identifier: PostgreSQL */
/* Chain: the hash that ties a record to the one before it. */
#include "audit/chain.h"

#include <assert.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

/* Changes when the serialisation does, so that old and new hashes cannot be confused. */
#define CHAIN_FORMAT "pgquell audit 1"
#define CHAIN_BYTES 32

static void add_text(StrBuf *buf, const char *text)
{
    size_t length;

    assert(text);
    length = strlen(text);
    strbuf_printf(buf, "%zu:", length);
    strbuf_add_bytes(buf, text, length);
    strbuf_add_char(buf, ',');
}

static void add_number(StrBuf *buf, int64_t number)
{
    char digits[24];

    (void) snprintf(digits, sizeof(digits), "%" PRId64, number);
    add_text(buf, digits);
}

void chain_serialise(const Record *record, StrBuf *buf)
{
    add_text(buf, CHAIN_FORMAT);
    add_text(buf, record->previous);
    add_number(buf, record->sequence);
    add_number(buf, record->at_us);
    add_text(buf, record->run);
    add_number(buf, record->target);
    add_text(buf, record_kind_name(record->kind));
    add_text(buf, record->session);
    add_text(buf, record->body);
}

bool chain_hash(const Record *record, char ret_hash[STORE_HASH_MAX], Err *err)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    StrBuf buf;
    int done;

    strbuf_init(&buf);
    chain_serialise(record, &buf);
    done = EVP_Digest(buf.text, buf.length, digest, &length, EVP_sha256(), NULL);
    strbuf_done(&buf);
    if (done != 1 || length != CHAIN_BYTES) /* where OpenSSL's configuration leaves no SHA-256 */
        return err_set(err, ERR_AUDIT, "could not hash audit record: OpenSSL has no SHA-256");
    chain_hex(digest, ret_hash);
    return true;
}

void chain_hex(const unsigned char *digest, char ret_hash[STORE_HASH_MAX])
{
    for (size_t i = 0; i < CHAIN_BYTES; i++)
        (void) snprintf(ret_hash + 2 * i, 3, "%02x", digest[i]);
}
