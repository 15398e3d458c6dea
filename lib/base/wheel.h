/* SPDX-License-Identifier: BSD-2-Clause */
/* wheel.h - very many deadlines: a hierarchical timing wheel, in milliseconds.
 *
 * Intrusive: a node lives inside the caller's object, the wheel owns nothing and reads no clock.
 * Adding and removing are O(1); a node is moved at most once per level (10) in its life, whatever
 * the distance or the jumps of time, and a crowd of them that is due in one millisecond is moved as
 * if it were one node. Any int64_t is a legal time. Neither an armed node nor a wheel that holds
 * nodes may move in memory.
 *
 * The wheel has a time of its own, which never runs back and never passes a time it was told. It
 * follows the due times handed out, and jumps to now_ms when wheel_pop_due() finds nothing more.
 *
 * Order: nodes come out in order of due_ms; order among equals is unspecified. The one exception: a
 * node added with a due_ms before the wheel's time comes out next, before all that are due later
 * than the wheel's time; order among such latecomers is unspecified too. To have a backlog in order
 * (say, after a restart) start the wheel at a time before it; INT64_MIN will do.
 */
#ifndef TUAN_BASE_WHEEL_H
#define TUAN_BASE_WHEEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

#define WHEEL_DIGIT_BITS 6
#define WHEEL_SLOTS      (1 << WHEEL_DIGIT_BITS)
#define WHEEL_LEVELS     11 /* 11 digits of 6 bits cover 64 bits */
#define WHEEL_CROWD_BITS 6
#define WHEEL_CROWDS     (1 << WHEEL_CROWD_BITS)

/* Zeroed: not armed. */
struct wheel_node {
    struct wheel_node *next;
    struct wheel_node **pprev; /* what points at this node; NULL: not armed */
    int64_t due_ms;
};

/* Private to wheel.c, but laid out by its user. */
struct wheel_crowd {
    struct wheel_node file; /* filed for all of its nodes, while it has some */
    struct wheel_node *first;
    size_t votes; /* how much more often than others this due time was asked for */
};

/* Private to wheel.c, but laid out by its user. */
struct wheel {
    uint64_t now;    /* the wheel's time, as a key: see wheel.c */
    int64_t late_ms; /* no node in the slot of `now` is due before this */
    size_t count;
    unsigned levels;             /* bit l: level l has a node */
    unsigned splitting;          /* level whose slot at `now` is being moved down; 0: none */
    uint64_t used[WHEEL_LEVELS]; /* bit s: slot s of that level has a node */
    struct wheel_node *slots[WHEEL_LEVELS][WHEEL_SLOTS];
    struct wheel_crowd crowds[WHEEL_CROWDS];
};

void wheel_init(struct wheel *wheel, int64_t now_ms);

/* Arm a node that is not armed. A due_ms in the past is due at once. */
void wheel_add(struct wheel *wheel, struct wheel_node *node, int64_t due_ms);

/* Disarm; does nothing to a node that is not armed. */
void wheel_remove(struct wheel *wheel, struct wheel_node *node);

static inline bool wheel_is_armed(const struct wheel_node *node)
{
    return node->pprev != NULL;
}

/* Start to fetch the neighbours of an armed node, which wheel_remove() will touch. */
MEM_PREFETCHES void wheel_prefetch(const struct wheel_node *node)
{
    __builtin_prefetch(node->next);
    __builtin_prefetch(node->pprev);
}

/* Take out and return the next node with due_ms <= now_ms, or NULL when there is none. A now_ms
 * before the wheel's time counts as the wheel's time. Amortised O(1); but a single call may first
 * have to move all nodes of one slot down a level. Who cannot wait for that calls
 * wheel_prepare() before. */
struct wheel_node *wheel_pop_due(struct wheel *wheel, int64_t now_ms);

/* What wheel_pop_due() would return next, as far as that is known without moving anything; and what
 * is likely to come after such a one. NULL: that is not known. */
struct wheel_node *wheel_peek(const struct wheel *wheel);
struct wheel_node *wheel_peek_after(const struct wheel *wheel, const struct wheel_node *node);

/* Do up to moves_max node moves (at least 1) of the work ahead of the next wheel_pop_due(now_ms).
 * True: that call is now O(1). False: come again; meanwhile wheel_next_ms() <= now_ms. */
bool wheel_prepare(struct wheel *wheel, int64_t now_ms, size_t moves_max);

/* When to call wheel_pop_due() again: a time not after the earliest due time, INT64_MAX if the
 * wheel is empty. Exact when the earliest node is due in the wheel's current block of 64 ms and is
 * not a latecomer. After wheel_pop_due(now_ms) returned NULL it is later than now_ms, and a call at
 * the very time it names returns a node or moves it forward: a timer armed with it never spins. */
int64_t wheel_next_ms(const struct wheel *wheel);

static inline size_t wheel_count(const struct wheel *wheel)
{
    return wheel->count;
}

#endif
