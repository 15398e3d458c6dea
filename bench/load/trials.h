/* SPDX-License-Identifier: BSD-2-Clause */
/* trials.h - which runs, in which order: repeated, side by side, or in search of the highest rate.
 */
#ifndef TUAN_LOAD_TRIALS_H
#define TUAN_LOAD_TRIALS_H

#include "bench/load/run.h"

struct trials {
    struct plan *plan;
    struct target *targets; /* the first is ours; others are compared with it */
    size_t target_count;
    struct shoppers *shoppers; /* NULL: by the plan's mix */
    bool is_quiet, leaves_traces;
    json_t *result; /* runs are added to it; not taken over */
    /* Each run that is kept, as it is done. */
    void (*done)(void *context, const json_t *run);
    void *context;
};

/* Returns the exit code: the worst of all runs. */
int trials_run(struct trials *trials);

#endif
