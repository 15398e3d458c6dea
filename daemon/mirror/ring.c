/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/mirror/ring.h"

#include <assert.h>

#include "base/mem.h"

#define CAP_MIN 64

void ring_init(struct ring *ring)
{
    *ring = (struct ring){.cap = CAP_MIN};
    ring->slots = mem_zalloc(ring->cap * sizeof *ring->slots);
}

static struct frozen *slot_of(const struct ring *ring, uint64_t seq)
{
    return &ring->slots[seq & (ring->cap - 1)];
}

static void drop_first(struct ring *ring)
{
    struct frozen *slot = slot_of(ring, ring->first);

    ring->held_bytes -= slot->len;
    mem_free(slot->request);
    *slot = (struct frozen){0};
    ring->first++;
}

void ring_reset(struct ring *ring)
{
    while (ring->first < ring->next)
        drop_first(ring);
    assert(ring->held_bytes == 0);
    ring->first = ring->answered = ring->sent = ring->next = ring->committed = 0;
    ring->uncommitted_bytes = ring->flying_bytes = 0;
}

void ring_free(struct ring *ring)
{
    ring_reset(ring);
    mem_free(ring->slots);
    *ring = (struct ring){0};
}

static void grow(struct ring *ring)
{
    struct ring grown = *ring;

    grown.cap = ring->cap * 2;
    grown.slots = mem_zalloc(grown.cap * sizeof *grown.slots);
    for (uint64_t seq = ring->first; seq < ring->next; seq++)
        *slot_of(&grown, seq) = *slot_of(ring, seq);
    mem_free(ring->slots);
    *ring = grown;
}

uint64_t ring_push(struct ring *ring, struct buf *request, int64_t now_ms)
{
    uint64_t seq = ring->next;

    if (ring->next - ring->first == ring->cap) grow(ring);
    *slot_of(ring, seq) = (struct frozen){request->data, request->len, now_ms};
    ring->held_bytes += request->len;
    if (seq > 0) ring->uncommitted_bytes += request->len;
    ring->next++;
    buf_init(request);
    return seq;
}

const struct frozen *ring_at(const struct ring *ring, uint64_t seq)
{
    assert(ring_holds(ring, seq));
    return slot_of(ring, seq);
}

const struct frozen *ring_send(struct ring *ring)
{
    const struct frozen *frozen = ring_at(ring, ring->sent);

    ring->flying_bytes += frozen->len;
    ring->sent++;
    return frozen;
}

void ring_answer(struct ring *ring)
{
    assert(ring->answered < ring->sent);
    ring->flying_bytes -= ring_at(ring, ring->answered)->len;
    ring->answered++;
}

bool ring_commit(struct ring *ring, uint64_t seq, size_t keep_bytes)
{
    bool is_news = seq > ring->committed;

    assert(seq < ring->next);
    for (; ring->committed < seq; ring->committed++)
        ring->uncommitted_bytes -= ring_at(ring, ring->committed + 1)->len;
    while (ring->held_bytes > ring->uncommitted_bytes + keep_bytes &&
           ring->first <= ring->committed && ring->first < ring->answered)
        drop_first(ring);
    return is_news;
}

void ring_step_to(struct ring *ring, uint64_t seq)
{
    assert(seq >= ring->first && seq <= ring->next);
    ring->answered = ring->sent = seq;
    ring->flying_bytes = 0;
}

int64_t ring_oldest_ms(const struct ring *ring)
{
    if (ring->next == 0 || ring->committed + 1 >= ring->next) return 0;
    return ring_at(ring, ring->committed + 1)->frozen_ms;
}
