/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/fill.h"

enum { STEPS_BITS = 3, STEPS = 1 << STEPS_BITS, EXACT = 2 * STEPS };

uint32_t fill_bucket(int64_t span_ms)
{
    if (span_ms < EXACT) return span_ms < 0 ? 0 : (uint32_t)span_ms;
    uint32_t power = 63 - (uint32_t)__builtin_clzll((uint64_t)span_ms);
    uint32_t step = (uint32_t)(span_ms >> (power - STEPS_BITS)) & (STEPS - 1);
    uint32_t bucket = EXACT + (power - STEPS_BITS - 1) * STEPS + step;
    return bucket < FILL_BUCKETS ? bucket : FILL_BUCKETS - 1;
}

/* The middle of a bucket. */
static int64_t span_of(uint32_t bucket)
{
    if (bucket < EXACT) return bucket;
    uint32_t power = (bucket - EXACT) / STEPS + STEPS_BITS + 1;
    int64_t width = INT64_C(1) << (power - STEPS_BITS);
    int64_t start = (INT64_C(1) << power) + (bucket - EXACT) % STEPS * width;
    return start + width / 2;
}

int64_t fill_percentile(const struct fill *fill, double share)
{
    int64_t wanted = (int64_t)((double)fill->total * share + 0.999999), seen = 0;

    for (uint32_t bucket = 0; bucket < FILL_BUCKETS; bucket++) {
        seen += fill->counts[bucket];
        if (fill->counts[bucket] > 0 && seen >= wanted) return span_of(bucket);
    }
    return 0;
}
