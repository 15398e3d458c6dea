/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/tool/histogram.h"

#include <assert.h>

#define SUB ((uint64_t)1 << HISTOGRAM_SUB_BITS)

/* Values below 64 have a bucket each; from there on, each doubling has 64. */
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

void histogram_add(struct histogram *histogram, int64_t value)
{
    const int64_t top = ((int64_t)1 << HISTOGRAM_MAX_BITS) - 1;

    value = value < 0 ? 0 : value > top ? top : value;
    unsigned bucket = bucket_of((uint64_t)value);
    assert(bucket < HISTOGRAM_BUCKETS);
    histogram->buckets[bucket]++;
    histogram->count++;
    if (value > histogram->max) histogram->max = value;
}

int64_t histogram_percentile(const struct histogram *histogram, double percent)
{
    double wanted = (double)histogram->count * percent / 100.0;
    uint64_t seen = 0;

    if (histogram->count == 0) return 0;
    for (unsigned bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
        seen += histogram->buckets[bucket];
        if (seen > 0 && (double)seen >= wanted)
            return bucket_top(bucket) < histogram->max ? bucket_top(bucket) : histogram->max;
    }
    return histogram->max;
}
