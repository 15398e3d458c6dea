/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/report/compare.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* Runs of these response times (ms, of all answers), answering at these rates. */
static json_t *runs_of(const double *spans, size_t count, double rate)
{
    json_t *runs = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(
            runs, json_pack("{s:s, s:{s:f}, s:[{s:s, s:s, s:{s:[[I, i]]}}]}", "target", "tuan",
                            "totals", "rate", rate, "operations", "operation", "match", "class",
                            "ok", "response", "counts", (json_int_t)(spans[i] * 1e6), 100));
    return runs;
}

static json_t *compare_runs(json_t *base, json_t *now)
{
    json_t *comparison = compare(&(struct compare_side){base, "tuan", "base"},
                                 &(struct compare_side){now, "tuan", "now"});

    json_decref(base);
    json_decref(now);
    return comparison;
}

static const char *verdict_of(const json_t *comparison, const char *measure)
{
    const json_t *rows = json_object_get(comparison, "rows");

    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        if (strcmp(json_string_value(json_object_get(row, "measure")), measure) == 0)
            return json_string_value(json_object_get(row, "verdict"));
    }
    return NULL;
}

static const double steady[] = {10.0, 10.1, 9.9, 10.2, 9.8}, wild[] = {10, 14, 7, 12, 9};

static void what_runs_differ_anyway_is_no_change(void **state)
{
    json_t *comparison = compare_runs(runs_of(wild, 5, 1000), runs_of((double[]){13}, 1, 1000));

    (void)state;
    assert_string_equal(verdict_of(comparison, "p99"), "no change");
    assert_true(compare_regress(comparison) == 0);
    assert_false(json_is_true(json_object_get(comparison, "is_assumed")));
    json_decref(comparison);
}

static void more_than_that_is_better_or_worse(void **state)
{
    json_t *worse = compare_runs(runs_of(steady, 5, 1000), runs_of((double[]){11}, 1, 900));
    json_t *better = compare_runs(runs_of(steady, 5, 1000), runs_of((double[]){9}, 1, 1100));

    (void)state;
    assert_string_equal(verdict_of(worse, "p99"), "worse");
    assert_string_equal(verdict_of(worse, "rate"), "worse");
    assert_true(compare_regress(worse) > 0.099 && compare_regress(worse) < 0.101);
    assert_string_equal(verdict_of(better, "p99"), "better");
    assert_string_equal(verdict_of(better, "rate"), "better");
    assert_true(compare_regress(better) == 0);
    json_decref(worse);
    json_decref(better);
}

static void few_runs_know_little(void **state)
{
    json_t *comparison = compare_runs(runs_of(steady, 2, 1000), runs_of((double[]){11}, 1, 1000));

    (void)state;
    assert_string_equal(verdict_of(comparison, "p99"), "no change");
    assert_true(json_is_true(json_object_get(comparison, "is_assumed")));
    assert_null(verdict_of(comparison, "pay.p99")); /* not measured on either side */
    json_decref(comparison);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_runs_differ_anyway_is_no_change),
        cmocka_unit_test(more_than_that_is_better_or_worse),
        cmocka_unit_test(few_runs_know_little),
    };

    return cmocka_run_group_tests_name("tool/compare", tests, NULL, NULL);
}
