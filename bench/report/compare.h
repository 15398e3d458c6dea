/* SPDX-License-Identifier: BSD-2-Clause */
/* compare.h - two lots of runs side by side: what changed by more than runs differ anyway?
 *
 * The noise band of a measure is how far the runs of either side stray from their median, at least
 * 1 %; with fewer than five runs on both sides nobody knows, and 15 % is assumed. */
#ifndef TUAN_REPORT_COMPARE_H
#define TUAN_REPORT_COMPARE_H

#include <jansson.h>
#include <stdio.h>

struct compare_side {
    const json_t *runs; /* of a result */
    const char *target; /* those of this one */
    const char *name;   /* for people */
};

/* {base, now, base_runs, now_runs, is_assumed, rows: [{measure, base, now, change, band,
 * verdict}]}: a new reference. Values are medians; verdicts are "no change", "better", "worse". */
json_t *compare(const struct compare_side *base, const struct compare_side *now);
void compare_print(FILE *out, const json_t *comparison);

/* The worst change for the worse outside of its band, as a share; 0: none. */
double compare_regress(const json_t *comparison);

#endif
