/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/tool/histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"

static struct histogram histogram;

static int setup(void **state)
{
    (void)state;
    memset(&histogram, 0, sizeof histogram);
    return 0;
}

static void an_empty_one_answers_zero(void **state)
{
    (void)state;
    assert_int_equal(histogram_percentile(&histogram, 50), 0);
}

static void small_values_are_exact(void **state)
{
    (void)state;
    for (int i = 1; i <= 50; i++)
        histogram_add(&histogram, i);
    assert_int_equal(histogram_percentile(&histogram, 50), 25);
    assert_int_equal(histogram_percentile(&histogram, 100), 50);
    assert_int_equal(histogram_percentile(&histogram, 0), 1);
}

static void one_value_is_every_percentile(void **state)
{
    (void)state;
    histogram_add(&histogram, 123456789);
    assert_int_equal(histogram_percentile(&histogram, 1), 123456789);
    assert_int_equal(histogram_percentile(&histogram, 99.9), 123456789);
}

static void values_out_of_range_are_clamped(void **state)
{
    (void)state;
    histogram_add(&histogram, -5);
    histogram_add(&histogram, INT64_MAX);
    assert_int_equal(histogram_percentile(&histogram, 50), 0);
    assert_int_equal(histogram.max, ((int64_t)1 << HISTOGRAM_MAX_BITS) - 1);
    assert_int_equal(histogram_percentile(&histogram, 100), histogram.max);
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

static void percentiles_are_within_two_percent_of_sorting(void **state)
{
    static int64_t values[20000];
    const double percents[] = {1, 10, 50, 90, 95, 99, 99.9};
    struct rng rng;

    (void)state;
    rng_seed(&rng, 7);
    for (size_t i = 0; i < 20000; i++) {
        values[i] = (int64_t)rng_below(&rng, (uint64_t)1 << (1 + rng_below(&rng, 38)));
        histogram_add(&histogram, values[i]);
    }
    qsort(values, 20000, sizeof values[0], compare);
    for (size_t i = 0; i < sizeof percents / sizeof percents[0]; i++) {
        int64_t exact = values[(size_t)(20000 * percents[i] / 100.0 + 0.9999) - 1];
        int64_t got = histogram_percentile(&histogram, percents[i]);
        assert_true(got >= exact && (double)got <= (double)exact * 1.02 + 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_empty_one_answers_zero, setup),
        cmocka_unit_test_setup(small_values_are_exact, setup),
        cmocka_unit_test_setup(one_value_is_every_percentile, setup),
        cmocka_unit_test_setup(values_out_of_range_are_clamped, setup),
        cmocka_unit_test_setup(percentiles_are_within_two_percent_of_sorting, setup),
    };

    return cmocka_run_group_tests_name("tool/histogram", tests, NULL, NULL);
}
