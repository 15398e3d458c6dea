/* SPDX-License-Identifier: BSD-2-Clause */
/* spy.c - each owner's memory = the chain below its fence (§12).
 *
 * A twin loads whatever the daemon loads; then all its records are held against the truth: those
 * that the log's tail touched as the engine has them, the others as they were stored. When a daemon
 * drops a partition, or ends, what it had not stored yet is held against the truth too.
 */
#include "tests/sim/spy.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "proto/pack.h"
#include "tests/sim/sim.h"

static struct sim *the_sim(void)
{
    return posix_sim();
}

static struct watch *watch_of(const struct partition *partition)
{
    return &posix_running()->watches[partition->index];
}

/* ---- what it was loaded with ---- */

static bool is_record(const void *entry, const void *key)
{
    const struct truth_record *a = entry, *b = key;

    return a->hash == b->hash && bytes_equal(blob_bytes(a->field), blob_bytes(b->field));
}

static void feed(struct watch *watch, const struct mirror_record *record)
{
    uint64_t hash =
        hash_mix(hash_bytes(record->field.ptr, record->field.len, 0), (uint64_t)record->hash);
    struct truth_record key = {.hash = record->hash,
                               .field = blob_make(record->field.ptr, record->field.len)};
    struct truth_record *entry = map_find(&watch->fed, hash, is_record, &key);

    if (entry == NULL) {
        entry = mem_zalloc(sizeof *entry);
        *entry = key;
        map_insert(&watch->fed, hash, entry);
    } else {
        blob_drop(key.field);
    }
    blob_drop(entry->value);
    entry->at = record->at;
    entry->value = record->is_tombstone ? NULL : blob_make(record->value.ptr, record->value.len);
}

static void forget_fed(struct watch *watch)
{
    size_t cursor = 0;

    if (!watch->is_fed) return;
    for (struct truth_record *at; (at = map_next(&watch->fed, &cursor)) != NULL;) {
        blob_drop(at->field);
        blob_drop(at->value);
        mem_free(at);
    }
    map_free(&watch->fed);
    partition_close(&watch->twin);
    watch->is_fed = false;
}

void spy_forget(struct sim *sim, struct node *node)
{
    (void)sim;
    for (uint32_t i = 0; i < PARTITIONS_MAX; i++) {
        forget_fed(&node->watches[i]);
        node->watches[i].fence = HISTORY_NONE;
    }
}

void spy_partition_load_begin(struct partition *partition)
{
    struct watch *watch = watch_of(partition);

    forget_fed(watch);
    watch->is_fed = true;
    watch->fence = HISTORY_NONE;
    map_init(&watch->fed, 64);
    partition_init(&watch->twin, partition->index, &partition->engine_config, false);
    partition_load_begin(&watch->twin);
    partition_load_begin(partition);
}

bool spy_partition_load_records(struct partition *partition, const struct mirror_record *records,
                                size_t count)
{
    struct watch *watch = watch_of(partition);

    for (size_t i = 0; i < count; i++)
        feed(watch, &records[i]);
    partition_load_records(&watch->twin, records, count);
    return partition_load_records(partition, records, count);
}

bool spy_partition_load_batch(struct partition *partition, uint64_t position,
                              struct mirror_bytes batch)
{
    partition_load_batch(&watch_of(partition)->twin, position, batch);
    return partition_load_batch(partition, position, batch);
}

/* ---- against the truth ---- */

static void check_records(struct sim *sim, struct watch *watch, struct truth *truth)
{
    struct mirror_record record;
    size_t cursor = 0, living = 0, expected = 0;

    while (partition_slice_next(&watch->twin, UINT64_MAX, &record))
        feed(watch, &record);
    for (const struct truth_record *at; (at = map_next(&watch->fed, &cursor)) != NULL;) {
        record = (struct mirror_record){.hash = at->hash,
                                        .field = blob_bytes(at->field),
                                        .at = at->at,
                                        .is_tombstone = at->value == NULL};
        if (at->value != NULL) record.value = blob_bytes(at->value);
        living += at->value != NULL;
        truth_compare(truth, &record, "loaded");
    }
    cursor = 0;
    for (const struct truth_record *at; (at = map_next(&truth->records, &cursor)) != NULL;)
        expected += at->value != NULL;
    if (living != expected)
        sim_flaw(sim, "%zu records are loaded, the log makes %zu", living, expected);
    if (truth->flaw[0] != '\0') sim_flaw(sim, "%s", truth->flaw);
}

static void owner_name(const struct sim *sim, const struct node *node, char *out, size_t size)
{
    if (sim->config.is_private)
        snprintf(out, size, "private");
    else
        snprintf(out, size, "10.0.0.%u:8826#%s", node->index, node->disk.self);
}

/* The end of the log at the server that it is connected to; HISTORY_NONE: it is to none any more.
 */
static uint32_t tip_of(const struct sim *sim, const struct node *node, uint32_t partition)
{
    for (size_t i = 0; i < CONNS_MAX; i++) {
        const struct conn *conn = &sim->net.conns[i];
        if (conn->state == CONN_UP && conn->is_open && conn->node == node->index)
            return sim->redis.servers[conn->server].tips[partition];
    }
    return HISTORY_NONE;
}

bool spy_partition_load_end(struct partition *partition, uint64_t next)
{
    struct sim *sim = the_sim();
    struct watch *watch = watch_of(partition);
    struct history *history = &sim->oracle.histories[partition->index];
    struct truth *truth = &sim->oracle.truths[partition->index];
    char owner[HISTORY_OWNER_SIZE];
    bool is_good = partition_load_end(partition, next);

    if (!is_good) sim_flaw(sim, "what is loaded does not fit together");
    partition_load_end(&watch->twin, next);
    owner_name(sim, posix_running(), owner, sizeof owner);
    watch->fence =
        history_fence_of(history, tip_of(sim, posix_running(), partition->index), owner, next - 1);
    if (watch->fence == HISTORY_NONE) sim_flaw(sim, "an owner whose fence is in no log");
    sim->stats.loads++;
    if (!is_good || sim->flaw[0] != '\0') return is_good;
    engine_audit(partition->engine);
    if (history_tip(history) == watch->fence) {
        truth_sync(truth);
        check_records(sim, watch, truth);
        sim->stats.loads_compared++;
    }
    uint32_t fence = watch->fence;
    forget_fed(watch);
    watch->fence = fence;
    return is_good;
}

/* What it had not stored: a record that the truth has of the same position is the same. */
static void look_back(struct partition *partition)
{
    struct sim *sim = the_sim();
    struct watch *watch = watch_of(partition);
    struct truth *truth = &sim->oracle.truths[partition->index];
    struct mirror_record record;

    if (!partition->serves || watch->fence == HISTORY_NONE || sim->flaw[0] != '\0') return;
    if (!history_is_on_path(&sim->oracle.histories[partition->index], watch->fence)) return;
    engine_audit(partition->engine);
    truth_sync(truth);
    while (partition_slice_next(partition, UINT64_MAX, &record)) {
        const struct truth_record *entry = truth_find(truth, record.hash, record.field);
        if (entry != NULL && entry->at == record.at) truth_compare(truth, &record, "in memory");
    }
    if (truth->flaw[0] != '\0') sim_flaw(sim, "%s", truth->flaw);
}

void spy_partition_drop(struct partition *partition)
{
    look_back(partition);
    watch_of(partition)->fence = HISTORY_NONE;
    forget_fed(watch_of(partition));
    partition_drop(partition);
}

void spy_partition_close(struct partition *partition)
{
    if (partition->index < PARTITIONS_MAX) look_back(partition);
    partition_close(partition);
}

bool spy_mirror_wants_batch(struct mirror *mirror, uint32_t partition, size_t bytes)
{
    return mirror_wants_batch(mirror, partition, bytes * the_sim()->config.grouping);
}
