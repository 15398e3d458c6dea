/* SPDX-License-Identifier: BSD-2-Clause */
/* queue.h - requests that are due and wait for room on a connection, oldest first. */
#ifndef TUAN_LOAD_QUEUE_H
#define TUAN_LOAD_QUEUE_H

#include "bench/wire/op.h"

struct queued {
    int64_t due_ns;
    struct request request;
};

struct queue { /* zeroed: empty */
    struct queued *items;
    uint32_t head, count, cap; /* cap is a power of two */
};

void queue_push(struct queue *queue, const struct request *request, int64_t due_ns);
const struct queued *queue_first(const struct queue *queue); /* NULL: empty */
void queue_pop(struct queue *queue);
void queue_free(struct queue *queue);

#endif
