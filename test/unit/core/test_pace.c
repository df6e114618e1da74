/* SPDX-License-Identifier: PostgreSQL */
/* Pace: bursts, refills, and never more than the rate allows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/timefmt.h"
#include "core/pace.h"

static void a_tenth_of_a_second_goes_at_once(void **state)
{
    Pace pace;

    pace_init(&pace, 50, 0);
    for (int i = 0; i < 5; i++)
        assert_true(pace_take(&pace, 0));
    assert_false(pace_take(&pace, 0));
    pace_init(&pace, 2, 0);
    assert_true(pace_take(&pace, 0));
    assert_false(pace_take(&pace, 0));
}

static void it_refills_with_time_but_not_beyond_the_burst(void **state)
{
    Pace pace;

    pace_init(&pace, 10, 0);
    assert_int_equal(pace_next_us(&pace, 0), 0);
    assert_true(pace_take(&pace, 0));
    assert_false(pace_take(&pace, 99 * US_PER_MS));
    assert_true(pace_take(&pace, 101 * US_PER_MS));
    assert_true(pace_take(&pace, 3600 * US_PER_S));
    assert_false(pace_take(&pace, 3600 * US_PER_S));
}

static void a_pace_is_a_number_a_second_or_a_minute(void **state)
{
    static const char *const bad[] = {"",   "x",   "/s",  "0",    "0.0009/s", "1000001",
                                      "-1", "nan", "5/h", "5 /s", "5/secs",   "inf"};
    double pace = -1;

    assert_true(pace_parse("50", &pace));
    assert_true(pace > 49.9 && pace < 50.1);
    assert_true(pace_parse("2.5/s", &pace));
    assert_true(pace > 2.49 && pace < 2.51);
    assert_true(pace_parse("30/min", &pace));
    assert_true(pace > 0.49 && pace < 0.51);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(pace_parse(bad[i], &pace));
    assert_true(pace > 0.49 && pace < 0.51); /* set on success only */
}

static void the_next_one_may_go_when_it_says(void **state)
{
    static const double rates[] = {1e-6, 0.3, 1, 3, 7, 50, 1000, 12345.678};

    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        int64_t now = 17;
        Pace pace;

        pace_init(&pace, rates[i], now);
        for (int taken = 0; taken < 200; taken++) {
            int64_t next = pace_next_us(&pace, now);

            assert_true(next >= now);
            assert_true(next <= now + (int64_t) (US_PER_S / rates[i]) + 2);
            now = next;
            assert_true(pace_take(&pace, now));
        }
    }
}

/* Whatever the pattern of asking, no stretch of time sees more than its share and one burst. */
static void never_more_than_the_rate(void **state)
{
    uint64_t random = 42;

    for (int round = 0; round < 50; round++) {
        double rate = 1 + round * 7.3;
        int64_t now = 0;
        long taken = 0;
        Pace pace;

        pace_init(&pace, rate, 0);
        for (int i = 0; i < 5000; i++) {
            random = random * 6364136223846793005U + 1442695040888963407U;
            now += (int64_t) (random >> 33) % (i % 100 == 0 ? 3000000 : 3000);
            taken += pace_take(&pace, now) ? 1 : 0;
            assert_true((double) taken <=
                        pace.burst + rate * (double) now / (double) US_PER_S + 1e-6);
        }
        assert_true(taken > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pace_is_a_number_a_second_or_a_minute),
        cmocka_unit_test(a_tenth_of_a_second_goes_at_once),
        cmocka_unit_test(it_refills_with_time_but_not_beyond_the_burst),
        cmocka_unit_test(the_next_one_may_go_when_it_says),
        cmocka_unit_test(never_more_than_the_rate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
