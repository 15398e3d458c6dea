/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/sim/queue.h"

#include "base/mem.h"

static bool is_before(const struct happening *a, const struct happening *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

void queue_free(struct queue *queue)
{
    mem_free(queue->items);
    *queue = (struct queue){.items = NULL};
}

void queue_add(struct queue *queue, int64_t at_us, enum event_kind kind, uint32_t index,
               uint64_t token)
{
    struct happening added = {at_us, queue->order++, kind, index, token};
    size_t at = queue->count++;

    if (at == queue->room) {
        queue->room = queue->room == 0 ? 64 : queue->room * 2;
        queue->items = mem_realloc(queue->items, queue->room * sizeof *queue->items);
    }
    while (at > 0 && is_before(&added, &queue->items[(at - 1) / 2])) {
        queue->items[at] = queue->items[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    queue->items[at] = added;
}

bool queue_pop(struct queue *queue, struct happening *out)
{
    size_t at = 0;

    if (queue->count == 0) return false;
    *out = queue->items[0];
    struct happening last = queue->items[--queue->count];
    for (size_t child = 1; child < queue->count; child = 2 * at + 1) {
        if (child + 1 < queue->count && is_before(&queue->items[child + 1], &queue->items[child]))
            child++;
        if (!is_before(&queue->items[child], &last)) break;
        queue->items[at] = queue->items[child];
        at = child;
    }
    queue->items[at] = last;
    return true;
}
