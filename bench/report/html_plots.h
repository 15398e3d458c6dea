/* SPDX-License-Identifier: BSD-2-Clause */
/* html_plots.h - the diagrams of the page: of all runs of a target together, or of its first run.
 */
#ifndef TUAN_REPORT_HTML_PLOTS_H
#define TUAN_REPORT_HTML_PLOTS_H

#include <jansson.h>

#include "base/buf.h"

void html_percentiles(struct buf *out, const json_t *runs);
void html_latency_over_time(struct buf *out, const json_t *runs);
void html_rate_over_time(struct buf *out, const json_t *runs);
void html_lag_over_time(struct buf *out, const json_t *runs);

#endif
