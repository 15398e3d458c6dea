/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/load/queue.h"

#include <assert.h>
#include <stddef.h>

#include "base/mem.h"

void queue_push(struct queue *queue, const struct request *request, int64_t due_ns)
{
    if (queue->count == queue->cap) {
        uint32_t cap = queue->cap == 0 ? 256 : queue->cap * 2;
        struct queued *items = mem_alloc(cap * sizeof *items);
        for (uint32_t i = 0; i < queue->count; i++)
            items[i] = queue->items[(queue->head + i) & (queue->cap - 1)];
        mem_free(queue->items);
        *queue = (struct queue){items, 0, queue->count, cap};
    }
    queue->items[(queue->head + queue->count++) & (queue->cap - 1)] =
        (struct queued){due_ns, *request};
}

const struct queued *queue_first(const struct queue *queue)
{
    return queue->count == 0 ? NULL : &queue->items[queue->head];
}

void queue_pop(struct queue *queue)
{
    assert(queue->count > 0);
    queue->head = (queue->head + 1) & (queue->cap - 1);
    queue->count--;
}

void queue_free(struct queue *queue)
{
    mem_free(queue->items);
    *queue = (struct queue){0};
}
