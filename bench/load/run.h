/* SPDX-License-Identifier: BSD-2-Clause */
/* run.h - one run: campaigns are made, rooms prepared, the load is played, every answer verified,
 * and what was made is taken away again. */
#ifndef TUAN_LOAD_RUN_H
#define TUAN_LOAD_RUN_H

#include "bench/load/drive.h"
#include "bench/load/plan.h"
#include "bench/load/recorder.h"
#include "bench/load/shoppers.h"
#include "bench/load/target.h"
#include "bench/load/watchers.h"

struct run_options {
    const struct plan *plan;
    struct target *target;
    struct shoppers *shoppers; /* NULL: by the plan's mix */
    const char *label;         /* before each live line; "" */
    bool is_quiet;             /* no live line, no progress */
    bool leaves_traces;        /* the server ends with this run: nothing need be tidied up */
};

/* What came of it. */
struct outcome {
    const struct plan *plan;
    const struct target *target;
    struct recorder recorder;
    struct drive_counts counts;
    struct watchers_counts watched;
    enum drive_end end;
    int64_t started_wall_ms; /* of the load, warm-up included */
    int64_t span_ms;         /* from the first measured arrival until the last answer */
    double achieved;         /* answers a second, of what was due after the warm-up */
    double cpu_share;        /* of one core, that the generator used */
    int64_t substituted;
    bool is_generator_bound; /* its own lag was above lag_max */
    /* the verifier's: */
    bool is_verified; /* the check ran to its end */
    struct laws laws;
    int64_t answers, seats_checked, rooms_checked, rooms_forgotten, seats_uncertain;
    json_t *server; /* owned */
};

/* False: it could not be run; said on stderr, *exit_code set, and nothing to free. */
bool run_once(const struct run_options *options, struct outcome *outcome, int *exit_code);
void outcome_free(struct outcome *outcome); /* zeroed is legal */

#endif
