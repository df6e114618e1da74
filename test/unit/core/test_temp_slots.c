/* SPDX-License-Identifier: PostgreSQL */
/* Temp slots: what follows from the slots that are known, and no more than that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/temp_slots.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define UNKNOWN COUNT_UNKNOWN

static void what_stands_between_neighbours_is_known(void **state)
{
    TempSlot rows[] = {{11, UNKNOWN}, {12, UNKNOWN}, {13, 3}, {14, UNKNOWN}, {15, 5}, {16, 6}};

    temp_slots_infer(rows, COUNT(rows));
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(rows[i].slot, (int) i + 1);
    assert_int_equal(temp_slots_of(rows, COUNT(rows), 14), 4);
    assert_int_equal(temp_slots_of(rows, COUNT(rows), 99), UNKNOWN);
}

static void where_a_slot_is_free_nothing_is_known(void **state)
{
    TempSlot rows[] = {{11, UNKNOWN}, {12, 3}, {13, UNKNOWN}, {14, 6}, {15, UNKNOWN}};

    temp_slots_infer(rows, COUNT(rows));
    assert_int_equal(rows[0].slot, UNKNOWN); /* 1 or 2 */
    assert_int_equal(rows[2].slot, UNKNOWN); /* 4 or 5 */
    assert_int_equal(rows[4].slot, UNKNOWN); /* nobody is behind it */
    assert_int_equal(rows[3].slot, 6);
}

/* From 17 on slots count from 0. */
static void what_the_server_tells_stays(void **state)
{
    TempSlot rows[] = {{11, 0}, {12, 2}, {13, 3}};

    temp_slots_infer(rows, COUNT(rows));
    assert_int_equal(rows[0].slot, 0);
    assert_int_equal(rows[1].slot, 2);
    assert_int_equal(rows[2].slot, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_stands_between_neighbours_is_known),
        cmocka_unit_test(where_a_slot_is_free_nothing_is_known),
        cmocka_unit_test(what_the_server_tells_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
