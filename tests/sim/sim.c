/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/sim/sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "tests/sim/store.h"

enum { CALM_US = 60 * 1000000, HEAL_US = 200000 };

/* ---- for the parts ---- */

void sim_flaw(struct sim *sim, const char *format, ...)
{
    va_list args;

    if (sim->flaw[0] != '\0') return; /* the first one tells most */
    va_start(args, format);
    vsnprintf(sim->flaw, sizeof sim->flaw, format, args);
    va_end(args);
}

void sim_trace(struct sim *sim, const void *bytes, size_t len)
{
    sim->hash = hash_mix(sim->hash, hash_bytes(bytes, len, 0));
}

void sim_tell(struct sim *sim, const char *format, ...)
{
    va_list args;

    if (!sim->is_tracing) return;
    fprintf(stderr, "%10lld.%03lld ", (long long)sim->now_us / 1000, (long long)sim->now_us % 1000);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\n");
}

int64_t sim_spread(struct sim *sim, int64_t mean_us)
{
    uint64_t kind = rng_below(&sim->rng, 8);
    int64_t span = kind == 0 ? mean_us * 3 : kind < 4 ? mean_us / 4 : mean_us;

    return 1 + (int64_t)rng_below(&sim->rng, (uint64_t)span * 2 + 1);
}

/* ---- faults ---- */

/* Often an owner, if there is one: trouble of the others changes little. */
static struct node *some_node(struct sim *sim)
{
    struct node *some = &sim->nodes[rng_below(&sim->rng, sim->config.nodes)];
    uint32_t partition = (uint32_t)rng_below(&sim->rng, sim->config.partitions);

    if (rng_below(&sim->rng, 2) == 0) return some;
    for (uint32_t i = 0; i < sim->config.nodes; i++)
        if (node_owns(&sim->nodes[i], partition)) return &sim->nodes[i];
    return some;
}

/* Half of the crashes come in the middle of a turn: when a socket is written to. */
static bool crash_node(struct sim *sim, struct node *node)
{
    if (!node->is_up) return false;
    if (rng_below(&sim->rng, 2) == 0)
        node->dies_after = 1 + (uint32_t)rng_below(&sim->rng, 4);
    else
        node_crash(sim, node);
    return true;
}

static bool stop_node(struct sim *sim, struct node *node)
{
    if (!node->is_up || node->paused_until_us > sim->now_us) return false;
    node_stop(sim, node);
    return true;
}

/* Often about as long as a lease, or so much longer that another has taken over meanwhile. */
static int64_t trouble_us(struct sim *sim)
{
    int64_t lease_us = sim->config.mirror.lease_ms * 1000;

    switch (rng_below(&sim->rng, 3)) {
    case 0: return sim_spread(sim, lease_us);
    case 1: return lease_us + sim_spread(sim, lease_us / 2);
    default: return sim_spread(sim, sim->config.still_us);
    }
}

static bool pause_node(struct sim *sim, struct node *node)
{
    node->paused_until_us = sim->now_us + trouble_us(sim);
    return true;
}

static bool on_link(struct sim *sim, enum fault fault, uint32_t node)
{
    struct conn *conn = net_some(sim, node);

    if (conn == NULL) return false;
    if (fault == FAULT_CUT && rng_below(&sim->rng, 2) == 0)
        net_cut(sim, conn);
    else if (fault == FAULT_CUT)
        conn->cut_after = 1 + (uint32_t)rng_below(&sim->rng, 4); /* with bytes under way */
    else
        net_clog(sim, conn, sim->now_us + trouble_us(sim));
    return true;
}

/* The engine forgets the time of what left no record behind, so a clock that is behind another lets
 * time run back after a restart. */
static bool set_wall(struct sim *sim)
{
    if (sim->config.excuses) return false;
    some_node(sim)->wall_us += (int64_t)rng_below(&sim->rng, 20000000) - 10000000;
    return true;
}

static bool leap(struct sim *sim)
{
    bool is_long = rng_below(&sim->rng, 4) == 0;

    sim->now_us += 1 + (int64_t)rng_below(&sim->rng, is_long ? 70000000 : 2000000);
    return true;
}

static bool happen(struct sim *sim, enum fault fault, struct node *node)
{
    switch (fault) {
    case FAULT_CUT:
    case FAULT_CLOG: return on_link(sim, fault, node->index);
    case FAULT_CRASH: return crash_node(sim, node);
    case FAULT_STOP: return stop_node(sim, node);
    case FAULT_PAUSE: return pause_node(sim, node);
    case FAULT_LEAP: return leap(sim);
    case FAULT_HANGUP:
        client_hang_up(sim, (uint32_t)rng_below(&sim->rng, sim->config.clients));
        return true;
    case FAULT_WALL: return set_wall(sim);
    default: return redis_fault(sim, fault);
    }
}

static void plan_fault(struct sim *sim, enum fault fault)
{
    if (sim->config.fault_us[fault] > 0)
        queue_add(&sim->queue, sim->now_us + sim_spread(sim, sim->config.fault_us[fault]),
                  EVENT_FAULT, (uint32_t)fault, 0);
}

/* Provoked ones name their daemon in the token, plus 1; the others come again and again. */
static void on_fault(struct sim *sim, enum fault fault, uint64_t token)
{
    struct node *node = token > 0 ? &sim->nodes[token - 1] : some_node(sim);
    bool has_happened;

    if (sim->is_calm) return;
    has_happened = happen(sim, fault, node);
    sim->stats.fails[fault] += has_happened;
    if (has_happened) sim_tell(sim, "fault %s", fault_rows[fault].word);
    if (token == 0) plan_fault(sim, fault);
}

void sim_provoke(struct sim *sim, uint32_t node)
{
    uint32_t faults[FAULT_COUNT], count = 0;

    for (uint32_t i = 0; i < FAULT_COUNT; i++)
        if (sim->config.fault_us[i] > 0) faults[count++] = i;
    if (count == 0) return;
    queue_add(&sim->queue, sim->now_us + sim_spread(sim, sim->config.delay_us * 2), EVENT_FAULT,
              faults[rng_below(&sim->rng, count)], node + 1);
}

/* ---- steps ---- */

static void on_sync(struct sim *sim)
{
    redis_sync(sim);
    queue_add(&sim->queue, sim->now_us + sim_spread(sim, 200000), EVENT_SYNC, 0, 0);
}

static void check_memory(struct sim *sim)
{
    bool all_know = true;

    for (uint32_t i = 0; i < sim->config.nodes; i++)
        all_know = all_know && sim->nodes[i].disk.dataset[0] != '\0';
    if (all_know && !sim->oracle.all_know) redis_sync_all(sim);
    sim->oracle.all_know = all_know;
}

static void step(struct sim *sim, const struct happening *happening)
{
    sim->stats.steps++;
    if (happening->at_us > sim->now_us) sim->now_us = happening->at_us;
    sim->hash = hash_mix(sim->hash, (uint64_t)happening->at_us * 8 + happening->kind);
    sim->hash = hash_mix(sim->hash, happening->token * 256 + happening->index);
    switch (happening->kind) {
    case EVENT_NODE: node_turn(sim, happening->index, happening->token); return;
    case EVENT_PIPE: net_arrived(sim, happening->index, happening->token); return;
    case EVENT_CLIENT: client_act(sim, happening->index, happening->token); return;
    case EVENT_ANSWER: client_get_mail(sim, happening->index); return;
    case EVENT_FAULT: on_fault(sim, (enum fault)happening->index, happening->token); return;
    case EVENT_HEAL: redis_heal(sim, (int)happening->index, happening->token); return;
    case EVENT_SYNC:
        check_memory(sim);
        on_sync(sim);
        return;
    }
}

/* ---- phases ---- */

static void begin(struct sim *sim, const struct config *config, bool is_tracing)
{
    *sim = (struct sim){.config = *config, .is_tracing = is_tracing, .now_us = 1000000};
    rng_seed(&sim->rng, config->seed * 2 + 1);
    rng_seed(&sim->entropy, ~config->seed);
    oracle_init(sim);
    redis_start(sim);
    for (uint32_t i = 0; i < config->nodes; i++)
        node_init(sim, i);
    for (uint32_t i = 0; i < config->clients; i++)
        client_init(sim, i);
    for (int i = 0; i < FAULT_COUNT; i++)
        plan_fault(sim, (enum fault)i);
    on_sync(sim);
}

static void heal(struct sim *sim)
{
    sim_tell(sim, "all is healed");
    sim->is_calm = true;
    redis_heal_all(sim);
    for (int i = 0; i < CONNS_MAX; i++)
        sim->net.conns[i].clogged_until_us = 0;
    for (uint32_t i = 0; i < sim->config.nodes; i++) {
        struct node *node = &sim->nodes[i];
        node->paused_until_us = 0;
        node->dies_after = 0;
        node->wake_us = 0;
        node_wake(sim, i, sim->now_us + 1);
    }
}

static bool all_is_well(const struct sim *sim)
{
    for (uint32_t i = 0; i < sim->config.clients; i++)
        if (!client_is_done(&sim->clients[i])) return false;
    for (uint32_t p = 0; p < sim->config.partitions; p++) {
        uint32_t owners = 0;
        for (uint32_t i = 0; i < sim->config.nodes; i++)
            owners += node_owns(&sim->nodes[i], p);
        if (owners != 1) return false;
    }
    return true;
}

/* What keeps the world from being well, for people. */
static void tell_illness(struct sim *sim)
{
    struct buf text = {0};
    uint32_t waiting = 0;

    for (uint32_t i = 0; i < sim->config.clients; i++)
        waiting += !client_is_done(&sim->clients[i]);
    buf_printf(&text, "%u clients wait;", waiting);
    for (uint32_t i = 0; i < sim->config.nodes; i++) {
        struct mirror_info info = {.state = "ended"};
        posix_enter(sim, &sim->nodes[i]);
        if (sim->nodes[i].is_up) dispatch_mirror_info(sim->nodes[i].dispatch, &info);
        buf_printf(&text, " daemon %u is %s, owns", i, info.state);
        for (uint32_t p = 0; p < sim->config.partitions; p++)
            buf_printf(&text, "%s", node_owns(&sim->nodes[i], p) ? " yes" : " no");
    }
    sim_flaw(sim, "not well %d s after all is healed: %.*s", CALM_US / 1000000, (int)text.len,
             text.data);
    buf_free(&text);
}

static void safety_phase(struct sim *sim)
{
    struct happening happening;

    while (sim->flaw[0] == '\0' && sim->stats.steps < sim->config.steps &&
           queue_pop(&sim->queue, &happening))
        step(sim, &happening);
}

static void liveness_phase(struct sim *sim)
{
    int64_t end_us = sim->now_us + CALM_US, close_us = sim->now_us + HEAL_US;
    uint64_t last_step = sim->stats.steps + sim->config.calm_steps;
    struct happening happening;

    heal(sim);
    while (sim->flaw[0] == '\0' && !all_is_well(sim)) {
        if (!queue_pop(&sim->queue, &happening)) break;
        step(sim, &happening);
        if (sim->now_us >= close_us) sim->is_closing = true;
        if (sim->now_us >= end_us || sim->stats.steps >= last_step) tell_illness(sim);
    }
}

void sim_run(struct sim *sim, const struct config *config, bool is_tracing)
{
    begin(sim, config, is_tracing);
    safety_phase(sim);
    if (sim->flaw[0] == '\0') liveness_phase(sim);
    if (sim->flaw[0] == '\0') oracle_settle(sim);
    sim->stats.simulated_us = sim->now_us;
}

uint32_t sim_keep_dump(struct sim *sim, const struct buf *data)
{
    if (sim->dump_count == sim->dump_room) {
        sim->dump_room = sim->dump_room == 0 ? 16 : sim->dump_room * 2;
        sim->dumps = mem_realloc(sim->dumps, sim->dump_room * sizeof *sim->dumps);
    }
    sim->dumps[sim->dump_count] = blob_make(data->data, data->len);
    return ++sim->dump_count;
}

void sim_free(struct sim *sim)
{
    for (uint32_t i = 0; i < sim->config.nodes; i++)
        node_free(sim, &sim->nodes[i]);
    for (uint32_t i = 0; i < sim->dump_count; i++)
        blob_drop(sim->dumps[i]);
    mem_free(sim->dumps);
    oracle_free(sim);
    redis_free(&sim->redis);
    net_free(&sim->net);
    queue_free(&sim->queue);
}
