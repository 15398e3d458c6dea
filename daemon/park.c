/* SPDX-License-Identifier: BSD-2-Clause */
/* park.c - per partition, the batches that some queue's first entry waits for, in rising order,
 * each with its queues.
 *
 * New replies mostly wait for the newest batch, so its place is looked for from the end; there are
 * never more batches than the mirror has in flight. A reply that depends on several partitions
 * takes one entry for each: gates, then itself.
 */
#include "daemon/park.h"

#include <assert.h>

#include "base/mem.h"

enum { RING_FIRST = 64 }; /* entries; such rings are kept for the next queue that needs one */

struct park_batch {
    struct list link;
    struct list queues;
    uint64_t position;
};

void park_init(struct park *park, const struct park_config *config)
{
    *park = (struct park){.config = *config};
    for (int i = 0; i < DISPATCH_PARTITIONS_MAX; i++)
        list_init(&park->batches[i]);
    list_init(&park->spare);
}

static void free_batches(struct list *batches)
{
    for (struct list *link = list_pop_head(batches); link != NULL; link = list_pop_head(batches)) {
        struct park_batch *batch = container_of(link, struct park_batch, link);
        assert(list_is_empty(&batch->queues));
        mem_free(batch);
    }
}

void park_destroy(struct park *park)
{
    assert(park->entries == 0 && park->queues == 0);
    for (int i = 0; i < DISPATCH_PARTITIONS_MAX; i++)
        free_batches(&park->batches[i]);
    free_batches(&park->spare);
    while (park->ring_count > 0)
        mem_free(park->rings[--park->ring_count]);
}

static struct park_batch *make_batch(struct park *park, struct list *after, uint64_t position)
{
    struct list *link = list_pop_head(&park->spare);
    struct park_batch *batch =
        link == NULL ? mem_alloc(sizeof *batch) : container_of(link, struct park_batch, link);

    batch->position = position;
    list_init(&batch->queues);
    list_push_head(after, &batch->link);
    return batch;
}

static struct park_batch *find_batch(struct park *park, uint32_t partition, uint64_t position)
{
    struct list *head = &park->batches[partition];
    struct list *at = head->prev;

    for (; at != head; at = at->prev) {
        struct park_batch *batch = container_of(at, struct park_batch, link);
        if (batch->position == position) return batch;
        if (batch->position < position) break;
    }
    return make_batch(park, at, position);
}

static struct park_entry *entry_at(const struct park_queue *queue, uint32_t index)
{
    return &queue->entries[(queue->first + index) & (queue->cap - 1)];
}

static bool is_lost(const struct park *park, const struct park_entry *entry)
{
    return !entry->is_free && entry->drops != (uint32_t)park->drops[entry->partition];
}

static bool is_committed(const struct park *park, uint32_t partition, uint64_t position)
{
    assert(partition < DISPATCH_PARTITIONS_MAX);
    return position <= park->committed[partition] ||
           park->config.is_committed(park->config.context, partition, position);
}

/* Wait for what the first entry waits for. */
static void start_waiting(struct park *park, struct park_queue *queue)
{
    assert(!queue->is_waiting && queue->count > 0);
    const struct park_entry *entry = entry_at(queue, 0);
    struct park_batch *batch = find_batch(park, entry->partition, entry->position);

    list_push_tail(&batch->queues, &queue->link);
    queue->is_waiting = true;
}

static void stop_waiting(struct park_queue *queue)
{
    if (queue->is_waiting) list_remove(&queue->link);
    queue->is_waiting = false;
}

static void grow(struct park *park, struct park_queue *queue)
{
    uint32_t cap = queue->cap == 0 ? RING_FIRST : queue->cap * 2;
    struct park_entry *entries = cap == RING_FIRST && park->ring_count > 0
                                     ? park->rings[--park->ring_count]
                                     : mem_alloc(cap * sizeof *entries);

    for (uint32_t i = 0; i < queue->count; i++)
        entries[i] = *entry_at(queue, i);
    mem_free(queue->entries);
    queue->entries = entries;
    queue->first = 0;
    queue->cap = cap;
}

static void push(struct park *park, struct park_queue *queue, const struct park_entry *entry)
{
    if (queue->count == queue->cap) grow(park, queue);
    queue->count++;
    *entry_at(queue, queue->count - 1) = *entry;
}

bool park_must_wait(const struct park *park, const struct park_queue *queue,
                    const struct dispatch_answer *answer)
{
    if (queue->count > 0) return true;
    for (uint32_t i = 0; answer != NULL && i < answer->wait_count; i++)
        if (!is_committed(park, answer->waits[i].partition, answer->waits[i].position)) return true;
    return false;
}

void park_add(struct park *park, struct park_queue *queue, const struct dispatch_answer *answer,
              const struct park_reply *reply)
{
    struct park_entry entry = {.deadline_ms = reply->deadline_ms,
                               .msgid = reply->msgid,
                               .is_write = answer != NULL && answer->is_write,
                               .is_push = answer != NULL && answer->is_push,
                               .trace = answer == NULL ? 0 : answer->trace,
                               .at_us = answer == NULL ? 0 : answer->at_us,
                               .command = answer == NULL ? 0 : (uint8_t)answer->command,
                               .is_free = true};
    bool was_empty = queue->count == 0;

    for (uint32_t i = 0; answer != NULL && i < answer->wait_count; i++) {
        const struct dispatch_wait *wait = &answer->waits[i];
        if (is_committed(park, wait->partition, wait->position)) continue;
        if (!entry.is_free) {
            entry.is_gate = true;
            push(park, queue, &entry);
            entry.is_gate = false;
        }
        entry.is_free = false;
        entry.partition = (uint8_t)wait->partition;
        entry.position = wait->position;
        entry.drops = (uint32_t)park->drops[wait->partition];
    }
    entry.bytes = reply->bytes;
    push(park, queue, &entry);
    queue->replies++;
    park->entries++;
    if (was_empty) {
        assert(!entry_at(queue, 0)->is_free);
        park->queues++;
        start_waiting(park, queue);
    }
}

static void pop(struct park *park, struct park_queue *queue, struct park_entry *out)
{
    assert(queue->count > 0);
    *out = *entry_at(queue, 0);
    queue->first = (queue->first + 1) & (queue->cap - 1);
    queue->count--;
    if (out->is_gate) return;
    queue->replies--;
    park->entries--;
    if (queue->count == 0) park->queues--;
}

enum park_fate park_take(struct park *park, struct park_queue *queue, int64_t boot_ms,
                         struct park_entry *out)
{
    while (queue->count > 0) {
        const struct park_entry *head = entry_at(queue, 0);
        bool is_given_up = is_lost(park, head) || (!head->is_free && head->deadline_ms <= boot_ms);

        if (is_given_up) {
            stop_waiting(queue);
            do {
                pop(park, queue, out);
            } while (out->is_gate);
            return PARK_REPLACED;
        }
        if (!head->is_free && !is_committed(park, head->partition, head->position)) {
            if (!queue->is_waiting) start_waiting(park, queue);
            return PARK_WAITS;
        }
        stop_waiting(queue);
        pop(park, queue, out);
        if (!out->is_gate) return PARK_LEAVES;
    }
    return PARK_WAITS;
}

int64_t park_deadline_ms(const struct park_queue *queue)
{
    return queue->count == 0 ? INT64_MAX : entry_at(queue, 0)->deadline_ms;
}

void park_clear(struct park *park, struct park_queue *queue)
{
    struct park_entry entry;

    stop_waiting(queue);
    while (queue->count > 0)
        pop(park, queue, &entry);
    assert(queue->replies == 0);
    park_trim(park, queue);
}

void park_trim(struct park *park, struct park_queue *queue)
{
    assert(queue->count == 0 && !queue->is_waiting);
    if (queue->cap == RING_FIRST && park->ring_count < PARK_SPARES_MAX)
        park->rings[park->ring_count++] = queue->entries;
    else
        mem_free(queue->entries);
    queue->entries = NULL;
    queue->cap = 0;
    queue->first = 0;
}

/* Take the batch out first: what advances may start to wait again, but never for this one. */
static void wake_batch(struct park *park, struct park_batch *batch)
{
    list_remove(&batch->link);
    for (struct list *link = list_pop_head(&batch->queues); link != NULL;
         link = list_pop_head(&batch->queues)) {
        container_of(link, struct park_queue, link)->is_waiting = false;
        park->config.advance(park->config.context, link);
    }
    list_push_head(&park->spare, &batch->link);
}

void park_committed(struct park *park, uint32_t partition, uint64_t position)
{
    assert(partition < DISPATCH_PARTITIONS_MAX);
    struct list *batches = &park->batches[partition];

    park->committed[partition] = position;
    while (!list_is_empty(batches)) {
        struct park_batch *batch = container_of(batches->next, struct park_batch, link);
        if (batch->position > position) return;
        wake_batch(park, batch);
    }
}

void park_dropped(struct park *park, uint32_t partition)
{
    assert(partition < DISPATCH_PARTITIONS_MAX);
    struct list waiting;

    park->drops[partition]++;
    park->committed[partition] = 0;
    list_init(&waiting);
    for (struct list *link = list_pop_head(&park->batches[partition]); link != NULL;
         link = list_pop_head(&park->batches[partition]))
        list_push_tail(&waiting, link);
    while (!list_is_empty(&waiting))
        wake_batch(park, container_of(waiting.next, struct park_batch, link));
}
