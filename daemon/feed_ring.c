/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/feed_ring.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"

/* The texts of events, one behind the other, as they came. The oldest chunk is let go once all of
 * its events are forgotten: so what is written next is written in order, wherever events end. */
struct chunk {
    struct chunk *newer;
    size_t events, used, room;
    char bytes[];
};

enum { CHUNK_BYTES = 256 * 1024 };

struct feed_ring {
    struct mirror_feed_entry *slots;
    size_t cap, first, count, bytes; /* of their texts */
    struct chunk *oldest, *newest;   /* of all that hold texts; NULL: none does */
    struct chunk *spare;             /* the last one let go, of CHUNK_BYTES; or NULL */
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

static struct mirror_feed_entry *slot_at(const struct feed_ring *ring, size_t index)
{
    size_t at = ring->first + index;

    return &ring->slots[at < ring->cap ? at : at - ring->cap];
}

static size_t event_bytes(const struct mirror_event *event)
{
    return event->type.len + event->campaign.len + event->room.len + event->data.len;
}

/* ---- chunks ---- */

static struct chunk *make_chunk(struct feed_ring *ring, size_t bytes)
{
    struct chunk *chunk = ring->spare;
    size_t room = bytes > CHUNK_BYTES ? bytes : CHUNK_BYTES;

    if (chunk != NULL && bytes <= CHUNK_BYTES)
        ring->spare = NULL;
    else
        chunk = mem_alloc(sizeof *chunk + room);
    *chunk = (struct chunk){.room = room};
    return chunk;
}

static void let_go(struct feed_ring *ring, struct chunk *chunk)
{
    if (ring->spare != NULL || chunk->room > CHUNK_BYTES)
        mem_free(chunk);
    else
        ring->spare = chunk;
}

static void forget_oldest(struct feed_ring *ring)
{
    const struct mirror_feed_entry *entry = slot_at(ring, 0);
    struct chunk *chunk = ring->oldest;

    ring->forgotten = entry->id;
    ring->bytes -= event_bytes(&entry->event);
    ring->first = ring->first + 1 == ring->cap ? 0 : ring->first + 1;
    ring->count--;
    if (--chunk->events > 0) return;
    ring->oldest = chunk->newer;
    if (ring->oldest == NULL) ring->newest = NULL;
    let_go(ring, chunk);
}

void feed_ring_destroy(struct feed_ring *ring)
{
    if (ring == NULL) return;
    while (ring->count > 0)
        forget_oldest(ring);
    mem_free(ring->spare);
    mem_free(ring->slots);
    mem_free(ring);
}

/* ---- events ---- */

/* For the texts of one more event. */
static char *take_room(struct feed_ring *ring, size_t bytes)
{
    struct chunk *chunk = ring->newest;

    if (chunk == NULL || chunk->room - chunk->used < bytes) {
        struct chunk *newer = make_chunk(ring, bytes);
        if (chunk == NULL)
            ring->oldest = newer;
        else
            chunk->newer = newer;
        ring->newest = chunk = newer;
    }
    char *taken = chunk->bytes + chunk->used;
    chunk->used += bytes;
    chunk->events++;
    return taken;
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
    size_t bytes = event_bytes(event);

    assert(mirror_event_compare(ring->last, id) < 0);
    while (ring->count == ring->cap ||
           (ring->count > 0 && ring->bytes + bytes > FEED_RING_BYTES_MAX))
        forget_oldest(ring);
    char *to = take_room(ring, bytes);
    *slot_at(ring, ring->count++) =
        (struct mirror_feed_entry){.id = id,
                                   .event = {.type = copy(&to, event->type),
                                             .campaign = copy(&to, event->campaign),
                                             .room = copy(&to, event->room),
                                             .data = copy(&to, event->data)}};
    ring->bytes += bytes;
    ring->last = id;
}

/* The place of the first entry behind `after`. */
static size_t place_behind(const struct feed_ring *ring, struct mirror_event_id after)
{
    size_t low = 0, high = ring->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (mirror_event_compare(slot_at(ring, middle)->id, after) <= 0)
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

    if (ring->count > 0) page.first = slot_at(ring, 0)->id;
    for (; at < ring->count && page.count < ask->count; at++) {
        const struct mirror_feed_entry *entry = slot_at(ring, at);
        page.after = entry->id;
        if (is_asked_for(ask, &entry->event)) entries[page.count++] = *entry;
    }
    page.is_end = at == ring->count;
    ask->page(ask->context, ask->partition, &page);
    mem_free(entries);
}
