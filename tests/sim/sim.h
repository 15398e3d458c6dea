/* SPDX-License-Identifier: BSD-2-Clause */
/* sim.h - one simulated world: everything that happens in it follows from its configuration.
 *
 * A step is one happening taken from the queue. The safety phase runs with faults for so many
 * steps; then all is healed, and the liveness phase must bring everything back.
 */
#ifndef TUAN_TESTS_SIM_H
#define TUAN_TESTS_SIM_H

#include "base/rng.h"
#include "tests/sim/client.h"
#include "tests/sim/config.h"
#include "tests/sim/net.h"
#include "tests/sim/node.h"
#include "tests/sim/oracle.h"
#include "tests/sim/posix.h"
#include "tests/sim/queue.h"
#include "tests/sim/redis.h"

struct sim_stats {
    uint64_t steps, commands, requests, replaced, starts, loads, loads_compared, slices, appends,
        takes, restored, excused, fails[FAULT_COUNT], rewinds, answers[TUAN_ERR_COUNT];
    int64_t simulated_us;
};

struct sim {
    struct config config;
    struct rng rng;     /* what happens */
    struct rng entropy; /* what daemons take for chance */
    int64_t now_us;
    uint64_t hash; /* of all that happened */
    uint64_t serial;
    struct queue queue;
    struct net net;
    struct redis redis;
    struct node nodes[NODES_MAX];
    struct client clients[CLIENTS_MAX];
    struct board board;
    struct blob **dumps;
    uint32_t dump_count, dump_room;
    struct oracle oracle;
    bool is_calm;    /* the liveness phase */
    bool is_closing; /* clients finish what they have, and write once more */
    bool is_tracing;
    char flaw[400];
    struct sim_stats stats;
};

/* Runs the world to its end, or to its first flaw (sim->flaw). */
void sim_run(struct sim *sim, const struct config *config, bool is_tracing);
void sim_free(struct sim *sim);

/* For the parts of the world. */
/* Something has just happened to this daemon after which faults are interesting. */
void sim_provoke(struct sim *sim, uint32_t node);
__attribute__((format(printf, 2, 3))) void sim_flaw(struct sim *sim, const char *format, ...);
void sim_trace(struct sim *sim, const void *bytes, size_t len); /* into the hash */
__attribute__((format(printf, 2, 3))) void sim_tell(struct sim *sim, const char *format, ...);
/* What CAMPAIGN.DUMP told, kept until the end. Returns its number, from 1. */
uint32_t sim_keep_dump(struct sim *sim, const struct buf *data);
static inline struct mirror_bytes sim_dump(const struct sim *sim, uint32_t number)
{
    return blob_bytes(sim->dumps[number - 1]);
}
/* A span with this mean, often much shorter, sometimes longer; at least 1. */
int64_t sim_spread(struct sim *sim, int64_t mean_us);

#endif
