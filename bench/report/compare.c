/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/report/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/report/objective.h"

enum { RUNS_MAX = 1000, RUNS_TO_KNOW = 5 };
#define BAND_LEAST   0.01
#define BAND_ASSUMED 0.15

static const char *const measures[] = {
    "rate",
    "p50",
    "p99",
    "p99.9",
    "service.p50",
    "service.p99",
    "service.p99.9",
    "open.p99",
    "join.p99",
    "match.p99",
    "pay.p99",
    "get.p99",
    "list.p99",
    "last_seat_to_all_told.p99",
    "deadline_to_ended.p99",
    "seat_to_durable.p99",
};

struct values {
    double items[RUNS_MAX]; /* sorted */
    size_t count;
};

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void gather(const struct compare_side *side, const char *measure, struct values *values)
{
    values->count = 0;
    for (size_t i = 0; i < json_array_size(side->runs) && values->count < RUNS_MAX; i++) {
        const json_t *run = json_array_get(side->runs, i);
        const char *target = json_string_value(json_object_get(run, "target"));
        double value = objective_measure(measure, run);
        if (target != NULL && strcmp(target, side->target) == 0 && isfinite(value))
            values->items[values->count++] = value;
    }
    qsort(values->items, values->count, sizeof values->items[0], by_value);
}

static double median(const struct values *values)
{
    size_t half = values->count / 2;

    return values->count % 2 == 1 ? values->items[half]
                                  : (values->items[half - 1] + values->items[half]) / 2;
}

static double stray(const struct values *values)
{
    double middle = median(values);
    double low = middle - values->items[0], high = values->items[values->count - 1] - middle;

    return middle > 0 ? (low > high ? low : high) / middle : 0;
}

static json_t *compare_row(const char *measure, const struct values *base, const struct values *now,
                           bool is_assumed)
{
    double from = median(base), to = median(now), band = BAND_ASSUMED;
    double change = from > 0 ? to / from - 1 : 0;
    bool is_more_better = strcmp(measure, "rate") == 0;

    if (!is_assumed) band = fmax(BAND_LEAST, fmax(stray(base), stray(now)));
    /* Half as fast and twice as fast are equally far from the same. */
    bool is_same = change >= 0 ? change <= band : 1 / (1 + change) - 1 <= band;
    const char *verdict = is_same                          ? "no change"
                          : (change > 0) == is_more_better ? "better"
                                                           : "worse";
    return json_pack("{s:s, s:f, s:f, s:f, s:f, s:s}", "measure", measure, "base", from, "now", to,
                     "change", change, "band", band, "verdict", verdict);
}

json_t *compare(const struct compare_side *base, const struct compare_side *now)
{
    static struct values from, to; /* 16 kB: not for the stack */
    json_t *rows = json_array();
    bool is_assumed = false;

    for (size_t i = 0; i < sizeof measures / sizeof measures[0]; i++) {
        gather(base, measures[i], &from);
        gather(now, measures[i], &to);
        if (from.count == 0 || to.count == 0) continue;
        is_assumed = from.count < RUNS_TO_KNOW && to.count < RUNS_TO_KNOW;
        json_array_append_new(rows, compare_row(measures[i], &from, &to, is_assumed));
    }
    gather(base, "rate", &from);
    gather(now, "rate", &to);
    return json_pack("{s:s, s:s, s:I, s:I, s:b, s:o}", "base", base->name, "now", now->name,
                     "base_runs", (json_int_t)from.count, "now_runs", (json_int_t)to.count,
                     "is_assumed", is_assumed, "rows", rows);
}

static double real(const json_t *row, const char *name)
{
    return json_number_value(json_object_get(row, name));
}

static void print_row(FILE *out, const json_t *row)
{
    const char *measure = json_string_value(json_object_get(row, "measure"));
    double unit = strcmp(measure, "rate") == 0 ? 1 : 1e6;

    fprintf(out, "%-28s %12.3f %12.3f %+9.1f %% %6.1f %%  %s\n", measure, real(row, "base") / unit,
            real(row, "now") / unit, real(row, "change") * 100, real(row, "band") * 100,
            json_string_value(json_object_get(row, "verdict")));
}

void compare_print(FILE *out, const json_t *comparison)
{
    const json_t *rows = json_object_get(comparison, "rows");

    fprintf(out,
            "\n%s (%lld runs) against %s (%lld runs): ms, or answers a second\n%-28s %12s %12s "
            "%11s %8s\n",
            json_string_value(json_object_get(comparison, "now")),
            (long long)json_integer_value(json_object_get(comparison, "now_runs")),
            json_string_value(json_object_get(comparison, "base")),
            (long long)json_integer_value(json_object_get(comparison, "base_runs")), "", "base",
            "now", "change", "noise");
    for (size_t i = 0; i < json_array_size(rows); i++)
        print_row(out, json_array_get(rows, i));
    if (json_is_true(json_object_get(comparison, "is_assumed")))
        fprintf(out, "the noise is assumed: --repeat 5 measures it\n");
}

double compare_regress(const json_t *comparison)
{
    const json_t *rows = json_object_get(comparison, "rows");
    double worst = 0;

    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        if (strcmp(json_string_value(json_object_get(row, "verdict")), "worse") == 0)
            worst = fmax(worst, fabs(real(row, "change")));
    }
    return worst;
}
