/* SPDX-License-Identifier: BSD-2-Clause */
/* ring.h - the frozen batches of one epoch, from the oldest that is kept to the newest.
 *
 * Number 0 is the fence, as the request that sends it once more (R4); batches are 1, 2, 3 … without
 * holes (P2). A slot holds the whole request, so that whatever is sent again is the same bytes
 * (P3).
 *
 *     first ≤ … committed …  answered ≤ sent ≤ next
 *
 * [first, next) are held; those below `sent` were sent on this connection, those below `answered`
 * have had their reply. All that is not committed is held, and of the rest the newest keep_bytes
 * (R6).
 */
#ifndef TUAN_DAEMON_MIRROR_RING_H
#define TUAN_DAEMON_MIRROR_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct frozen {
    char *request;
    size_t len;
    int64_t frozen_ms;
};

struct ring {
    struct frozen *slots; /* a circle of `cap`, a power of two; slot of seq: seq & (cap - 1) */
    size_t cap;
    uint64_t first, answered, sent, next;
    uint64_t committed;       /* the highest committed number; of no meaning while next is 0 */
    size_t held_bytes;        /* of all slots */
    size_t uncommitted_bytes; /* of those above `committed` */
    size_t flying_bytes;      /* of those sent and not answered */
};

void ring_init(struct ring *ring);
void ring_reset(struct ring *ring);
void ring_free(struct ring *ring);

/* Freeze: takes the memory of `request` over and leaves it empty. Returns the number. */
uint64_t ring_push(struct ring *ring, struct buf *request, int64_t now_ms);
const struct frozen *ring_at(const struct ring *ring, uint64_t seq);
static inline bool ring_holds(const struct ring *ring, uint64_t seq)
{
    return seq >= ring->first && seq < ring->next;
}
static inline size_t ring_in_flight(const struct ring *ring)
{
    return (size_t)(ring->sent - ring->answered);
}

const struct frozen *ring_send(struct ring *ring); /* the next unsent one; there must be one */
/* The reply to the oldest unanswered one is here. */
void ring_answer(struct ring *ring);
/* All up to `seq` are committed; never moves back. True: it moved. */
bool ring_commit(struct ring *ring, uint64_t seq, size_t keep_bytes);
/* Nothing is in flight; go on sending at `seq`. */
void ring_step_to(struct ring *ring, uint64_t seq);
/* When the oldest uncommitted batch was frozen; 0: there is none. */
int64_t ring_oldest_ms(const struct ring *ring);

#endif
