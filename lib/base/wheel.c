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
 * A million nodes that are due in one millisecond would be moved from level to level one by one,
 * and each is a miss of the cache. So due times that are asked for very often are looked out for:
 * each has one place in a small table, by its hash, where it gets a vote when it is asked for, and
 * loses one when another is that has the same place; without votes it makes way for that one.
 * (Boyer and Moore's majority vote, 1981, in each place.) With enough of them, the next nodes of
 * that due time hang in a list of their own, and one node is filed for all. While that list has a
 * node the place is taken: other due times of it are filed one by one.
 *
 * Latecomers, due before `now`, are filed as if due now: `late_ms` remembers how late.
 */
#include "base/wheel.h"

#include <assert.h>

#define SIGN_BIT (UINT64_C(1) << 63)

enum { CROWD_VOTES = 1000 }; /* more than fall into one millisecond by chance */

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

static void push(struct wheel_node **head, struct wheel_node *node)
{
    node->next = *head;
    node->pprev = head;
    if (node->next != NULL) node->next->pprev = &node->next;
    *head = node;
}

static void file_node(struct wheel *wheel, struct wheel_node *node)
{
    uint64_t key = key_of(node->due_ms) > wheel->now ? key_of(node->due_ms) : wheel->now;
    uint64_t differs = key ^ wheel->now;
    unsigned level =
        differs == 0 ? 0 : (63U - (unsigned)__builtin_clzll(differs)) / WHEEL_DIGIT_BITS;
    unsigned slot = digit(key, level);

    push(&wheel->slots[level][slot], node);
    wheel->used[level] |= UINT64_C(1) << slot;
    wheel->levels |= 1U << level;
}

/* NULL: this is another node. */
static const struct wheel_crowd *crowd_of_file(const struct wheel *wheel,
                                               const struct wheel_node *node)
{
    uintptr_t offset = (uintptr_t)node - (uintptr_t)wheel->crowds;

    return offset < sizeof wheel->crowds ? (const struct wheel_crowd *)node : NULL;
}

static void unfile_node(struct wheel *wheel, struct wheel_node *node);

/* `at`, a slot or a crowd's `first` or in a node, points at nothing any more. */
static void emptied(struct wheel *wheel, struct wheel_node **at)
{
    uintptr_t slot = ((uintptr_t)at - (uintptr_t)wheel->slots) / sizeof(struct wheel_node *);
    uintptr_t crowd = ((uintptr_t)at - (uintptr_t)wheel->crowds) / sizeof(struct wheel_crowd);

    if (slot < (uintptr_t)WHEEL_LEVELS * WHEEL_SLOTS) {
        unsigned level = (unsigned)slot / WHEEL_SLOTS;

        wheel->used[level] &= ~(UINT64_C(1) << slot % WHEEL_SLOTS);
        if (wheel->used[level] == 0) wheel->levels &= ~(1U << level);
    } else if (crowd < WHEEL_CROWDS && at == &wheel->crowds[crowd].first) {
        unfile_node(wheel, &wheel->crowds[crowd].file);
        wheel->crowds[crowd].votes = 0;
    }
}

static void unfile_node(struct wheel *wheel, struct wheel_node *node)
{
    struct wheel_node **at = node->pprev;

    assert(*at == node);
    *at = node->next;
    if (node->next != NULL) node->next->pprev = at;
    node->next = NULL;
    node->pprev = NULL;
    if (*at == NULL) emptied(wheel, at);
}

/* The crowd that such a node is to join; NULL: none. The place is that of the product's highest
 * bits, to which all of the time's contribute: times on the hour differ in few of them.
 */
static struct wheel_crowd *vote(struct wheel *wheel, int64_t due_ms)
{
    uint64_t product = (uint64_t)due_ms * UINT64_C(0x9e3779b97f4a7c15);
    struct wheel_crowd *crowd = &wheel->crowds[product >> (64 - WHEEL_CROWD_BITS)];

    if (crowd->file.due_ms != due_ms) {
        if (crowd->first != NULL) return NULL;
        if (crowd->votes > 0) {
            crowd->votes--;
            return NULL;
        }
        crowd->file.due_ms = due_ms;
    }
    return ++crowd->votes > CROWD_VOTES ? crowd : NULL;
}

static void join(struct wheel *wheel, struct wheel_crowd *crowd, struct wheel_node *node)
{
    if (crowd->first == NULL) file_node(wheel, &crowd->file);
    push(&crowd->first, node);
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
    struct wheel_crowd *crowd = key_of(due_ms) > wheel->now ? vote(wheel, due_ms) : NULL;
    if (crowd != NULL)
        join(wheel, crowd, node);
    else
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

/* A filed node, or the first of the crowd that it stands for. */
static struct wheel_node *first_of(const struct wheel *wheel, struct wheel_node *node)
{
    const struct wheel_crowd *crowd = crowd_of_file(wheel, node);

    return crowd == NULL ? node : crowd->first;
}

/* The next of those whose time is `now`. */
static struct wheel_node *first_now(const struct wheel *wheel)
{
    return first_of(wheel, wheel->slots[0][digit(wheel->now, 0)]);
}

struct wheel_node *wheel_pop_due(struct wheel *wheel, int64_t now_ms)
{
    wheel_prepare(wheel, now_ms, SIZE_MAX);
    struct wheel_node *node = first_now(wheel);
    if (node != NULL) wheel_remove(wheel, node);
    return node;
}

struct wheel_node *wheel_peek(const struct wheel *wheel)
{
    return wheel->splitting != 0 ? NULL : first_now(wheel);
}

struct wheel_node *wheel_peek_after(const struct wheel *wheel, const struct wheel_node *node)
{
    return first_of(wheel, node->next);
}

int64_t wheel_next_ms(const struct wheel *wheel)
{
    if (wheel->count == 0) return INT64_MAX;
    if (wheel->splitting != 0 || wheel->slots[0][digit(wheel->now, 0)] != NULL)
        return wheel->late_ms;
    return time_of(earliest_start(wheel, lowest_level(wheel)));
}
