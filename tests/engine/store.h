/* SPDX-License-Identifier: BSD-2-Clause */
/* store.h - what a mirror would hold of an engine, in memory: the log of its batches and a snapshot
 * of its records, with the rules of mirror-protocol.md (S1, S5, S7, S8). From both a second engine
 * can be made, as a restart would.
 */
#ifndef TUAN_TESTS_ENGINE_STORE_H
#define TUAN_TESTS_ENGINE_STORE_H

#include "base/rng.h"
#include "engine/engine.h"
#include "proto/pack.h"

struct batch {
    uint64_t position;
    struct tuan_out bytes; /* packed facts, a clock fact first */
};

struct stored {
    enum engine_kind kind;
    char *key;
    uint32_t key_len;
    uint64_t at, first_dirty;
    bool is_tombstone;
    struct tuan_out body;
};
struct records {
    struct stored *items;
    size_t count, room;
};

struct store {
    struct batch *batches;
    size_t batch_count, batch_room;
    struct records records, slice; /* slice: captured, its fate not known */
    bool in_flight;
    uint64_t covered, slice_covered;
    struct records old; /* what a replica that lags holds: a failover goes back to it */
    uint64_t old_covered;
};

void store_clear(struct store *store);
/* Log the outbox of an engine as the batch at `position`. */
void store_log(struct store *store, struct engine *engine, uint64_t position, int64_t now_ms);

/* Something of what a mirror does between two commands, by chance: capture a slice, store it,
 * have it refused, drop tombstones. */
void store_work(struct store *store, struct engine *engine, struct rng *rng);
/* A restart: the slice in flight is forgotten, not stored. */
void store_forget_slice(struct store *store);
/* A restart from the log alone: no snapshot is left. */
void store_forget_snapshot(struct store *store);
/* The mirror fails over to an older snapshot (S8). */
void store_fail_over(struct store *store, struct engine *engine);

enum store_way { STORE_FROM_LOG, STORE_FROM_SNAPSHOT };
/* A second engine from the whole log, or from the snapshot and the log's tail. NULL: it says that
 * these do not fit together. */
struct engine *store_load(const struct store *store, enum store_way way,
                          const struct engine_config *config);

/* All records of an engine as bytes, sorted. Takes them out of its dirty list: for engines that are
 * not needed any more. */
struct tuan_out store_dump(const struct store *store, struct engine *engine);

void *store_grow(void *old, size_t size);

#endif
