/* SPDX-License-Identifier: BSD-2-Clause */
/* queue.h - what is to happen, in the order of its time; of one time, in the order of its asking.
 */
#ifndef TUAN_TESTS_SIM_QUEUE_H
#define TUAN_TESTS_SIM_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum event_kind {
    EVENT_NODE,   /* a daemon's turn: index, token */
    EVENT_PIPE,   /* a connection's bytes arrive: index, token = direction and generation */
    EVENT_CLIENT, /* a client acts: index, token */
    EVENT_ANSWER, /* a reply reaches its client: index, token */
    EVENT_FAULT,  /* index: which */
    EVENT_HEAL,   /* a trouble of Redis is over: index = server, token */
    EVENT_SYNC    /* Redis syncs its log, its replica catches up */
};

struct happening {
    int64_t at_us;
    uint64_t order;
    enum event_kind kind;
    uint32_t index;
    uint64_t token;
};

struct queue {
    struct happening *items; /* a heap */
    size_t count, room;
    uint64_t order;
};

void queue_free(struct queue *queue);
void queue_add(struct queue *queue, int64_t at_us, enum event_kind kind, uint32_t index,
               uint64_t token);
bool queue_pop(struct queue *queue, struct happening *out); /* false: nothing is to happen */

#endif
