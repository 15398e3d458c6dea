/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/report/table.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "bench/report/spread.h"
#include "bench/wire/reply.h"

static const char *text(const json_t *json, const char *name)
{
    const char *value = json_string_value(json_object_get(json, name));

    return value == NULL ? "" : value;
}

/* ---- CSV ---- */

struct row {
    size_t run; /* from 1 */
    const char *target, *operation, *class, *latency;
};

static void append_row(struct buf *out, const struct row *row, const json_t *spread)
{
    buf_printf(out, "%zu,%s,%s,%s,%s,%.0f,%.6f,%.6f", row->run, row->target, row->operation,
               row->class, row->latency, spread_value(spread, "count"),
               spread_value(spread, "mean") / 1e6, spread_value(spread, "min") / 1e6);
    for (size_t i = 0; i < spread_percentile_count; i++)
        buf_printf(out, ",%.6f", spread_value(spread, spread_percentiles[i].key) / 1e6);
    buf_printf(out, ",%.6f\n", spread_value(spread, "max") / 1e6);
}

/* All operations together. */
static void append_class(struct buf *out, struct row row, const json_t *run, const char *class)
{
    static const char *const latencies[] = {"response", "service"};

    for (size_t i = 0; i < sizeof latencies / sizeof latencies[0]; i++) {
        json_t *spread = spread_of_class(run, class, latencies[i]);
        row.class = class;
        row.latency = latencies[i];
        if (spread_value(spread, "count") > 0) append_row(out, &row, spread);
        json_decref(spread);
    }
}

static void append_run(struct buf *out, size_t number, const json_t *run)
{
    const json_t *operations = json_object_get(run, "operations");
    struct row row = {number, text(run, "target"), "all", "", "response"};
    const char *name;
    json_t *spread;

    append_row(out, &row, json_object_get(run, "response"));
    row.latency = "service";
    append_row(out, &row, json_object_get(run, "service"));
    for (int class = 0; class < CLASS_COUNT; class ++)
        append_class(out, row, run, class_words[class]);
    for (size_t i = 0; i < json_array_size(operations); i++) {
        const json_t *each = json_array_get(operations, i);
        row.operation = text(each, "operation");
        row.class = text(each, "class");
        row.latency = "response";
        append_row(out, &row, json_object_get(each, "response"));
        row.latency = "service";
        append_row(out, &row, json_object_get(each, "service"));
    }
    row.operation = row.class = "";
    json_object_foreach(json_object_get(run, "domain"), name, spread)
    {
        row.latency = name;
        append_row(out, &row, spread);
    }
}

void table_csv(struct buf *out, const json_t *result)
{
    const json_t *runs = json_object_get(result, "runs");

    buf_append_str(out, "run,target,operation,class,latency,count,mean_ms,min_ms");
    for (size_t i = 0; i < spread_percentile_count; i++)
        buf_printf(out, ",%s_ms", spread_percentiles[i].word);
    buf_append_str(out, ",max_ms\n");
    for (size_t i = 0; i < json_array_size(runs); i++)
        append_run(out, i + 1, json_array_get(runs, i));
}

/* ---- .hgrm ---- */

static void append_line(struct buf *out, const struct histogram *histogram, double percent)
{
    int64_t value = histogram_percentile(histogram, percent);
    uint64_t within = 0, count;
    unsigned cursor = 0;
    int64_t top;

    while (histogram_next(histogram, &cursor, &top, &count)) {
        within += count;
        if (top >= value) break;
    }
    buf_printf(out, "%12.3f %2.12f %10llu", (double)value / 1e6, percent / 100,
               (unsigned long long)within);
    if (percent < 100) buf_printf(out, " %14.2f", 1 / (1 - percent / 100));
    buf_append_str(out, "\n");
}

static double deviation(const struct histogram *histogram)
{
    double mean = histogram_mean(histogram), sum = 0;
    unsigned cursor = 0;
    int64_t value;
    uint64_t count;

    while (histogram_next(histogram, &cursor, &value, &count))
        sum += ((double)value - mean) * ((double)value - mean) * (double)count;
    return histogram->count == 0 ? 0 : sqrt(sum / (double)histogram->count);
}

/* Five steps for each halving of what is left, as HdrHistogram has it. */
static void append_distribution(struct buf *out, const struct histogram *histogram)
{
    enum { STEPS = 5 };
    double percent = 0, step = 50.0 / STEPS;

    buf_append_str(out, "       Value     Percentile TotalCount 1/(1-Percentile)\n\n");
    for (double left = 100; left / 100 * (double)histogram->count >= 1; left /= 2, step /= 2)
        for (int i = 0; i < STEPS; i++, percent += step)
            append_line(out, histogram, percent);
    append_line(out, histogram, 100);
    buf_printf(out, "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n",
               histogram_mean(histogram) / 1e6, deviation(histogram) / 1e6);
    buf_printf(out, "#[Max     = %12.3f, Total count    = %12llu]\n", (double)histogram->max / 1e6,
               (unsigned long long)histogram->count);
    buf_printf(out, "#[Buckets = %12d, SubBuckets     = %12d]\n", 63 - HISTOGRAM_SUB_BITS + 1,
               1 << HISTOGRAM_SUB_BITS);
}

bool table_hgrm(struct buf *out, const json_t *result)
{
    const json_t *runs = json_object_get(result, "runs");
    const char *target = text(json_array_get(runs, 0), "target");
    struct histogram *all = mem_zalloc(sizeof *all); /* that was accepted */

    for (size_t i = 0; i < json_array_size(runs); i++) {
        const json_t *run = json_array_get(runs, i);
        if (strcmp(text(run, "target"), target) == 0)
            spread_gather(run, "ok", NULL, "response", all);
    }
    bool is_some = all->count > 0;
    if (is_some) append_distribution(out, all);
    mem_free(all);
    return is_some;
}
