/* SPDX-License-Identifier: BSD-2-Clause */
/* conclude.h - after all runs: comparisons with a base and with peers, and the files that were
 * asked for. */
#ifndef TUAN_REPORT_CONCLUDE_H
#define TUAN_REPORT_CONCLUDE_H

#include <jansson.h>
#include <stdbool.h>

struct conclusion { /* paths; NULL: not asked for */
    const char *out, *csv, *hgrm, *html;
    const char *base;   /* a result */
    double max_regress; /* a share; 0: no limit */
    bool tells_json;    /* the result goes to standard output, and nothing else */
};

/* Adds "comparisons" to the result. Returns the exit code: OK, REFUSED if it is worse than the base
 * by more than max_regress, USAGE if a file could not be read or written (said on stderr). */
int conclude(const struct conclusion *conclusion, json_t *result);

#endif
