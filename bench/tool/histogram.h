/* SPDX-License-Identifier: BSD-2-Clause */
/* histogram.h - how spans are spread: counts in buckets that are 1/1024 of their value wide, so
 * that three digits of every percentile are true.
 *
 * Any unit, any value from 0 to INT64_MAX: nothing is clamped, what is rare and terrible least of
 * all. 432 KiB, no allocation; memory that no value has fallen into is not touched, so in zeroed
 * pages an unused histogram costs nothing. */
#ifndef TUAN_TOOL_HISTOGRAM_H
#define TUAN_TOOL_HISTOGRAM_H

#include <stdbool.h>
#include <stdint.h>

#define HISTOGRAM_SUB_BITS 10
#define HISTOGRAM_BUCKETS  ((63 - HISTOGRAM_SUB_BITS + 1) << HISTOGRAM_SUB_BITS)

/* Zeroed: empty. */
struct histogram {
    uint64_t count;
    int64_t min, max; /* exact */
    double sum;
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

/* A negative value counts as 0. */
void histogram_add(struct histogram *histogram, int64_t value);
void histogram_add_many(struct histogram *histogram, int64_t value, uint64_t count);

/* All of `from` into `into`. Buckets are equal, so nothing is lost. */
void histogram_merge(struct histogram *into, const struct histogram *from);

/* Empty again. */
void histogram_reset(struct histogram *histogram);

/* The least value that at least `percent` (0-100) of all values do not exceed; 0 of an empty one.
 * Never more than the greatest value added. */
int64_t histogram_percentile(const struct histogram *histogram, double percent);
double histogram_mean(const struct histogram *histogram); /* 0 of an empty one */

/* A walk over the buckets that hold something, by rising value. Start with *cursor 0; false: no
 * more. *value is the greatest that falls into the bucket, or
 * the greatest of all. */
bool histogram_next(const struct histogram *histogram, unsigned *cursor, int64_t *value,
                    uint64_t *count);

#endif
