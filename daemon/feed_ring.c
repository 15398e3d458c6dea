/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/feed_ring.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"

struct stored {
    struct mirror_feed_entry entry; /* its texts follow */
    size_t bytes;
    char texts[];
};

struct feed_ring {
    struct stored **slots;
    size_t cap, first, count, bytes;
    struct mirror_event_id last, forgotten;
};

struct feed_ring *feed_ring_create(size_t events_max)
{
    struct feed_ring *ring = mem_zalloc(sizeof *ring);

    assert(events_max > 0);
    ring->cap = events_max;
    ring->slots = mem_alloc(events_max * sizeof *ring->slots);
    return ring;
}

static struct stored **slot_at(const struct feed_ring *ring, size_t index)
{
    size_t at = ring->first + index;

    return &ring->slots[at < ring->cap ? at : at - ring->cap];
}

static void forget_oldest(struct feed_ring *ring)
{
    struct stored *oldest = *slot_at(ring, 0);

    ring->forgotten = oldest->entry.id;
    ring->bytes -= oldest->bytes;
    ring->first = ring->first + 1 == ring->cap ? 0 : ring->first + 1;
    ring->count--;
    mem_free(oldest);
}

void feed_ring_destroy(struct feed_ring *ring)
{
    if (ring == NULL) return;
    while (ring->count > 0)
        forget_oldest(ring);
    mem_free(ring->slots);
    mem_free(ring);
}

static struct mirror_bytes copy(char **to, struct mirror_bytes text)
{
    struct mirror_bytes copied = {*to, text.len};

    if (text.len > 0) memcpy(*to, text.ptr, text.len);
    *to += text.len;
    return copied;
}

void feed_ring_push(struct feed_ring *ring, struct mirror_event_id id,
                    const struct mirror_event *event)
{
    size_t bytes = event->campaign.len + event->room.len + event->data.len + event->type.len;
    struct stored *stored = mem_alloc(sizeof *stored + bytes);
    char *to = stored->texts;

    assert(mirror_event_compare(ring->last, id) < 0);
    stored->bytes = sizeof *stored + bytes;
    stored->entry.id = id;
    stored->entry.event = (struct mirror_event){.type = copy(&to, event->type),
                                                .campaign = copy(&to, event->campaign),
                                                .room = copy(&to, event->room),
                                                .data = copy(&to, event->data)};
    while (ring->count == ring->cap ||
           (ring->count > 0 && ring->bytes + stored->bytes > FEED_RING_BYTES_MAX))
        forget_oldest(ring);
    *slot_at(ring, ring->count++) = stored;
    ring->bytes += stored->bytes;
    ring->last = id;
}

/* The place of the first entry behind `after`. */
static size_t place_behind(const struct feed_ring *ring, struct mirror_event_id after)
{
    size_t low = 0, high = ring->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (mirror_event_compare((*slot_at(ring, middle))->entry.id, after) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_asked_for(const struct mirror_feed_ask *ask, const struct mirror_event *event)
{
    return ask->campaign.len == 0 ||
           (ask->campaign.len == event->campaign.len &&
            memcmp(ask->campaign.name, event->campaign.ptr, event->campaign.len) == 0);
}

void feed_ring_read(const struct feed_ring *ring, const struct mirror_feed_ask *ask)
{
    struct mirror_feed_entry *entries = mem_alloc(ask->count * sizeof *entries);
    struct mirror_event_id after = ask->is_from_end ? ring->last : ask->after;
    struct mirror_feed_page page = {.entries = entries,
                                    .after = after,
                                    .last = ring->last,
                                    .is_trimmed =
                                        ring->forgotten.number != 0 ||
                                        (after.epoch != 0 && after.epoch != ring->last.epoch)};
    size_t at = place_behind(ring, after);

    if (ring->count > 0) page.first = (*slot_at(ring, 0))->entry.id;
    for (; at < ring->count && page.count < ask->count; at++) {
        const struct mirror_feed_entry *entry = &(*slot_at(ring, at))->entry;
        page.after = entry->id;
        if (is_asked_for(ask, &entry->event)) entries[page.count++] = *entry;
    }
    page.is_end = at == ring->count;
    ask->page(ask->context, ask->partition, &page);
    mem_free(entries);
}
