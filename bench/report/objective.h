/* SPDX-License-Identifier: BSD-2-Clause */
/* objective.h - what a run must hold: "p99<5ms,pay.p99.9<20ms,errors<0.1%,rate>4900".
 *
 * Each is [WHICH.]MEASURE, < or >, and a value. MEASURE: p50 p90 p95 p99 p99.9 p99.99 mean max,
 * with us, ms or s; or, without WHICH, `errors` and `refused` (shares of what was due, in %) and
 * `rate` (answers a second). WHICH: `lag`, a domain latency, or words with dots between, which say
 * of which answers: ok (unless it is said), refused or error; an operation (else all); response
 * (unless it is said) or service. A refusal is quick, so p99 is what those felt who got what they
 * asked for, and refused.join.p99 what those did who followed a link and were turned away. */
#ifndef TUAN_REPORT_OBJECTIVE_H
#define TUAN_REPORT_OBJECTIVE_H

#include <jansson.h>
#include <stdbool.h>

struct buf;

/* What stands left of < or >: in ns, a share from 0 to 1, or a second. NAN: not measured, or not a
 * measure. */
double objective_measure(const char *measure, const json_t *run);

/* NULL, or what is wrong with the list (static). An empty list is legal. */
const char *objectives_check(const char *list);

/* The list as it is judged, a zero behind it: who loses what he is asked, or is too busy, may be
 * quick with the rest, so where nothing is said of errors, 1 % are allowed. An empty list stays
 * empty. */
void objectives_complete(const char *told, struct buf *out);

/* Each objective against a run of a result: a new list of {objective, value, limit, met}. What was
 * not measured is not met. */
json_t *objectives_judge(const char *list, const json_t *run);
bool objectives_met(const json_t *judged);

#endif
