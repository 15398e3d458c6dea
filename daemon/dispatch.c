/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/dispatch_impl.h"

#include <assert.h>
#include <stdio.h>

#include "base/log.h"
#include "base/mem.h"
#include "daemon/feed_ring.h"
#include "daemon/mirror/form.h"

enum { CLOCK_AHEAD_WARN_MS = 10000 };

/* ---- what versions count in ---- */

static void name_by_chance(struct dispatch *dispatch)
{
    uint64_t chance;

    entropy_take(&dispatch->entropy, &chance, sizeof chance);
    snprintf(dispatch->incarnation, sizeof dispatch->incarnation, "%016llx",
             (unsigned long long)chance);
}

/* A cursor from before a start is then never taken for one of this feed. */
static uint32_t epoch_by_chance(struct dispatch *dispatch)
{
    uint32_t chance;

    entropy_take(&dispatch->entropy, &chance, sizeof chance);
    return 1 + chance % FORM_EPOCH_MAX;
}

static void name_by_dataset(struct dispatch *dispatch)
{
    struct mirror_info info;

    mirror_info(dispatch->mirror, &info);
    snprintf(dispatch->incarnation, sizeof dispatch->incarnation, "%s", info.dataset);
}

const char *dispatch_incarnation(const struct dispatch *dispatch)
{
    return dispatch->incarnation;
}

/* ---- the mirror's hooks ---- */

static void on_load_begin(void *context, uint32_t partition)
{
    struct dispatch *dispatch = context;

    assert(partition < DISPATCH_PARTITIONS_MAX);
    if (partition >= dispatch->count) dispatch->count = mirror_partitions(dispatch->mirror);
    partition_load_begin(&dispatch->partitions[partition]);
}

static bool on_load_records(void *context, uint32_t partition, const struct mirror_record *records,
                            size_t count)
{
    return partition_load_records(&((struct dispatch *)context)->partitions[partition], records,
                                  count);
}

static bool on_load_batch(void *context, uint32_t partition, uint64_t position,
                          struct mirror_bytes batch)
{
    return partition_load_batch(&((struct dispatch *)context)->partitions[partition], position,
                                batch);
}

static bool on_load_end(void *context, uint32_t index, uint64_t next)
{
    struct dispatch *dispatch = context;
    struct partition *partition = &dispatch->partitions[index];

    if (!partition_load_end(partition, next)) return false;
    int64_t ahead_ms = clock_raise(&dispatch->clock, engine_last_now_ms(partition->engine));
    if (ahead_ms > CLOCK_AHEAD_WARN_MS)
        log_warn("the log is ahead of the wall clock", "partition=%u ahead_ms=%lld", index,
                 (long long)ahead_ms);
    if (dispatch_shows_only_committed(dispatch)) name_by_dataset(dispatch);
    return true;
}

static void on_committed(void *context, uint32_t partition, uint64_t position)
{
    struct dispatch *dispatch = context;

    partition_committed(&dispatch->partitions[partition], position);
    pace_end(&dispatch->partitions[partition].pace, position, dispatch->clock.boot_us,
             dispatch->config.sweep_budget);
    dispatch->config.committed(dispatch->config.context, partition, position);
}

static void on_dropped(void *context, uint32_t partition)
{
    struct dispatch *dispatch = context;

    partition_drop(&dispatch->partitions[partition]);
    if (!dispatch_shows_only_committed(dispatch)) name_by_chance(dispatch);
    dispatch->config.dropped(dispatch->config.context, partition);
}

static bool on_slice_next(void *context, uint32_t partition, uint64_t older_than,
                          struct mirror_record *out)
{
    return partition_slice_next(&((struct dispatch *)context)->partitions[partition], older_than,
                                out);
}

static void on_slice_done(void *context, uint32_t partition, bool stored)
{
    partition_slice_done(&((struct dispatch *)context)->partitions[partition], stored);
}

static void on_fact(void *context, uint32_t partition, uint64_t position,
                    const struct tuan_fact *fact)
{
    const struct dispatch *dispatch = context;

    dispatch->config.happened(dispatch->config.context, partition, position, fact);
}

static uint64_t on_oldest_dirty(void *context, uint32_t partition)
{
    return partition_oldest_dirty(&((struct dispatch *)context)->partitions[partition]);
}

static bool on_is_behind(void *context, uint32_t partition)
{
    return ((struct dispatch *)context)->partitions[partition].is_behind;
}

static void on_mark_dirty(void *context, uint32_t partition, uint64_t position,
                          struct mirror_bytes batch)
{
    partition_mark_dirty(&((struct dispatch *)context)->partitions[partition], position, batch);
}

/* ---- life ---- */

static bool open_mirror(struct dispatch *dispatch, struct mirror_error *error)
{
    struct mirror_hooks hooks = {
        .context = dispatch,
        .load_begin = on_load_begin,
        .load_records = on_load_records,
        .load_batch = on_load_batch,
        .load_end = on_load_end,
        .committed = on_committed,
        .dropped = on_dropped,
        .slice_next = on_slice_next,
        .slice_done = on_slice_done,
        .oldest_dirty = on_oldest_dirty,
        .is_behind = on_is_behind,
        .mark_dirty = on_mark_dirty,
    };

    dispatch->mirror =
        mirror_create(dispatch->config.base, &dispatch->config.mirror, &hooks, error);
    return dispatch->mirror != NULL;
}

struct dispatch *dispatch_create(const struct dispatch_config *config, struct mirror_error *error)
{
    struct dispatch *dispatch = mem_zalloc(sizeof *dispatch);
    struct engine_config engine_config = {
        .campaigns_max = config->campaigns_max,
        .rooms_max = config->rooms_max,
        .seats_max = config->seats_max,
        .huge_pages = config->huge_pages,
        .random = entropy_take,
        .random_context = &dispatch->entropy,
    };

    dispatch->config = *config;
    clock_start(&dispatch->clock);
    entropy_take(&dispatch->entropy, &engine_config.hash_seed, sizeof engine_config.hash_seed);
    for (uint32_t i = 0; i < DISPATCH_PARTITIONS_MAX; i++) {
        partition_init(&dispatch->partitions[i], i, &engine_config, config->feed_seats);
        dispatch->partitions[i].on_fact = on_fact;
        dispatch->partitions[i].on_fact_context = dispatch;
    }
    if (config->mirror_none || config->ack_memory) name_by_chance(dispatch);
    if (config->mirror_none) {
        dispatch->count = 1;
        dispatch->ring = feed_ring_create(config->feed_max);
        dispatch->partitions[0].ring = dispatch->ring;
        partition_start_empty(&dispatch->partitions[0], epoch_by_chance(dispatch));
    } else if (!open_mirror(dispatch, error)) {
        dispatch_destroy(dispatch);
        return NULL;
    }
    return dispatch;
}

void dispatch_destroy(struct dispatch *dispatch)
{
    if (dispatch == NULL) return;
    if (dispatch->mirror != NULL) mirror_destroy(dispatch->mirror);
    for (uint32_t i = 0; i < DISPATCH_PARTITIONS_MAX; i++)
        partition_close(&dispatch->partitions[i]);
    feed_ring_destroy(dispatch->ring);
    arena_free(&dispatch->arena);
    mem_free(dispatch);
}

/* ---- turns ---- */

enum mirror_gate dispatch_gate(const struct dispatch *dispatch, const struct partition *partition)
{
    if (dispatch->mirror == NULL) return MIRROR_OPEN;
    enum mirror_gate gate = mirror_gate(dispatch->mirror, partition->index);
    return gate == MIRROR_OPEN && !partition->serves ? MIRROR_GATE_LOADING : gate;
}

/* Where the mirror is behind, what falls due waits too, and is retired afterwards in deadline
 * order. */
static bool may_sweep(const struct dispatch *dispatch, const struct partition *partition)
{
    return partition_may_sweep(partition) && dispatch_gate(dispatch, partition) == MIRROR_OPEN;
}

size_t dispatch_sweep_portion(const struct dispatch *dispatch)
{
    size_t least = dispatch->config.sweep_budget;

    for (uint32_t i = 0; i < dispatch->count; i++)
        least = pace_portion(&dispatch->partitions[i].pace, least);
    return least;
}

/* True: more is due. */
static bool sweep(struct dispatch *dispatch, struct partition *partition, int64_t now_ms)
{
    size_t portion = pace_portion(&partition->pace, dispatch->config.sweep_budget);
    bool is_behind = partition_sweep(partition, now_ms, portion);

    bool is_portion = partition->swept == partition->next;
    if (is_portion && dispatch->mirror != NULL)
        pace_begin(&partition->pace, partition->swept, dispatch->clock.boot_us);
    return is_behind;
}

int64_t dispatch_turn_begin(struct dispatch *dispatch)
{
    if (dispatch->in_turn) return dispatch->clock.now_ms;
    dispatch->in_turn = true;
    dispatch->is_behind = false;
    int64_t now_ms = clock_now(&dispatch->clock);
    for (uint32_t i = 0; i < dispatch->count; i++) {
        struct partition *partition = &dispatch->partitions[i];
        if (!may_sweep(dispatch, partition)) continue;
        dispatch->is_behind |= sweep(dispatch, partition, now_ms);
    }
    return now_ms;
}

void dispatch_turn_end(struct dispatch *dispatch)
{
    for (uint32_t i = 0; i < dispatch->count; i++) {
        struct partition *partition = &dispatch->partitions[i];
        if (partition->serves) partition_freeze(partition, dispatch->mirror);
    }
    if (dispatch->mirror != NULL) mirror_turn(dispatch->mirror, clock_boot_ms());
    dispatch->in_turn = false;
}

int64_t dispatch_next_boot_ms(const struct dispatch *dispatch)
{
    int64_t boot_ms = dispatch->clock.boot_us / 1000;
    int64_t next = dispatch->mirror == NULL ? INT64_MAX : mirror_next_ms(dispatch->mirror);

    if (dispatch->is_behind) return boot_ms;
    for (uint32_t i = 0; i < dispatch->count; i++) {
        const struct partition *partition = &dispatch->partitions[i];
        if (!may_sweep(dispatch, partition)) continue;
        int64_t due_ms = engine_next_deadline_ms(partition->engine);
        int64_t wait_ms = due_ms - dispatch->clock.now_ms;
        if (due_ms != INT64_MAX && boot_ms + wait_ms < next)
            next = wait_ms > 0 ? boot_ms + wait_ms : boot_ms;
    }
    return next;
}

/* ---- the feed ---- */

/* From memory: whoever was answered already may ask in the same turn, and finds what he did. */
void dispatch_feed_ask(struct dispatch *dispatch, const struct mirror_feed_ask *ask)
{
    if (dispatch->mirror != NULL) {
        mirror_feed_ask(dispatch->mirror, ask);
        return;
    }
    partition_freeze(&dispatch->partitions[0], NULL);
    feed_ring_read(dispatch->ring, ask);
}

uint64_t dispatch_announced(const struct dispatch *dispatch, uint32_t partition)
{
    return dispatch->partitions[partition].announced;
}

/* ---- looking in ---- */

uint32_t dispatch_partitions(const struct dispatch *dispatch)
{
    return dispatch->count;
}

bool dispatch_is_ready(const struct dispatch *dispatch)
{
    bool is_ready = dispatch->count > 0;

    for (uint32_t i = 0; i < dispatch->count; i++)
        is_ready = is_ready && dispatch_gate(dispatch, &dispatch->partitions[i]) == MIRROR_OPEN;
    return is_ready;
}

bool dispatch_mirror_info(const struct dispatch *dispatch, struct mirror_info *out)
{
    if (dispatch->mirror == NULL) return false;
    mirror_info(dispatch->mirror, out);
    return true;
}

void dispatch_totals(const struct dispatch *dispatch, struct engine_totals *out)
{
    *out = (struct engine_totals){0};
    for (uint32_t i = 0; i < dispatch->count; i++) {
        struct engine_totals one;
        if (!dispatch->partitions[i].serves) continue;
        engine_totals(dispatch->partitions[i].engine, &one);
        out->campaigns += one.campaigns;
        out->rooms += one.rooms;
        out->rooms_pending += one.rooms_pending;
        out->rooms_open += one.rooms_open;
        out->rooms_formed += one.rooms_formed;
        out->rooms_failed += one.rooms_failed;
        out->seats += one.seats;
        out->seats_open += one.seats_open;
        out->timers += one.timers;
        out->users += one.users;
        out->refunds += one.refunds;
        out->refunds_open += one.refunds_open;
        out->orders += one.orders;
        out->dirty += one.dirty;
        out->bytes += one.bytes;
        out->facts += one.facts;
    }
}

bool dispatch_ending(const struct dispatch *dispatch, uint32_t partition, struct tuan_id room,
                     struct engine_ending *out)
{
    return engine_ending(dispatch->partitions[partition].engine, room, out);
}

int64_t dispatch_now(const struct dispatch *dispatch)
{
    return dispatch->clock.now_ms;
}
