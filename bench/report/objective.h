/* SPDX-License-Identifier: BSD-2-Clause */
/* objective.h - what a run must hold: "p99<5ms,pay.p99.9<20ms,errors<0.1%,rate>4900".
 *
 * Each is [WHICH.]MEASURE, < or >, and a value. WHICH: response (the default), service, lag, an
 * operation (its response where it succeeded), or a domain latency. MEASURE: p50 p90 p95 p99 p99.9
 * p99.99 mean max, with us, ms or s; or, without WHICH, `errors` and `refused` (shares of what was
 * due, in %) and `rate` (answers a second). */
#ifndef TUAN_REPORT_OBJECTIVE_H
#define TUAN_REPORT_OBJECTIVE_H

#include <jansson.h>
#include <stdbool.h>

/* What stands left of < or >: in ns, a share from 0 to 1, or a second. NAN: not measured, or not a
 * measure. */
double objective_measure(const char *measure, const json_t *run);

/* NULL, or what is wrong with the list (static). An empty list is legal. */
const char *objectives_check(const char *list);

/* Each objective against a run of a result: a new list of {objective, value, limit, met}. What was
 * not measured is not met. */
json_t *objectives_judge(const char *list, const json_t *run);
bool objectives_met(const json_t *judged);

#endif
