/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/histogram.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

const int64_t histogram_bounds[HISTOGRAM_UNIT_COUNT][HISTOGRAM_BOUND_COUNT] = {
    [HISTOGRAM_US] = {50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000, 200000,
                      500000, 1000000, 5000000},
    [HISTOGRAM_MS] = {1, 2, 5, 10, 20, 50, 100, 200, 500, SECOND, 2 * SECOND, 5 * SECOND,
                      10 * SECOND, MINUTE, 10 * MINUTE},
    [HISTOGRAM_LONG_MS] = {100, SECOND, 5 * SECOND, 15 * SECOND, MINUTE, 2 * MINUTE, 5 * MINUTE,
                           15 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY,
                           3 * DAY},
    [HISTOGRAM_ONES] = {2, 3, 4, 5, 6, 8, 10, 15, 20, 50, 100, 200, 500, 1000, 10000},
};

const double histogram_per_base[HISTOGRAM_UNIT_COUNT] = {
    [HISTOGRAM_US] = 1e6, [HISTOGRAM_MS] = 1e3, [HISTOGRAM_LONG_MS] = 1e3, [HISTOGRAM_ONES] = 1};

void histogram_add(struct histogram *histogram, enum histogram_unit unit, int64_t value,
                   int64_t times)
{
    int i = 0;

    while (i < HISTOGRAM_BOUND_COUNT && value > histogram_bounds[unit][i])
        i++;
    histogram->counts[i] += times;
    histogram->count += times;
    histogram->sum += value * times;
}
