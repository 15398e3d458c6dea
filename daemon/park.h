/* SPDX-License-Identifier: BSD-2-Clause */
/* park.h - replies that are written but may not leave yet.
 *
 * A reply that shows an uncommitted fact is encoded at once and parked: its bytes stay in the
 * output of its connection until the positions it depends on are committed. Replies of one
 * connection never overtake each other, so only the first parked one of each connection is waited
 * for: a commit costs what it releases.
 *
 * Not here: bytes and sockets. The owner of a queue is told that its queue may advance and asks
 * park_take for entry after entry; each tells how many bytes it stands for, and whether they go, or
 * are replaced.
 */
#ifndef TUAN_DAEMON_PARK_H
#define TUAN_DAEMON_PARK_H

#include "base/list.h"
#include "daemon/dispatch.h"

struct park_batch;

struct park_config {
    void *context;
    bool (*is_committed)(void *context, uint32_t partition, uint64_t position);
    /* The head of this queue has got its commit, or has lost it: park_take has something. */
    void (*advance)(void *context, struct list *queue_link);
};

enum { PARK_SPARES_MAX = 64 };

struct park {
    struct park_config config;
    struct list batches[DISPATCH_PARTITIONS_MAX]; /* what is waited for, by rising position */
    uint64_t committed[DISPATCH_PARTITIONS_MAX];  /* as told last; 0: not told yet */
    uint64_t drops[DISPATCH_PARTITIONS_MAX];      /* how often a partition lost what waited */
    struct list spare;                            /* park_batch, unused */
    struct park_entry *rings[PARK_SPARES_MAX];    /* first rings of queues, unused */
    int ring_count;
    int64_t entries; /* replies parked now */
    int64_t queues;  /* queues with at least one */
};

/* One reply, or with `is_gate` a further position that the next entry waits for (it stands for no
 * bytes). */
struct park_entry {
    uint64_t position;
    int64_t deadline_ms; /* clock_boot_ms() */
    uint32_t bytes;
    uint32_t msgid;
    uint32_t drops; /* the partition's count when it was parked */
    uint32_t trace; /* of its answer */
    int64_t at_us;  /* likewise */
    uint8_t partition;
    uint8_t command; /* that it answers; meaningless if nothing was judged */
    bool is_write : 1;
    bool is_push : 1;
    bool is_gate : 1;
    bool is_free : 1; /* waits for nothing but those before it */
};

/* Of one connection. Zeroed: empty. */
struct park_queue {
    struct list link; /* in the batch that the first entry waits for, if `is_waiting` */
    struct park_entry *entries;
    uint32_t first, count, cap; /* a ring; cap is a power of two or 0 */
    uint32_t replies;           /* entries that are not gates */
    bool is_waiting;
};

void park_init(struct park *park, const struct park_config *config);
void park_destroy(struct park *park);

/* Does this reply have to stand in the queue? It may leave at once only if nothing stands before
 * it. */
bool park_must_wait(const struct park *park, const struct park_queue *queue,
                    const struct dispatch_answer *answer);

struct park_reply {
    uint32_t bytes, msgid;
    int64_t deadline_ms;
};
/* Let a reply stand at the end of the queue. `answer` NULL: it depends on nothing itself. */
void park_add(struct park *park, struct park_queue *queue, const struct dispatch_answer *answer,
              const struct park_reply *reply);

enum park_fate {
    PARK_WAITS,   /* nothing more may leave now (also: the queue is empty) */
    PARK_LEAVES,  /* committed */
    PARK_REPLACED /* too late, or the fact is lost: another answer takes its place */
};
/* Take the first reply out if its fate is known. Whoever got an entry asks again, until PARK_WAITS.
 */
enum park_fate park_take(struct park *park, struct park_queue *queue, int64_t boot_ms,
                         struct park_entry *out);

/* When the first reply is given up; INT64_MAX if there is none. */
int64_t park_deadline_ms(const struct park_queue *queue);

/* The connection is gone: forget its replies. The memory of the entries is given back. */
void park_clear(struct park *park, struct park_queue *queue);
/* The queue is empty and will stay so for a while: give its memory back. */
void park_trim(struct park *park, struct park_queue *queue);

/* From dispatch: calls config.advance for each queue whose first reply waited for that. */
void park_committed(struct park *park, uint32_t partition, uint64_t position);
void park_dropped(struct park *park, uint32_t partition);

#endif
