/* SPDX-License-Identifier: BSD-2-Clause */
/* config.h - one simulated world, as its seed makes it: who is in it, how small its limits are, and
 * which faults happen how often. Every seed turns some faults on and others off (a swarm), and the
 * limits are tiny, so that edges are common.
 */
#ifndef TUAN_TESTS_SIM_CONFIG_H
#define TUAN_TESTS_SIM_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "daemon/mirror/types.h"

enum fault {
#define FAULT(name, word, loses, doc) FAULT_##name,
#include "tests/sim/faults.def"
    FAULT_COUNT
};
enum { CALM_STEPS = 3000000 };
enum { NODES_MAX = 3, CLIENTS_MAX = 24, PARTITIONS_MAX = 3 };

struct fault_row {
    const char *word;
    bool loses;
    const char *doc;
};
extern const struct fault_row fault_rows[FAULT_COUNT];

struct config {
    uint64_t seed, steps, calm_steps;
    uint32_t nodes, clients, pipeline, campaigns, users, partitions;
    int64_t think_us, delay_us, still_us; /* means; still: for how long a trouble lasts */
    int64_t patience_us;                  /* of clients: then they hang up, and ask elsewhere */
    int64_t fault_us[FAULT_COUNT];        /* mean time between two; 0: never */
    uint32_t slice_bytes;                 /* what one read or write moves at most; 0: all */
    uint32_t scan_max;
    uint32_t grouping; /* a batch of 24 KiB / grouping bytes is sent at once */
    bool may_lose;
    bool is_private;  /* no lease: one daemon, its own Redis */
    bool flickers;    /* a Redis in trouble refuses some requests, and runs others */
    bool looks_often; /* clients ask more than they write */
    bool drops;       /* they drop campaigns, and put them anew */
    bool moves;       /* and dump them, and load them where they were dropped */
    bool wanders;     /* they go to another daemon whenever they like */
    bool feed_seats;
    bool excuses; /* flaws of the engine that are known are passed over: see README.md */
    size_t sweep_budget;
    struct mirror_config mirror;
};

struct config_wish {
    uint64_t seed, steps;
    uint64_t calm_steps; /* in so many all must be well again after the last fault; 0: as ever */
    uint32_t without;    /* a bit for each fault that is off, whatever the seed says */
    bool excuses;
    bool duels; /* only such seeds as are fights for a lease */
    bool moves; /* only such in which campaigns are dropped, dumped and loaded */
};
void config_make(struct config *config, const struct config_wish *wish);
void config_print(const struct config *config, struct buf *out);

#endif
