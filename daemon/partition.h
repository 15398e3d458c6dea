/* SPDX-License-Identifier: BSD-2-Clause */
/* partition.h - one engine and its half of the mirror: facts to batches, records to bytes, and
 * back.
 *
 * A partition collects the facts of a turn in its batch, each with the feed event it makes; the end
 * of the turn freezes the batch under the position that its facts were given. It is empty until the
 * mirror has loaded it.
 */
#ifndef TUAN_DAEMON_PARTITION_H
#define TUAN_DAEMON_PARTITION_H

#include "base/arena.h"
#include "base/buf.h"
#include "daemon/mirror/mirror.h"
#include "daemon/pace.h"
#include "engine/engine.h"

/* A feed event of the batch: places in `texts`. */
struct partition_event {
    const char *type;
    size_t campaign_at, campaign_len, room_at, room_len, data_at, data_len;
};

struct partition {
    uint32_t index;
    struct engine_config engine_config;
    bool tells_seats;       /* feed.seats */
    struct feed_ring *ring; /* the feed, where there is no mirror; borrowed */
    void (*on_fact)(void *context, uint32_t partition, uint64_t position,
                    const struct tuan_fact *fact); /* each one that is collected */
    void *on_fact_context;
    struct engine *engine; /* NULL: not loaded */
    bool serves;           /* loaded to the end */
    uint64_t next;         /* position of the batch being filled */
    uint64_t committed;
    uint64_t event_first, event_last; /* of uncommitted batches with events; 0: none */
    uint64_t announced; /* a committed batch with events; changes with each commit of such */
    bool has_facts;     /* the batch being filled has some */
    bool is_behind;     /* the newest sweep left something that is due */
    uint64_t swept, swept_before; /* the batches of the newest two portions of a sweep that is
                                   * behind; 0: there were none */
    struct pace pace;             /* of these portions */
    struct buf batch;
    int64_t batch_now_ms; /* the last time told in the batch; 0: none yet */
    struct buf texts;     /* of the events */
    struct partition_event *events;
    size_t event_count, event_room;
    struct arena load_arena; /* unpacking, while loading */
    /* The slice in flight. */
    struct arena slice_arena;
    struct engine_record *slice;
    size_t slice_count, slice_room;
    struct buf slice_value;
};

void partition_init(struct partition *partition, uint32_t index, const struct engine_config *config,
                    bool tells_seats);
void partition_close(struct partition *partition);

/* An empty partition that serves at once: mirror none. `epoch` tells its feed from earlier ones. */
void partition_start_empty(struct partition *partition, uint32_t epoch);

/* Move the engine's outbox into the batch. */
void partition_collect(struct partition *partition, int64_t now_ms);
/* Freeze the batch, if there is one: through the mirror, or by itself (mirror NULL), where it is
 * committed at once. */
void partition_freeze(struct partition *partition, struct mirror *mirror);

void partition_committed(struct partition *partition, uint64_t position);

/* Where very much falls due at once, it is retired in portions, and with the mirror are two of them
 * at most: one on disk, one on its way. So whoever asks for a seat meanwhile stands behind these
 * two, and not behind all that is due; and what falls due while the mirror is busy with shoppers is
 * never late for their sake. */
static inline bool partition_may_sweep(const struct partition *partition)
{
    return partition->serves && partition->swept < partition->next &&
           partition->swept_before <= partition->committed;
}
/* Retire what is due, about `facts_max` facts of it, into the batch. True: more is due. */
bool partition_sweep(struct partition *partition, int64_t now_ms, size_t facts_max);

/* How many records of a campaign were dumped or restored. */
struct partition_moved {
    int64_t rooms, users, refunds;
};
/* Append all that is kept of a campaign: records as in the snapshot, each behind its kind. False:
 * there is none. */
bool partition_dump(struct partition *partition, struct tuan_str campaign, struct buf *out,
                    struct partition_moved *moved);
/* The reverse: first into an engine of its own, to see that it fits; then all of it into the batch.
 * Else `why`, for people. */
enum tuan_err partition_restore(struct partition *partition, struct tuan_str campaign,
                                struct mirror_bytes data, int64_t now_ms,
                                struct partition_moved *moved, char *why, size_t why_size);

/* The hooks of mirror.h, on one partition. */
void partition_load_begin(struct partition *partition);
bool partition_load_records(struct partition *partition, const struct mirror_record *records,
                            size_t count);
bool partition_load_batch(struct partition *partition, uint64_t position,
                          struct mirror_bytes batch);
bool partition_load_end(struct partition *partition, uint64_t next);
void partition_drop(struct partition *partition);
bool partition_slice_next(struct partition *partition, uint64_t older_than,
                          struct mirror_record *out);
void partition_slice_done(struct partition *partition, bool stored);
uint64_t partition_oldest_dirty(const struct partition *partition);
void partition_mark_dirty(struct partition *partition, uint64_t position,
                          struct mirror_bytes batch);

#endif
