/* SPDX-License-Identifier: BSD-2-Clause */
/* runner.h - running seeds: in a row, over and over, and smaller and smaller. */
#ifndef TUAN_TESTS_SIM_RUNNER_H
#define TUAN_TESTS_SIM_RUNNER_H

#include <stdbool.h>

#include "tests/sim/config.h"
#include "tests/sim/sim.h"

struct run_wish {
    struct config_wish config;
    bool is_traced;
    bool is_twice; /* the same seed gives the same hash */
};

/* The world of a run, told if anything dies in it. */
struct run_report {
    uint64_t steps;
    uint64_t hash;
    char flaw[400]; /* empty: all is well */
};

/* One seed; adds to `total`, which may be NULL. */
void run_one(const struct run_wish *wish, struct run_report *report, struct sim_stats *total);
/* The same in a process of its own, so that an assertion that fails is a report too. */
void run_apart(const struct run_wish *wish, struct run_report *report);
/* The command that runs it again. */
void run_print_command(const struct run_wish *wish, struct buf *out);

/* Fewer faults, fewer steps, as long as it still fails; prints what it finds. */
void shrink(const struct run_wish *wish);

/* Whoever dies of an assertion says in which run, and starts again as a shrinker of it. */
void run_catch_death(char *program, bool shrinks);

#endif
