/* SPDX-License-Identifier: PostgreSQL */
/* JSON parts: members and values that objects are made of.
 *
 * A value belongs to the caller until it is put into an object. What is unknown is null. */
#ifndef PGQUELL_UI_JSON_PARTS_H
#define PGQUELL_UI_JSON_PARTS_H

#include <jansson.h>
#include <stdint.h>

/* Adds a member, whose reference it steals; aborts when memory is out. */
void json_put(json_t *object, const char *key, json_t *value);

/* Text from a server: bytes that are not UTF-8 read \xNN. */
json_t *json_of_text(const char *text);

/* ISO 8601 in UTC with microseconds. */
json_t *json_of_instant(int64_t instant_us);

/* Seconds from one instant to another; not below zero. */
json_t *json_of_age(int64_t since_us, int64_t now_us);

/* A number of which 0 means none. */
json_t *json_of_number(int64_t number);

/* A count, which may be COUNT_UNKNOWN. */
json_t *json_of_count(int count);

#endif
