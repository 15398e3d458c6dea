/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/tool/histogram.h"

#include <assert.h>
#include <string.h>

#define SUB ((uint64_t)1 << HISTOGRAM_SUB_BITS)

/* Values below 1024 have a bucket each; from there on, each doubling has 1024. */
static unsigned bucket_of(uint64_t value)
{
    if (value < SUB) return (unsigned)value;
    unsigned shift = 63U - (unsigned)__builtin_clzll(value) - HISTOGRAM_SUB_BITS;
    return (unsigned)((shift << HISTOGRAM_SUB_BITS) + (value >> shift));
}

/* The greatest value that falls into a bucket. */
static int64_t bucket_top(unsigned bucket)
{
    if (bucket < SUB) return bucket;
    unsigned shift = (bucket >> HISTOGRAM_SUB_BITS) - 1;
    uint64_t first = (uint64_t)(bucket - (shift << HISTOGRAM_SUB_BITS)) << shift;
    return (int64_t)(first + ((uint64_t)1 << shift) - 1);
}

void histogram_add_many(struct histogram *histogram, int64_t value, uint64_t count)
{
    if (count == 0) return;
    if (value < 0) value = 0;
    unsigned bucket = bucket_of((uint64_t)value);
    assert(bucket < HISTOGRAM_BUCKETS);
    histogram->buckets[bucket] += count;
    if (histogram->count == 0 || value < histogram->min) histogram->min = value;
    if (value > histogram->max) histogram->max = value;
    histogram->count += count;
    histogram->sum += (double)value * (double)count;
}

void histogram_add(struct histogram *histogram, int64_t value)
{
    histogram_add_many(histogram, value, 1);
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
    if (from->count == 0) return;
    for (unsigned bucket = bucket_of((uint64_t)from->min); bucket <= bucket_of((uint64_t)from->max);
         bucket++)
        into->buckets[bucket] += from->buckets[bucket];
    if (into->count == 0 || from->min < into->min) into->min = from->min;
    if (from->max > into->max) into->max = from->max;
    into->count += from->count;
    into->sum += from->sum;
}

void histogram_reset(struct histogram *histogram)
{
    unsigned first = bucket_of((uint64_t)histogram->min),
             last = bucket_of((uint64_t)histogram->max);

    memset(&histogram->buckets[first], 0, (last - first + 1) * sizeof histogram->buckets[0]);
    histogram->count = 0;
    histogram->min = histogram->max = 0;
    histogram->sum = 0;
}

int64_t histogram_percentile(const struct histogram *histogram, double percent)
{
    double wanted = (double)histogram->count * percent / 100.0;
    uint64_t seen = 0;

    if (histogram->count == 0) return 0;
    for (unsigned bucket = bucket_of((uint64_t)histogram->min); bucket < HISTOGRAM_BUCKETS;
         bucket++) {
        seen += histogram->buckets[bucket];
        if (seen > 0 && (double)seen >= wanted)
            return bucket_top(bucket) < histogram->max ? bucket_top(bucket) : histogram->max;
    }
    return histogram->max;
}

double histogram_mean(const struct histogram *histogram)
{
    return histogram->count == 0 ? 0 : histogram->sum / (double)histogram->count;
}

bool histogram_next(const struct histogram *histogram, unsigned *cursor, int64_t *value,
                    uint64_t *count)
{
    if (histogram->count == 0) return false;
    unsigned last = bucket_of((uint64_t)histogram->max);
    while (*cursor <= last && histogram->buckets[*cursor] == 0)
        ++*cursor;
    if (*cursor > last) return false;
    *value = bucket_top(*cursor) < histogram->max ? bucket_top(*cursor) : histogram->max;
    *count = histogram->buckets[(*cursor)++];
    return true;
}
