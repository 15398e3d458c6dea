/* SPDX-License-Identifier: BSD-2-Clause */
/* histogram.h - how spans are spread: counts in buckets that are 1/64 of their value wide (error
 * <= 1.6 %).
 *
 * Any unit; values from 0 to 2^40 (in us: 12 days), greater ones count as that. About 18 KiB, no
 * allocation. */
#ifndef TUAN_TOOL_HISTOGRAM_H
#define TUAN_TOOL_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_SUB_BITS 6
#define HISTOGRAM_MAX_BITS 40
#define HISTOGRAM_BUCKETS  ((HISTOGRAM_MAX_BITS - HISTOGRAM_SUB_BITS + 1) << HISTOGRAM_SUB_BITS)

/* Zeroed: empty. */
struct histogram {
    uint64_t count;
    int64_t max; /* exact */
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

/* A negative value counts as 0. */
void histogram_add(struct histogram *histogram, int64_t value);

/* The least value that at least `percent` (0-100) of all values do not exceed; 0 of an empty one.
 * Never more than the greatest value added. */
int64_t histogram_percentile(const struct histogram *histogram, double percent);

#endif
