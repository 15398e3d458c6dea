/* SPDX-License-Identifier: BSD-2-Clause */
/* spread.h - a histogram in results: percentiles for people, and all its counts for whoever wants
 * to look again. Spans are ns there. */
#ifndef TUAN_REPORT_SPREAD_H
#define TUAN_REPORT_SPREAD_H

#include <jansson.h>

#include "bench/tool/histogram.h"

/* The percentiles that are told: rows of a name in results, for people, and the value. */
struct spread_percentile {
    const char *key, *word;
    double percent;
};
extern const struct spread_percentile spread_percentiles[];
extern const size_t spread_percentile_count;

/* {count, mean, min, p50 ... max, counts: [[value, count] ...]}: a new reference. NULL is an empty
 * histogram. */
json_t *spread_json(const struct histogram *histogram);
/* The counts back into a histogram. False: not a spread. */
bool spread_read(const json_t *spread, struct histogram *histogram);

/* What a run of a result tells of answers of one class (reply.h): all counts of a latency
 * (response, service) of that operation (NULL: of all), added to the histogram. */
void spread_gather(const json_t *run, const char *class, const char *operation, const char *latency,
                   struct histogram *histogram);
/* The same of all operations, as a spread: a new reference. */
json_t *spread_of_class(const json_t *run, const char *class, const char *latency);

/* In ns; 0: not there. */
double spread_value(const json_t *spread, const char *key);

#endif
