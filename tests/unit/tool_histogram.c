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

static void nothing_is_clamped_but_what_is_negative(void **state)
{
    (void)state;
    histogram_add(&histogram, -5);
    histogram_add(&histogram, INT64_MAX);
    assert_int_equal(histogram_percentile(&histogram, 50), 0);
    assert_int_equal(histogram.max, INT64_MAX);
    assert_int_equal(histogram_percentile(&histogram, 100), INT64_MAX);
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

static void percentiles_have_three_true_digits(void **state)
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
        assert_true(got >= exact && (double)got <= (double)exact * (1 + 1.0 / 1024) + 1);
    }
}

static void merged_and_walked_they_count_the_same(void **state)
{
    static struct histogram parts[2];
    int64_t value;
    uint64_t count, walked = 0;
    unsigned cursor = 0;
    struct rng rng;

    (void)state;
    rng_seed(&rng, 11);
    for (size_t i = 0; i < 5000; i++) {
        int64_t span = (int64_t)rng_below(&rng, 10000000);
        histogram_add(&histogram, span);
        histogram_add(&parts[i % 2], span);
    }
    histogram_merge(&parts[0], &parts[1]);
    assert_memory_equal(parts[0].buckets, histogram.buckets, sizeof histogram.buckets);
    assert_int_equal(parts[0].min, histogram.min);
    assert_int_equal(parts[0].max, histogram.max);
    while (histogram_next(&histogram, &cursor, &value, &count))
        walked += count;
    assert_int_equal(value, histogram.max);
    assert_int_equal(walked, 5000);
    histogram_reset(&parts[0]);
    assert_int_equal(histogram_percentile(&parts[0], 100), 0);
    histogram_add(&parts[0], 7);
    assert_int_equal(histogram_percentile(&parts[0], 50), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_empty_one_answers_zero, setup),
        cmocka_unit_test_setup(small_values_are_exact, setup),
        cmocka_unit_test_setup(one_value_is_every_percentile, setup),
        cmocka_unit_test_setup(nothing_is_clamped_but_what_is_negative, setup),
        cmocka_unit_test_setup(percentiles_have_three_true_digits, setup),
        cmocka_unit_test_setup(merged_and_walked_they_count_the_same, setup),
    };

    return cmocka_run_group_tests_name("tool/histogram", tests, NULL, NULL);
}
