/* SPDX-License-Identifier: BSD-2-Clause */
/* fill.h - how long rooms took to form: a histogram of spans in ms.
 *
 * Buckets as in HdrHistogram: each power of two is cut into eight, so a span is told within 1/16 of
 * itself. The numbers of the buckets are stored: they are for ever.
 */
#ifndef TUAN_ENGINE_FILL_H
#define TUAN_ENGINE_FILL_H

#include <stdint.h>

enum { FILL_BUCKETS = 352 };

struct fill {
    int64_t counts[FILL_BUCKETS];
    int64_t total;
};

uint32_t fill_bucket(int64_t span_ms);
/* A span such that this share of all is no longer; 0 if there are none. */
int64_t fill_percentile(const struct fill *fill, double share);

#endif
