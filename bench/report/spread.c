/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/report/spread.h"

#include <string.h>

#include "base/mem.h"

const struct spread_percentile spread_percentiles[] = {
    {"p50", "p50", 50}, {"p90", "p90", 90},       {"p95", "p95", 95},
    {"p99", "p99", 99}, {"p99_9", "p99.9", 99.9}, {"p99_99", "p99.99", 99.99},
};
const size_t spread_percentile_count = sizeof spread_percentiles / sizeof spread_percentiles[0];

json_t *spread_json(const struct histogram *histogram)
{
    json_t *json = json_object(), *counts = json_array();
    int64_t value;
    uint64_t count;
    unsigned cursor = 0;

    json_object_set_new(json, "count",
                        json_integer(histogram == NULL ? 0 : (json_int_t)histogram->count));
    if (histogram != NULL && histogram->count > 0) {
        json_object_set_new(json, "mean", json_integer((json_int_t)histogram_mean(histogram)));
        json_object_set_new(json, "min", json_integer(histogram->min));
        for (size_t i = 0; i < spread_percentile_count; i++)
            json_object_set_new(
                json, spread_percentiles[i].key,
                json_integer(histogram_percentile(histogram, spread_percentiles[i].percent)));
        json_object_set_new(json, "max", json_integer(histogram->max));
        while (histogram_next(histogram, &cursor, &value, &count))
            json_array_append_new(counts,
                                  json_pack("[I, I]", (json_int_t)value, (json_int_t)count));
    }
    json_object_set_new(json, "counts", counts);
    return json;
}

bool spread_read(const json_t *spread, struct histogram *histogram)
{
    const json_t *counts = json_object_get(spread, "counts");
    json_int_t value, count;

    if (!json_is_array(counts)) return false;
    for (size_t i = 0; i < json_array_size(counts); i++) {
        if (json_unpack(json_array_get(counts, i), "[I, I]", &value, &count) != 0 || count < 0)
            return false;
        histogram_add_many(histogram, value, (uint64_t)count);
    }
    return true;
}

static bool says(const json_t *json, const char *name, const char *word)
{
    const char *value = json_string_value(json_object_get(json, name));

    return value != NULL && strcmp(value, word) == 0;
}

void spread_gather(const json_t *run, const char *class, const char *operation, const char *latency,
                   struct histogram *histogram)
{
    const json_t *operations = json_object_get(run, "operations");

    for (size_t i = 0; i < json_array_size(operations); i++) {
        const json_t *each = json_array_get(operations, i);
        if (!says(each, "class", class)) continue;
        if (operation != NULL && !says(each, "operation", operation)) continue;
        (void)spread_read(json_object_get(each, latency), histogram);
    }
}

json_t *spread_of_class(const json_t *run, const char *class, const char *latency)
{
    struct histogram *histogram = mem_zalloc(sizeof *histogram);

    spread_gather(run, class, NULL, latency, histogram);
    json_t *spread = spread_json(histogram);
    mem_free(histogram);
    return spread;
}

double spread_value(const json_t *spread, const char *key)
{
    return json_number_value(json_object_get(spread, key));
}
