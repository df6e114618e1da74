/* SPDX-License-Identifier: PostgreSQL */
/* Time: durations and instants, there and back, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/timefmt.h"

static void durations_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t us;
    } rows[] = {
        {"0s", 0},
        {"1us", 1},
        {"250ms", 250000},
        {"1.5s", 1500000},
        {"30s", 30000000},
        {"5min", 300000000},
        {"2h", INT64_C(7200000000)},
        {"1d", INT64_C(86400000000)},
        {"365d", INT64_C(365) * 86400000000},
        {"0.5ms", 500},
        {"0.4us", 0},
        {"0.6us", 1},
        {"10 s", 10000000},
        {"1e3ms", 1000000},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t us = -1;
        Err err;

        if (!duration_parse(rows[i].text, &us, &err))
            fail_msg("\"%s\": %s", rows[i].text, err.message);
        assert_int_equal(us, rows[i].us);
    }
}

static void bad_durations_are_refused(void **state)
{
    static const struct {
        const char *text;
        const char *message;
    } rows[] = {
        {"", "it does not start with a digit"},
        {"s", "it does not start with a digit"},
        {"-1s", "it does not start with a digit"},
        {" 1s", "it does not start with a digit"},
        {".5s", "it does not start with a digit"},
        {"nan", "it does not start with a digit"},
        {"10", "its unit is missing"},
        {"10 ", "its unit is missing"},
        {"10sec", "unknown unit \"sec\""},
        {"10S", "unknown unit \"S\""},
        {"10s ", "unknown unit \"s \""},
        {"1s2", "unknown unit \"s2\""},
        {"1\xc2\xb5s", "unknown unit \"\xc2\xb5s\""},
        {"366d", "it is longer than 365 days"},
        {"1e999s", "it is longer than 365 days"},
        {"99999999999999999999s", "it is longer than 365 days"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t us = 7;
        Err err;

        if (duration_parse(rows[i].text, &us, &err))
            fail_msg("\"%s\" was taken", rows[i].text);
        assert_int_equal(us, 7);
        assert_int_equal(err.code, ERR_USAGE);
        if (!strstr(err.message, rows[i].message))
            fail_msg("\"%s\": %s", rows[i].text, err.message);
        assert_non_null(strstr(err.hint, "250ms"));
    }
}

static void durations_are_written(void **state)
{
    static const struct {
        int64_t us;
        const char *text;
    } rows[] = {
        {-5, "0.0 ms"},
        {0, "0.0 ms"},
        {99, "0.0 ms"},
        {400, "0.4 ms"},
        {9999, "9.9 ms"},
        {10000, "10 ms"},
        {999999, "999 ms"},
        {1000000, "1.0 s"},
        {3250000, "3.2 s"},
        {59999999, "59.9 s"},
        {60000000, "1 min 0 s"},
        {250000000, "4 min 10 s"},
        {INT64_C(3599999999), "59 min 59 s"},
        {INT64_C(3600000000), "1 h 0 min"},
        {INT64_C(7500000000), "2 h 5 min"},
        {INT64_C(86400000000), "1 d 0 h"},
        {INT64_C(273600000000), "3 d 4 h"},
    };
    char buffer[DURATION_TEXT_MAX];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(duration_format(rows[i].us, buffer), rows[i].text);
    assert_true(strlen(duration_format(INT64_MAX, buffer)) < DURATION_TEXT_MAX);
}

static void instants_are_read_in_both_forms(void **state)
{
    int64_t us = 0;

    assert_true(instant_parse("2026-11-20 12:34:56.123456+00", &us));
    assert_int_equal(us, INT64_C(1795178096123456));
    assert_true(instant_parse("2026-11-20T12:34:56.1Z", &us));
    assert_int_equal(us, INT64_C(1795178096100000));
    assert_true(instant_parse("1970-01-01 00:00:00+00", &us));
    assert_int_equal(us, 0);
    assert_true(instant_parse("2024-02-29 23:59:59.999999+00", &us));
    assert_true(instant_parse("9999-12-31T23:59:59.999999Z", &us));
}

static void bad_instants_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "now",
        "infinity",
        "-infinity",
        "2026",
        "2026-11",
        "2026-11-2",
        "2026-11-20",
        "2026/11/20 00:00:00Z",
        "2026-11/20 00:00:00Z",
        "2026-11-20_00:00:00Z",
        "2026-11-20 00",
        "2026-11-20 00:00",
        "2026-11-20 0:00:00Z",
        "2026-11-20 00:0:00Z",
        "2026-11-20 00:00:0Z",
        "2026-11-20 00-00-00Z",
        "2026-11-20 00:00-00Z",
        "2026-11-20 00:00:00",
        "2026-11-20 00:00:00+01",
        "2026-11-20 00:00:00+00:30",
        "2026-11-20 00:00:00z",
        "2026-11-20 00:00:00.Z",
        "2026-11-20 00:00:00.1234567Z",
        "2026-11-20 00:00:00Z ",
        " 2026-11-20 00:00:00Z",
        "2026-13-20 00:00:00Z",
        "2026-00-20 00:00:00Z",
        "2026-11-31 00:00:00Z",
        "2026-11-00 00:00:00Z",
        "2026-02-29 00:00:00Z",
        "2026-11-20 24:00:00Z",
        "2026-11-20 00:60:00Z",
        "2026-11-20 00:00:60Z",
        "1969-12-31 23:59:59Z",
        "0044-03-15 00:00:00+00",
        "12026-11-20 00:00:00Z",
        "2026-11-20 00:00:00+00 BC",
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        int64_t us = 7;

        if (instant_parse(bad[i], &us))
            fail_msg("\"%s\" was taken", bad[i]);
        assert_int_equal(us, 7);
    }
}

static void instants_come_back(void **state)
{
    static const int64_t instants[] = {0,
                                       1,
                                       999999,
                                       INT64_C(951782400000000),
                                       INT64_C(1795178096123456),
                                       INT64_C(253402300799999999)};
    char buffer[INSTANT_TEXT_MAX];

    for (size_t i = 0; i < sizeof(instants) / sizeof(instants[0]); i++) {
        int64_t us = -1;

        assert_true(instant_parse(instant_format(instants[i], buffer), &us));
        assert_int_equal(us, instants[i]);
    }
    assert_string_equal(instant_format(INT64_C(1795178096123456), buffer),
                        "2026-11-20T12:34:56.123456Z");
    assert_string_equal(instant_format(TIME_UNKNOWN, buffer), "unknown");
    assert_string_equal(instant_format(-1, buffer), "unknown");
}

static void clocks_go_forward(void **state)
{
    int64_t steady = clock_steady_us();

    assert_true(clock_steady_us() >= steady);
    assert_true(clock_wall_us() > INT64_C(1700000000000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_are_read),
        cmocka_unit_test(bad_durations_are_refused),
        cmocka_unit_test(durations_are_written),
        cmocka_unit_test(instants_are_read_in_both_forms),
        cmocka_unit_test(bad_instants_are_refused),
        cmocka_unit_test(instants_come_back),
        cmocka_unit_test(clocks_go_forward),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
