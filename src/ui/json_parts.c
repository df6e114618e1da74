/* SPDX-License-Identifier: PostgreSQL */
/* JSON parts: members and values that objects are made of. */
#include "ui/json_parts.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "core/session.h"

void json_put(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new_nocheck(object, key, value) == 0)
        return;
    (void) fputs("pgquell: out of memory\n", stderr);
    abort();
}

json_t *json_of_text(const char *text)
{
    Arena arena;
    json_t *value;

    if (!text)
        return json_null();
    arena_init(&arena);
    value = json_string(text_as_utf8(&arena, text));
    arena_done(&arena);
    return value;
}

json_t *json_of_instant(int64_t instant_us)
{
    char buffer[INSTANT_TEXT_MAX];

    return instant_us == TIME_UNKNOWN ? json_null()
                                      : json_string(instant_format(instant_us, buffer));
}

json_t *json_of_age(int64_t since_us, int64_t now_us)
{
    if (since_us == TIME_UNKNOWN)
        return json_null();
    return json_real(now_us > since_us ? (double) (now_us - since_us) / (double) US_PER_S : 0);
}

json_t *json_of_number(int64_t number)
{
    return number ? json_integer(number) : json_null();
}

json_t *json_of_count(int count)
{
    return count == COUNT_UNKNOWN ? json_null() : json_integer(count);
}
