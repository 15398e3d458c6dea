/* SPDX-License-Identifier: BSD-2-Clause */
/* histogram.h - how values are spread: how many lie between fixed bounds, and their sum.
 */
#ifndef TUAN_DAEMON_HISTOGRAM_H
#define TUAN_DAEMON_HISTOGRAM_H

#include <stdint.h>

/* What is measured, and so which bounds it has: */
enum histogram_unit {
    HISTOGRAM_US,      /* microseconds of work: 50 us to 5 s */
    HISTOGRAM_MS,      /* milliseconds of lateness: 1 ms to 10 min */
    HISTOGRAM_LONG_MS, /* milliseconds that people wait: 0.1 s to 3 days */
    HISTOGRAM_ONES,    /* counts: 2 to 10,000 */
    HISTOGRAM_UNIT_COUNT
};

enum { HISTOGRAM_BOUND_COUNT = 15 };
/* Rising; beyond the last: the rest. */
extern const int64_t histogram_bounds[HISTOGRAM_UNIT_COUNT][HISTOGRAM_BOUND_COUNT];
/* How many of these make a second, or a one. */
extern const double histogram_per_base[HISTOGRAM_UNIT_COUNT];

/* Zeroed: nothing was measured. */
struct histogram {
    int64_t counts[HISTOGRAM_BOUND_COUNT + 1]; /* [i]: at most bounds[i], more than bounds[i - 1] */
    int64_t count, sum;
};

void histogram_add(struct histogram *histogram, enum histogram_unit unit, int64_t value,
                   int64_t times);

#endif
