/* SPDX-License-Identifier: BSD-2-Clause */
/* wheel.c - how the wheel files its nodes.
 *
 * A time is turned into a key, an unsigned number of the same order, and read as 11 digits of 6
 * bits. A node is filed at the level of the highest digit in which its key differs from the wheel's
 * time, in the slot named by that digit (level 0 if no digit differs):
 *
 *      now   .. 2 7 0 5      key .. 2 7 0 9   ->  level 0, slot 9
 *                            key .. 2 8 0 0   ->  level 2, slot 8
 *
 * So at level l all nodes agree with `now` in the digits above l, and their digit l is higher than
 * now's (at level 0 it may be equal). Hence each node of a level is due before every node of the
 * levels above, and the earliest slot is the lowest used slot of the lowest used level: two bit
 * scans, no matter how far time has jumped. The rule also holds for any new `now` up to the start
 * of that slot, so empty time is skipped in one step.
 *
 * When time reaches the start of a slot above level 0, its nodes are filed anew, lower. While that
 * is half done (wheel_prepare() may be told to stop), `splitting` says where to go on.
 *
 * Latecomers, due before `now`, are filed as if due now: `late_ms` remembers how late.
 */
#include "base/wheel.h"

#include <assert.h>

#define SIGN_BIT (UINT64_C(1) << 63)

_Static_assert(WHEEL_LEVELS *WHEEL_DIGIT_BITS >= 64, "every key has a level");
_Static_assert(WHEEL_LEVELS <= 32, "levels fit the bitmap");
_Static_assert(WHEEL_SLOTS == 64, "slots fit the bitmap");

static uint64_t key_of(int64_t time_ms)
{
    return (uint64_t)time_ms ^ SIGN_BIT;
}

static int64_t time_of(uint64_t key)
{
    return (int64_t)(key ^ SIGN_BIT);
}

static unsigned digit(uint64_t key, unsigned level)
{
    return (unsigned)(key >> (level * WHEEL_DIGIT_BITS)) % WHEEL_SLOTS;
}

static struct wheel_node **slot_at_now(struct wheel *wheel, unsigned level)
{
    return &wheel->slots[level][digit(wheel->now, level)];
}

static void file_node(struct wheel *wheel, struct wheel_node *node)
{
    uint64_t key = key_of(node->due_ms) > wheel->now ? key_of(node->due_ms) : wheel->now;
    uint64_t differs = key ^ wheel->now;
    unsigned level =
        differs == 0 ? 0 : (63U - (unsigned)__builtin_clzll(differs)) / WHEEL_DIGIT_BITS;
    unsigned slot = digit(key, level);
    struct wheel_node **head = &wheel->slots[level][slot];

    node->next = *head;
    node->pprev = head;
    if (node->next != NULL) node->next->pprev = &node->next;
    *head = node;
    wheel->used[level] |= UINT64_C(1) << slot;
    wheel->levels |= 1U << level;
}

/* A node alone in its slot is the one that nothing follows and that a slot points at. */
static void unfile_node(struct wheel *wheel, struct wheel_node *node)
{
    uintptr_t index = ((uintptr_t)node->pprev - (uintptr_t)wheel->slots) / sizeof node->pprev;

    assert(*node->pprev == node);
    *node->pprev = node->next;
    if (node->next != NULL) {
        node->next->pprev = node->pprev;
    } else if (index < (uintptr_t)WHEEL_LEVELS * WHEEL_SLOTS) {
        unsigned level = (unsigned)index / WHEEL_SLOTS;

        wheel->used[level] &= ~(UINT64_C(1) << index % WHEEL_SLOTS);
        if (wheel->used[level] == 0) wheel->levels &= ~(1U << level);
    }
    node->next = NULL;
    node->pprev = NULL;
}

void wheel_init(struct wheel *wheel, int64_t now_ms)
{
    *wheel = (struct wheel){.now = key_of(now_ms), .late_ms = now_ms};
}

void wheel_add(struct wheel *wheel, struct wheel_node *node, int64_t due_ms)
{
    assert(!wheel_is_armed(node));
    node->due_ms = due_ms;
    if (due_ms < wheel->late_ms) wheel->late_ms = due_ms;
    file_node(wheel, node);
    wheel->count++;
}

void wheel_remove(struct wheel *wheel, struct wheel_node *node)
{
    if (!wheel_is_armed(node)) return;
    assert(wheel->count > 0);
    unfile_node(wheel, node);
    wheel->count--;
}

static void advance(struct wheel *wheel, uint64_t now)
{
    if (now == wheel->now) return;
    assert(now > wheel->now && *slot_at_now(wheel, 0) == NULL);
    wheel->now = now;
    wheel->late_ms = time_of(now);
}

/* False when the moves were used up first. */
static bool split_slot(struct wheel *wheel, size_t *moves)
{
    struct wheel_node **head = slot_at_now(wheel, wheel->splitting);

    while (*head != NULL) {
        struct wheel_node *node = *head;

        if (*moves == 0) return false;
        --*moves;
        unfile_node(wheel, node);
        file_node(wheel, node);
    }
    wheel->splitting = 0;
    return true;
}

static unsigned lowest_level(const struct wheel *wheel)
{
    assert(wheel->levels != 0);
    return (unsigned)__builtin_ctz(wheel->levels);
}

/* The key at which the earliest slot of a level starts. The shift is made in two so that it stays
 * below 64 at the top level. */
static uint64_t earliest_start(const struct wheel *wheel, unsigned level)
{
    unsigned shift = level * WHEEL_DIGIT_BITS;
    uint64_t above = wheel->now >> shift >> WHEEL_DIGIT_BITS << WHEEL_DIGIT_BITS;

    return (above | (unsigned)__builtin_ctzll(wheel->used[level])) << shift;
}

bool wheel_prepare(struct wheel *wheel, int64_t now_ms, size_t moves_max)
{
    uint64_t target = key_of(now_ms) > wheel->now ? key_of(now_ms) : wheel->now;

    assert(moves_max > 0);
    for (;;) {
        unsigned level;
        uint64_t start;

        if (wheel->splitting != 0 && !split_slot(wheel, &moves_max)) return false;
        if (wheel->levels == 0) break;
        level = lowest_level(wheel);
        start = earliest_start(wheel, level);
        if (start > target) break;
        advance(wheel, start);
        if (level == 0) return true;
        wheel->splitting = level;
    }
    advance(wheel, target);
    return true;
}

struct wheel_node *wheel_pop_due(struct wheel *wheel, int64_t now_ms)
{
    struct wheel_node *node;

    wheel_prepare(wheel, now_ms, SIZE_MAX);
    node = *slot_at_now(wheel, 0);
    if (node != NULL) wheel_remove(wheel, node);
    return node;
}

struct wheel_node *wheel_peek(const struct wheel *wheel)
{
    return wheel->splitting != 0 ? NULL : wheel->slots[0][digit(wheel->now, 0)];
}

int64_t wheel_next_ms(const struct wheel *wheel)
{
    if (wheel->count == 0) return INT64_MAX;
    if (wheel->splitting != 0 || wheel->slots[0][digit(wheel->now, 0)] != NULL)
        return wheel->late_ms;
    return time_of(earliest_start(wheel, lowest_level(wheel)));
}
