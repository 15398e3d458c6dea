/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/sim/config.h"

#include <math.h>
#include <stdio.h>

#include "base/rng.h"

const struct fault_row fault_rows[FAULT_COUNT] = {
#define FAULT(name, word, loses, doc) {word, loses, doc},
#include "tests/sim/faults.def"
};

/* Log-uniform: each power of two is as likely as any other. */
static int64_t spread(struct rng *rng, int64_t least, int64_t most)
{
    double at = (double)(rng_u64(rng) >> 11) * 0x1p-53;

    return (int64_t)((double)least * pow((double)most / (double)least, at));
}

static bool coin(struct rng *rng)
{
    return rng_below(rng, 2) == 0;
}

static void make_mirror(struct mirror_config *mirror, struct rng *rng)
{
    mirror->mode = MIRROR_UNIX;
    mirror->lease_ms = spread(rng, 150, 3000);
    mirror->timeout_ms = spread(rng, 100, 1500);
    mirror->keep_bytes = coin(rng) ? (size_t)spread(rng, 1, 4096) : 64 * 1024 * 1024;
    mirror->flight_bytes_max = coin(rng) ? (size_t)spread(rng, 64, 8192) : 16 * 1024 * 1024;
    mirror->flight_batches_max = coin(rng) ? 1 + rng_below(rng, 6) : 1024;
    mirror->snapshot_every_ms = spread(rng, 5, 3000);
    mirror->snapshot_every_bytes = (size_t)spread(rng, 200, 1000000);
    mirror->feed_max = (uint64_t)spread(rng, 20, 100000);
}

/* All draws are made whatever is turned off, so that a smaller world is the same world. */
static void make_faults(struct config *config, struct rng *rng, uint32_t without)
{
    for (int i = 0; i < FAULT_COUNT; i++) {
        bool is_on = coin(rng);
        int64_t mean_us = spread(rng, 40000, 8000000);
        bool fits = (config->may_lose || !fault_rows[i].loses) && ((without >> i) & 1) == 0;
        config->fault_us[i] = is_on && fits ? mean_us : 0;
    }
}

/* Daemons that fight for short leases over slow links, with few faults that come often: what only
 * happens between two messages, happens here. */
static void make_duel(struct config *config, struct rng *rng, uint32_t without)
{
    static const enum fault faults[] = {FAULT_CUT, FAULT_CLOG, FAULT_PAUSE,   FAULT_CRASH,
                                        FAULT_OOM, FAULT_LOSE, FAULT_FAILOVER};

    config->nodes = 2 + (uint32_t)rng_below(rng, NODES_MAX - 1);
    config->campaigns = 1 + (uint32_t)rng_below(rng, 2);
    config->clients = 1 + (uint32_t)rng_below(rng, 6);
    config->looks_often = coin(rng);
    config->wanders = rng_below(rng, 4) != 0;
    config->think_us = spread(rng, 5000, 60000);
    config->delay_us = spread(rng, 1000, 15000);
    config->still_us = spread(rng, 50000, 600000);
    config->mirror.lease_ms = spread(rng, 150, 400);
    config->mirror.snapshot_every_ms = spread(rng, 5, 60);
    for (int i = 0; i < FAULT_COUNT; i++)
        config->fault_us[i] = 0;
    for (int i = 0; i < 3; i++) {
        enum fault fault = faults[rng_below(rng, sizeof faults / sizeof *faults)];
        if (i == 0 && coin(rng)) /* an owner falls silent, and another takes over */
            fault = coin(rng) ? FAULT_PAUSE : FAULT_CLOG;
        int64_t mean_us = spread(rng, 60000, 500000);
        bool fits = (config->may_lose || !fault_rows[fault].loses) && ((without >> fault) & 1) == 0;
        if (fits) config->fault_us[fault] = mean_us;
    }
}

void config_make(struct config *config, const struct config_wish *wish)
{
    struct rng rng;

    rng_seed(&rng, wish->seed);
    *config = (struct config){.seed = wish->seed, .steps = wish->steps, .excuses = wish->excuses};
    config->calm_steps = wish->calm_steps > 0 ? wish->calm_steps : CALM_STEPS;
    config->may_lose = rng_below(&rng, 5) < 2;
    config->is_private = rng_below(&rng, 8) == 0 && !wish->duels;
    config->nodes =
        config->is_private || rng_below(&rng, 3) == 0 ? 1 : 2 + (uint32_t)rng_below(&rng, 2);
    config->partitions = config->is_private || coin(&rng) ? 1 : 1 + (uint32_t)rng_below(&rng, 3);
    config->clients = 1 + (uint32_t)rng_below(&rng, CLIENTS_MAX);
    config->pipeline = 1 + (uint32_t)rng_below(&rng, 4);
    config->campaigns = 1 + (uint32_t)rng_below(&rng, 5);
    config->users = 3 + (uint32_t)rng_below(&rng, 30);
    config->think_us = spread(&rng, 300, rng_below(&rng, 4) == 0 ? 800000 : 30000);
    config->delay_us = spread(&rng, 10, 4000);
    config->still_us = spread(&rng, 20000, 3000000);
    config->slice_bytes = rng_below(&rng, 3) == 0 ? 1 + (uint32_t)rng_below(&rng, 200) : 0;
    config->scan_max = coin(&rng) ? 1 + (uint32_t)rng_below(&rng, 20) : 0;
    config->grouping = coin(&rng) ? 1 : 1U << rng_below(&rng, 12);
    config->flickers = coin(&rng);
    config->wanders = coin(&rng);
    config->feed_seats = coin(&rng);
    config->sweep_budget = coin(&rng) ? 1 + rng_below(&rng, 10) : 1000;
    make_mirror(&config->mirror, &rng);
    config->mirror.partitions = config->partitions;
    if (config->is_private) {
        config->mirror.mode = MIRROR_PRIVATE;
        config->may_lose = false; /* its Redis syncs each write, and has no replica */
    }
    make_faults(config, &rng, wish->without);
    if (!config->is_private && (rng_below(&rng, 3) == 0 || wish->duels))
        make_duel(config, &rng, wish->without);
    config->patience_us = spread(&rng, 20000, config->mirror.timeout_ms * 3000);
    config->drops = rng_below(&rng, 3) == 0 || wish->moves;
    config->moves = config->drops && (coin(&rng) || wish->moves);
}

void config_print(const struct config *config, struct buf *out)
{
    const struct mirror_config *mirror = &config->mirror;

    buf_printf(out, "%s daemons=%u clients=%u*%u partitions=%u campaigns=%u users=%u",
               config->is_private ? "private" : "shared", config->nodes, config->clients,
               config->pipeline, config->partitions, config->campaigns, config->users);
    buf_printf(out, " patience=%lldus%s", (long long)config->patience_us,
               config->wanders ? " wanders" : "");
    buf_append_str(out, config->moves ? " moves" : config->drops ? " drops" : "");
    buf_printf(out, " think=%lldus delay=%lldus slices=%u scan=%u grouping=%u sweep=%zu",
               (long long)config->think_us, (long long)config->delay_us, config->slice_bytes,
               config->scan_max, config->grouping, config->sweep_budget);
    buf_printf(out, " lease=%lld timeout=%lld keep=%zu flight=%zu/%zu snapshot=%lldms/%zu\n ",
               (long long)mirror->lease_ms, (long long)mirror->timeout_ms, mirror->keep_bytes,
               mirror->flight_bytes_max, mirror->flight_batches_max,
               (long long)mirror->snapshot_every_ms, mirror->snapshot_every_bytes);
    buf_append_str(out, config->may_lose ? " may lose;" : " loses nothing;");
    for (int i = 0; i < FAULT_COUNT; i++)
        if (config->fault_us[i] > 0)
            buf_printf(out, " %s/%lldms", fault_rows[i].word,
                       (long long)config->fault_us[i] / 1000);
    buf_append_byte(out, '\n');
}
