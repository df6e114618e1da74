/* SPDX-License-Identifier: PostgreSQL */
/* Chain: what is hashed is unambiguous and never changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "audit/chain.h"

static Record sample(void)
{
    return (Record){.sequence = 7,
                    .at_us = 1234567,
                    .run = "ab",
                    .target = 3,
                    .kind = RECORD_SIGNAL,
                    .session = "1.2",
                    .body = "{}",
                    .previous = CHAIN_START};
}

static void hash_of(const Record *record, char hash[STORE_HASH_MAX])
{
    Err err;

    assert_true(chain_hash(record, hash, &err));
}

static void serialisation_is_netstrings(void **state)
{
    Record record = sample();
    StrBuf buf;

    strbuf_init(&buf);
    chain_serialise(&record, &buf);
    assert_string_equal(buf.text, "15:pgquell audit 1,64:" CHAIN_START
                                  ",1:7,7:1234567,2:ab,1:3,6:signal,3:1.2,2:{},");
    strbuf_done(&buf);
}

/* From outside: printf '%s' '15:pgquell audit 1,64:000...,1:7,...,2:{},' | sha256sum */
static void hash_is_sha256(void **state)
{
    Record record = sample();
    char hash[STORE_HASH_MAX];

    hash_of(&record, hash);
    assert_string_equal(hash, "a3e67c928312013d46d19b7ca74d792007588018c90cdbc2ec59b6ab16694abc");
}

static void start_is_as_long_as_a_hash(void **state)
{
    assert_int_equal(strlen(CHAIN_START) + 1, STORE_HASH_MAX);
}

static void every_field_counts(void **state)
{
    Record records[9];
    char hashes[9][STORE_HASH_MAX];

    for (size_t i = 0; i < 9; i++)
        records[i] = sample();
    records[1].sequence++;
    records[2].at_us = -records[2].at_us;
    records[3].run = "ac";
    records[4].target++;
    records[5].kind = RECORD_OUTCOME;
    records[6].session = "";
    records[7].body = "{ }";
    records[8].previous = "";
    for (size_t i = 0; i < 9; i++) {
        hash_of(&records[i], hashes[i]);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(hashes[i], hashes[k]);
    }
}

static void text_cannot_move_between_fields(void **state)
{
    Record one = sample();
    Record other = sample();
    char hashes[2][STORE_HASH_MAX];

    one.session = "1.2,2:{}";
    one.body = "x";
    other.session = "1.2";
    other.body = "{},1:x";
    hash_of(&one, hashes[0]);
    hash_of(&other, hashes[1]);
    assert_string_not_equal(hashes[0], hashes[1]);
}

static void kinds_have_names(void **state)
{
    assert_string_equal(record_kind_name(RECORD_INTENT), "intent");
    assert_string_equal(record_kind_name(RECORD_SIGNAL), "signal");
    assert_string_equal(record_kind_name(RECORD_OBSERVATION), "observation");
    assert_string_equal(record_kind_name(RECORD_OUTCOME), "outcome");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(serialisation_is_netstrings),     cmocka_unit_test(hash_is_sha256),
        cmocka_unit_test(start_is_as_long_as_a_hash),      cmocka_unit_test(every_field_counts),
        cmocka_unit_test(text_cannot_move_between_fields), cmocka_unit_test(kinds_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
