/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/load/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct schedule schedule;
static struct pace pace;

static void a_constant_rate_is_evenly_spaced_to_the_end(void **state)
{
    (void)state;
    assert_null(schedule_parse(&schedule, "4k", "", 1000));
    pace_init(&pace, &schedule, false, 1);
    for (int i = 1; i < 4000; i++)
        assert_in_range(pace_next_ns(&pace), i * INT64_C(250000) - 1, i * INT64_C(250000) + 1);
    assert_int_equal(pace_next_ns(&pace), -1);
}

static void a_ramp_has_each_step_at_its_own_rate(void **state)
{
    const double rates[] = {1000, 1500, 2000};
    int64_t at_ns, counts[3] = {0};

    (void)state;
    assert_null(schedule_parse(&schedule, "1k..2k", "500/2s", 0));
    assert_int_equal(schedule.count, 3);
    assert_int_equal(schedule_span_ms(&schedule), 6000);
    pace_init(&pace, &schedule, false, 1);
    while ((at_ns = pace_next_ns(&pace)) >= 0)
        counts[at_ns / 2000000000]++;
    for (int i = 0; i < 3; i++) {
        assert_true(schedule_rate_at(&schedule, i * INT64_C(2000000000)) == rates[i]);
        assert_int_equal(schedule_stage_at(&schedule, i * INT64_C(2000000000)), i);
        assert_int_equal(schedule_stage_at(&schedule, (i + 1) * INT64_C(2000000000) - 1), i);
        assert_in_range(counts[i], (int64_t)(rates[i] * 2) - 1, (int64_t)(rates[i] * 2) + 1);
    }
    assert_int_equal(schedule_stage_at(&schedule, 6000000000), 2);
    assert_null(schedule_parse(&schedule, "2k..1k", "500/2s", 0));
    assert_true(schedule.stages[2].rate == 1000);
    assert_null(schedule_parse(&schedule, "1..2", "1/1s", 0));
    assert_int_equal(schedule.count, 2);
}

/* The counts of a Poisson process vary as much as their mean is; even spacing does not vary. */
static void poisson_arrivals_come_in_clumps(void **state)
{
    enum { SLICES = 10000 };
    static int counts[SLICES];
    double sum = 0, squares = 0;
    int64_t at_ns;

    (void)state;
    assert_null(schedule_parse(&schedule, "1000", "", 100000));
    pace_init(&pace, &schedule, true, 3);
    while ((at_ns = pace_next_ns(&pace)) >= 0)
        counts[at_ns / 10000000]++;
    for (int i = 0; i < SLICES; i++) {
        sum += counts[i];
        squares += (double)counts[i] * counts[i];
    }
    double mean = sum / SLICES, variance = squares / SLICES - mean * mean;
    assert_true(mean > 9.8 && mean < 10.2);
    assert_true(variance > 9.0 && variance < 11.0);
}

static void what_is_no_rate_is_refused(void **state)
{
    const char *const wrong[][2] = {
        {"", ""},        {"0", ""},         {"-5", ""},         {"5x", ""},  {"1k..2k", ""},
        {"1k..2k", "5"}, {"1k..2k", "/5s"}, {"1k..2k", "1/1s"}, {"nan", ""}, {"5000", "1k/1s"}};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_non_null(schedule_parse(&schedule, wrong[i][0], wrong[i][1], 1000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_constant_rate_is_evenly_spaced_to_the_end),
        cmocka_unit_test(a_ramp_has_each_step_at_its_own_rate),
        cmocka_unit_test(poisson_arrivals_come_in_clumps),
        cmocka_unit_test(what_is_no_rate_is_refused),
    };

    return cmocka_run_group_tests_name("tool/schedule", tests, NULL, NULL);
}
