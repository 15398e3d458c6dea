/* SPDX-License-Identifier: BSD-2-Clause */
/* summary.h - a run for people, on a terminal. */
#ifndef TUAN_REPORT_SUMMARY_H
#define TUAN_REPORT_SUMMARY_H

#include <jansson.h>
#include <stdio.h>

/* plan: of the result; run: one of its runs. */
void summary_print(FILE *out, const json_t *plan, const json_t *run);

#endif
