/* SPDX-License-Identifier: BSD-2-Clause */
/* types.h - what the files of the mirror and its user speak of: positions, records, events, hooks,
 * configuration.
 *
 * A position names a batch: epoch and sequence number packed in 64 bits, so that comparing
 * positions of one chain is comparing numbers. 0 is before everything. Times are clock_boot_ms().
 */
#ifndef TUAN_DAEMON_MIRROR_TYPES_H
#define TUAN_DAEMON_MIRROR_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MIRROR_SEQ_BITS = 40,
    MIRROR_PARTITIONS_MAX = 16, /* a key space with more is refused */
    MIRROR_BATCH_BYTES =
        64 * 1024, /* a batch that large is sent at once: Redis works while we go on */
};
static inline uint64_t mirror_position(uint64_t epoch, uint64_t seq)
{
    return epoch << MIRROR_SEQ_BITS | seq;
}
static inline uint64_t mirror_epoch(uint64_t position)
{
    return position >> MIRROR_SEQ_BITS;
}
static inline uint64_t mirror_seq(uint64_t position)
{
    return position & ((UINT64_C(1) << MIRROR_SEQ_BITS) - 1);
}

enum mirror_hash {
    MIRROR_CAMPAIGNS,
    MIRROR_ROOMS,
    MIRROR_USERS,
    MIRROR_REFUNDS,
    MIRROR_HASH_COUNT
};

struct mirror_bytes {
    const char *ptr;
    size_t len;
};

/* A stored record. A tombstone has no value: it says that the record was deleted by the batch `at`.
 */
struct mirror_record {
    enum mirror_hash hash;
    struct mirror_bytes field;
    struct mirror_bytes value;
    uint64_t at;          /* the last batch that touched it */
    uint64_t first_dirty; /* out only: the first batch that touched it since it was last stored */
    bool is_tombstone;
};

/* One event of the feed, appended in the same script call as the batch it belongs to. */
struct mirror_event {
    struct mirror_bytes type, campaign, room, data;
};

/* The id of an entry of the feed, which is a function of its batch's position and its place among
 * the batch's events: later ones are greater. Zero is before all. */
enum { MIRROR_EVENT_BITS = 20 };
struct mirror_event_id {
    uint64_t epoch, number;
};
static inline struct mirror_event_id mirror_event_id(uint64_t position, size_t index)
{
    return (struct mirror_event_id){mirror_epoch(position),
                                    (mirror_seq(position) << MIRROR_EVENT_BITS) + index};
}
static inline int mirror_event_compare(struct mirror_event_id a, struct mirror_event_id b)
{
    if (a.epoch != b.epoch) return a.epoch < b.epoch ? -1 : 1;
    return (a.number > b.number) - (a.number < b.number);
}

/* Part of a partition's feed, in order. */
struct mirror_feed_entry {
    struct mirror_event_id id;
    struct mirror_event event;
};
struct mirror_feed_page {
    const struct mirror_feed_entry *entries;
    size_t count;
    struct mirror_event_id after;       /* what was looked at ends here */
    struct mirror_event_id first, last; /* of all that is kept; zero: the feed is empty */
    bool is_end;                        /* there is nothing behind `after` yet */
    bool is_trimmed;                    /* entries before `first` have been forgotten */
};
enum { MIRROR_CAMPAIGN_MAX = 64 };
struct mirror_feed_ask {
    uint32_t partition;
    bool is_from_end; /* what comes from now on, in place of `after` */
    struct mirror_event_id after;
    size_t count; /* at most so many */
    struct {
        char name[MIRROR_CAMPAIGN_MAX];
        size_t len; /* 0: of all campaigns */
    } campaign;
    /* Called once, not from within mirror_feed_ask: a page, borrowed, or NULL if Redis did not
     * answer. */
    void (*page)(void *context, uint32_t partition, const struct mirror_feed_page *page);
    void *context;
};

/* All hooks are called from mirror_* functions and from the event loop, never after mirror_destroy.
 */
struct mirror_hooks {
    void *context;
    /* Loading a partition: begin, then all stored records, some at a time, then the log's batches in order, then
     * end. A hook that returns false has found damage: the partition is not served (LOG_BROKEN).
     * `next` is the position of the partition's first own batch. load_end is where service begins.
     * A record may come twice for one field: the later one replaces the earlier. The covered batch
     * itself does not come: the records hold it. A load that is given up ends in dropped(). */
    void (*load_begin)(void *context, uint32_t partition);
    bool (*load_records)(void *context, uint32_t partition, const struct mirror_record *records,
                         size_t count);
    bool (*load_batch)(void *context, uint32_t partition, uint64_t position,
                       struct mirror_bytes batch);
    bool (*load_end)(void *context, uint32_t partition, uint64_t next);
    /* Every batch up to here is committed (A2); replies that waited for it may go. */
    void (*committed)(void *context, uint32_t partition, uint64_t position);
    /* The partition is not ours any more (FENCED) or must be loaded anew: drop all state and what
     * waits (UNKNOWN). */
    void (*dropped)(void *context, uint32_t partition);
    /* Snapshot. slice_next takes the dirty record with the oldest first_dirty out of the dirty list
     * (false: none; only those with first_dirty < older_than, so that a round ends); its bytes stay
     * good until the next call. slice_done tells whether the slice was stored; if not, its records
     * become dirty again with their old first_dirty (S8). oldest_dirty is the smallest first_dirty
     * of all dirty records, 0 if none is. */
    bool (*slice_next)(void *context, uint32_t partition, uint64_t older_than,
                       struct mirror_record *out);
    void (*slice_done)(void *context, uint32_t partition, bool stored);
    uint64_t (*oldest_dirty)(void *context, uint32_t partition);
    /* More has fallen due than could be retired yet, and people wait for it: slices come later, as
     * long as the log may grow. */
    bool (*is_behind)(void *context, uint32_t partition);
    /* S8: every record that this batch touches is dirty (from this batch on). */
    void (*mark_dirty)(void *context, uint32_t partition, uint64_t position,
                       struct mirror_bytes batch);
};

/* What is asked of Redis, put together by what it is for. */
enum mirror_op {
    MIRROR_OP_HANDSHAKE, /* whom we speak to, its scripts */
    MIRROR_OP_LEASE,     /* taking a partition, renewing, giving back */
    MIRROR_OP_LOAD,      /* what is stored, at the start */
    MIRROR_OP_LOOK,      /* what head, owner and mark say, after a doubt */
    MIRROR_OP_APPEND,    /* a batch */
    MIRROR_OP_SLICE,     /* of the snapshot */
    MIRROR_OP_TRIM,      /* the log, and tombstones that have had their time */
    MIRROR_OP_FEED,      /* a page read back */
    MIRROR_OP_COUNT
};

enum mirror_fault {
    MIRROR_FAULT_CONNECT,  /* it was there, and cannot be reached any more */
    MIRROR_FAULT_ENDED,    /* Redis or the network ended the connection */
    MIRROR_FAULT_TIMEOUT,  /* no answer within timeout_ms */
    MIRROR_FAULT_PROTOCOL, /* what came is no reply, or one that nobody asked for */
    /* Redis answered with an error: see enum fate of wire.h. */
    MIRROR_FAULT_NOT_NOW,   /* out of memory, loading, too few replicas … */
    MIRROR_FAULT_NO_SCRIPT, /* it forgot our scripts */
    MIRROR_FAULT_NOT_PRIMARY,
    MIRROR_FAULT_DENIED,
    MIRROR_FAULT_UNKNOWN, /* any other: the call may have been done */
    MIRROR_FAULT_COUNT
};

/* Told of each request and failure, for metrics. Either may be NULL. */
struct mirror_meter {
    void *context;
    void (*answered)(void *context, enum mirror_op op, int64_t took_us); /* by an error, too */
    void (*failed)(void *context, enum mirror_fault fault);
};

enum mirror_mode { MIRROR_PRIVATE, MIRROR_TCP, MIRROR_UNIX };

struct mirror_config {
    enum mirror_mode mode;
    char host[256]; /* TCP: name or address */
    uint16_t port;
    uint32_t db;
    char path[256];          /* UNIX: the socket */
    char password_file[256]; /* may be empty */
    char dir[256];           /* data directory: lock, private Redis, remembered dataset */
    char owner[128];         /* our rpc address, told to whom looks for the owner */
    uint32_t partitions;     /* when the key space is made; an existing one decides itself */
    bool create_never;       /* mirror.create = never */
    bool accept_dataset;     /* --accept-dataset */
    uint64_t feed_max;       /* events kept in the feed */
    int64_t lease_ms;
    int64_t timeout_ms;      /* a call unanswered that long ends the connection (R1) */
    size_t keep_bytes;       /* committed batches kept for repair (R6) */
    size_t flight_bytes_max; /* bound of what is sent and unanswered, per partition */
    size_t flight_batches_max;
    int64_t snapshot_every_ms;
    size_t snapshot_every_bytes;
    struct mirror_meter meter;
};

/* Why mirror_create failed; `exit_code` is what main should end with: 69 Redis cannot be reached or
 * started, 75 the directory is locked by another tuand, 78 bad configuration. */
struct mirror_error {
    int exit_code;
    char text[256];
};

enum mirror_gate {
    MIRROR_OPEN,
    MIRROR_GATE_LOADING,
    MIRROR_GATE_DOWN,
    MIRROR_GATE_BUSY,
    MIRROR_GATE_NOT_OWNER
};

#endif
