/* SPDX-License-Identifier: BSD-2-Clause */
/* table.h - a result as plain files for other programs. */
#ifndef TUAN_REPORT_TABLE_H
#define TUAN_REPORT_TABLE_H

#include <jansson.h>
#include <stdbool.h>

#include "base/buf.h"

/* CSV: a row for each run, operation, class and latency (response, service), and for each domain
 * latency; times in ms. */
void table_csv(struct buf *out, const json_t *result);

/* The percentile distribution of response times as HdrHistogram prints it (.hgrm), in ms: of all
 * runs of the first target together. False: there is no run. */
bool table_hgrm(struct buf *out, const json_t *result);

#endif
