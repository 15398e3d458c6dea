/* SPDX-License-Identifier: BSD-2-Clause */
/* result.h - what is kept of a benchmark, as JSON: everything that is needed to judge it, and to
 * run it again. All reports are made of it, so that they can be made later too.
 *
 *     {schema, command, tool, machine, started_at, plan, runs: [...]}
 *
 * Spans are in ns where a name ends in _ns and inside of spreads (spread.h). */
#ifndef TUAN_REPORT_RESULT_H
#define TUAN_REPORT_RESULT_H

#include <jansson.h>

#include "bench/load/run.h"

#define RESULT_SCHEMA "tuan-bench/1"

/* New references. */
json_t *result_create(const struct plan *plan,
                      json_t *command); /* command: words; not taken over */
json_t *result_run(const struct outcome *outcome);

/* Read a result. NULL: said on stderr. */
json_t *result_read(const char *path);
/* Write it whole or not at all ("-": standard output). False: said on stderr. */
bool result_write(const json_t *result, const char *path);

#endif
