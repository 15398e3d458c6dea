/* SPDX-License-Identifier: BSD-2-Clause */
/* schedule.h - when requests are due, in an open loop: decided before and apart from how the
 * server fares.
 *
 * A schedule is a row of stages, each with a rate. Arrivals are evenly spaced, or a Poisson
 * process: shoppers who know nothing of each other. Times are ns since the start of the schedule.
 */
#ifndef TUAN_LOAD_SCHEDULE_H
#define TUAN_LOAD_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"

enum { STAGES_MAX = 256 };

struct stage {
    double rate; /* a second */
    int64_t span_ms;
};

struct schedule {
    struct stage stages[STAGES_MAX];
    size_t count;
};

/* "5000", "20k", "1.5M": one stage of span_ms. "1k..50k" needs step "5k/10s": stages of 10 s, each
 * 5 k more, down if the second is less. NULL, or what is wrong. */
const char *schedule_parse(struct schedule *schedule, const char *rate, const char *step,
                           int64_t span_ms);
int64_t schedule_span_ms(const struct schedule *schedule);
/* The number of the stage that at_ns falls into: the last one's from the schedule's end on. */
size_t schedule_stage_at(const struct schedule *schedule, int64_t at_ns);
double schedule_rate_at(const struct schedule *schedule, int64_t at_ns);

/* "20k": a number with k or M behind it. False: it is none, or not above 0. */
bool rate_parse(const char *text, double *rate);

struct pace {
    struct schedule schedule;
    bool is_poisson;
    struct rng rng;
    size_t stage;
    double stage_start_ns, at_ns;
    double left; /* of the way to the next arrival, in mean distances */
};

void pace_init(struct pace *pace, const struct schedule *schedule, bool is_poisson, uint64_t seed);

/* The next arrival; -1: the schedule is over. */
int64_t pace_next_ns(struct pace *pace);

#endif
