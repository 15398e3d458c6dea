/* SPDX-License-Identifier: BSD-2-Clause */
/* snapshot.h - storing dirty records in slices, and cutting off the log behind them (S1 … S8).
 *
 * A round starts every so often and stores what was dirty then, one slice at a time. Each slice
 * names the snapshot mark that it builds on, so a lost or late one is never built upon (S4). The
 * fate of a slice whose connection ended is told by the mark found afterwards.
 */
#ifndef TUAN_DAEMON_MIRROR_SNAPSHOT_H
#define TUAN_DAEMON_MIRROR_SNAPSHOT_H

#include "daemon/mirror/chain.h"
#include "daemon/mirror/lane.h"

enum slice_state { SLICE_NONE, SLICE_FLYING, SLICE_UNRESOLVED };

struct tombstone {
    enum mirror_hash hash;
    uint64_t at;
    char *field;
    size_t field_len;
};

struct snapshot {
    char mark[FORM_SNAP_SIZE]; /* the stored mark as last seen; empty: none (S4) */
    uint64_t covered;          /* what it says */
    uint64_t number;           /* of the last slice cut or seen; never used twice */

    bool in_round;
    uint64_t round_end; /* the round stores what got dirty before this position */
    int64_t next_round_ms;
    uint64_t log_bytes; /* frozen since the last round began */
    int64_t retry_ms;   /* no slice before this */

    enum slice_state slice;
    char flying_mark[FORM_SNAP_SIZE];
    uint64_t flying_covered;
    uint64_t flying_since; /* the newest position when it was cut */
    size_t flying_records;
    struct buf args; /* of the slice being cut */

    bool must_mark, is_marking; /* S8: slices were lost; what the log has after the mark is dirty */
    struct chain mark_chain;
    uint64_t mark_end; /* what is newer is dirty anyhow */
    size_t mark_entries, mark_bytes;

    struct tombstone *tombstones; /* stored ones, oldest first: a queue from `tombstone_first` on */
    size_t tombstone_first, tombstone_count, tombstone_cap;
    size_t flying_tombstones; /* at the end of the queue: those of the slice in flight */
    bool is_purging;

    uint64_t slices_stored, records_stored;
};

/* What a slice or a mark needs to know of its partition. */
struct snapshot_context {
    struct lane *lane;
    const struct mirror_hooks *hooks;
    const struct mirror_config *config;
    const struct head *newest; /* the newest frozen position, our nonce, the dataset */
};

void snapshot_init(struct snapshot *snapshot);
void snapshot_free(struct snapshot *snapshot);
/* Forget all; what is in flight is nobody's any more. */
void snapshot_reset(struct snapshot *snapshot);

/* While loading. */
void snapshot_found(struct snapshot *snapshot, struct mirror_bytes mark, uint64_t covered,
                    uint64_t number);
void snapshot_note_tombstone(struct snapshot *snapshot, const struct mirror_record *record);

/* After a cut: the slice in flight is of unknown fate. */
void snapshot_link_down(struct snapshot *snapshot);
/* The mark as read now: settles the unresolved slice; false: it cannot be read. */
bool snapshot_settle(struct snapshot *snapshot, const struct snapshot_context *context,
                     struct mirror_bytes mark);

/* Owning, all batches are sent and nothing is unfrozen: cut a slice, mark or purge if it is time.
 */
void snapshot_turn(struct snapshot *snapshot, const struct snapshot_context *context);
int64_t snapshot_next_ms(const struct snapshot *snapshot);

/* The reply to a slice. False: the stored mark cannot be read. */
bool snapshot_sliced(struct snapshot *snapshot, const struct snapshot_context *context,
                     const struct reply *reply);
/* The slice was refused as a whole, with an error. */
void snapshot_refused(struct snapshot *snapshot, const struct snapshot_context *context,
                      int64_t retry_ms);
/* A piece of the log after the stored mark. False: it is not the log that we wrote. */
bool snapshot_marked(struct snapshot *snapshot, const struct snapshot_context *context,
                     const struct reply *reply);

#endif
