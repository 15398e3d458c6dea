/* SPDX-License-Identifier: BSD-2-Clause */
/* map.c - open addressing, robin hood order, growth in small steps.
 *
 * A slot holds the entry and half of its hash. With that `equal` is practically called for the
 * right entry only, and moving an entry to another slot or table never touches the entry itself;
 * the other half would only tell more than 2^32 slots apart. The low bits of the hash give the slot
 * where an entry is at home; it sits there or after. Entries that share a run of slots stand in the
 * order of their homes. Removal shifts the rest of the run back by one, so there are no tombstones.
 *
 * Growth. When `live` is full (7/8), it becomes `old`, and an empty table of twice the size becomes
 * `live`. From then on each insert and each remove takes MOVE_STEPS steps of emptying `old`, from
 * its last slot down. A step either moves the entry in the last slot, or finds that slot free and
 * lowers the end. Above the end all is empty, so taking out the last entry needs no shifting (only
 * a run that wraps around shifts, at the very beginning), and `old` is a proper table at any
 * moment.
 *
 * The old table is empty long before the new one is full: let `old` have n slots and so 7n/8
 * entries. Each entry costs at most one step and each slot exactly one, together 15n/8, done after
 * 15n/64 inserts or removes. The new table takes 7n/8 > 15n/64 + 1 further entries before it is
 * full (n >= 8). grow() asserts it.
 *
 * Neither end of it stalls: big tables are pages of the kernel, which are zero without being
 * touched, and which go back MEM_PAGES_UNIT by MEM_PAGES_UNIT as the end of `old` passes them.
 */
#include "base/map.h"

#include <assert.h>

#include "base/mem.h"

#define SLOTS_MIN    8
#define MOVE_STEPS   8
#define SLOTS_A_UNIT ((size_t)16 * 1024) /* from here on a table is whole units of pages */

static size_t full_at(size_t slots)
{
    return slots / 8 * 7;
}

static struct map_table new_table(size_t slots)
{
    size_t bytes = slots * sizeof(struct map_slot);

    assert(slots <= (size_t)UINT32_MAX + 1);
    assert(slots >= SLOTS_MIN && (slots & (slots - 1)) == 0);
    assert(slots <= SIZE_MAX / 2 / sizeof(struct map_slot));
    return (struct map_table){
        .slots = slots < SLOTS_A_UNIT ? mem_zalloc(bytes) : mem_pages_alloc(bytes),
        .mask = slots - 1,
    };
}

_Static_assert(SLOTS_A_UNIT * sizeof(struct map_slot) % MEM_PAGES_UNIT == 0, "whole units");

static size_t table_bytes(const struct map_table *table)
{
    return (table->mask + 1) * sizeof(struct map_slot);
}

/* Frees a table of which so many bytes are left. */
static void free_table(struct map_table *table, size_t bytes)
{
    if (table->mask + 1 < SLOTS_A_UNIT)
        mem_free(table->slots);
    else
        mem_pages_free(table->slots, bytes);
    *table = (struct map_table){0};
}

void map_init(struct map *map, size_t expected)
{
    size_t slots = SLOTS_MIN;

    while (full_at(slots) < expected)
        slots *= 2;
    *map = (struct map){.live = new_table(slots), .count_max = full_at(slots)};
}

static size_t distance_from_home(const struct map_table *table, size_t at)
{
    return (at - table->slots[at].hash) & table->mask;
}

/* Put it where the order wants it: before the first slot nearer to its home. From there on the run
 * moves up by one, into the free slot that ends it. */
static void place(struct map_table *table, struct map_slot in)
{
    size_t at = in.hash & table->mask;
    size_t distance = 0;

    while (table->slots[at].entry != NULL && distance_from_home(table, at) >= distance) {
        at = (at + 1) & table->mask;
        distance++;
    }
    while (in.entry != NULL) {
        struct map_slot out = table->slots[at];

        table->slots[at] = in;
        in = out;
        at = (at + 1) & table->mask;
    }
}

/* Free one slot; what follows in its run and is not at home moves down by one. */
static void vacate(struct map_table *table, size_t at)
{
    for (;;) {
        size_t next = (at + 1) & table->mask;

        if (table->slots[next].entry == NULL || distance_from_home(table, next) == 0) break;
        table->slots[at] = table->slots[next];
        at = next;
    }
    table->slots[at] = (struct map_slot){0};
}

/* Lower the end of `old` below its last slot, which is free, and give back pages that no probe can
 * reach any more: a probe may still stop at the slot at the end, so that one stays. */
static void lower_old_end(struct map *map)
{
    size_t end = --map->old_end;
    size_t used = (end + 1) * sizeof(struct map_slot);

    if (end == 0) {
        free_table(&map->old, map->old_bytes);
        map->old_bytes = 0;
    } else if (map->old.mask + 1 >= SLOTS_A_UNIT && map->old_bytes - used >= MEM_PAGES_UNIT) {
        map->old_bytes -= MEM_PAGES_UNIT;
        mem_pages_free((char *)map->old.slots + map->old_bytes, MEM_PAGES_UNIT);
    }
}

static void move_some(struct map *map)
{
    for (int step = 0; step < MOVE_STEPS && map->old_end > 0; step++) {
        struct map_slot last = map->old.slots[map->old_end - 1];

        if (last.entry == NULL) {
            lower_old_end(map);
        } else {
            vacate(&map->old, map->old_end - 1);
            place(&map->live, last);
        }
    }
}

static void grow(struct map *map)
{
    size_t slots = map->live.mask + 1;

    assert(map->old_end == 0);
    map->old = map->live;
    map->old_end = slots;
    map->old_bytes = table_bytes(&map->old);
    map->live = new_table(slots * 2);
    map->count_max = full_at(slots * 2);
}

void map_insert(struct map *map, uint64_t hash, void *entry)
{
    assert(entry != NULL);
    if (map->count == map->count_max) grow(map);
    place(&map->live, (struct map_slot){.hash = (uint32_t)hash, .entry = entry});
    map->count++;
    move_some(map);
}

/* The slot of this very entry, or NULL. */
static struct map_slot *find_slot(const struct map_table *table, uint32_t hash, const void *entry)
{
    size_t at = hash & table->mask;

    for (size_t distance = 0;; distance++) {
        struct map_slot *slot = &table->slots[at];

        if (slot->entry == entry) return slot;
        if (slot->entry == NULL || distance_from_home(table, at) < distance) return NULL;
        at = (at + 1) & table->mask;
    }
}

void map_remove(struct map *map, uint64_t hash, const void *entry)
{
    struct map_table *table = &map->live;
    struct map_slot *slot = find_slot(table, (uint32_t)hash, entry);

    assert(entry != NULL);
    if (slot == NULL && (hash & map->old.mask) < map->old_end) {
        table = &map->old;
        slot = find_slot(table, (uint32_t)hash, entry);
    }
    assert(slot != NULL && slot->hash == (uint32_t)hash);
    vacate(table, (size_t)(slot - table->slots));
    map->count--;
    move_some(map);
}

/* The cursor counts through the slots of `live`, then through those of `old`. */
void *map_next(const struct map *map, size_t *cursor)
{
    size_t live_end = map->live.mask + 1;

    while (*cursor < live_end + map->old_end) {
        size_t at = (*cursor)++;
        void *entry =
            at < live_end ? map->live.slots[at].entry : map->old.slots[at - live_end].entry;

        if (entry != NULL) return entry;
    }
    return NULL;
}

void map_free(struct map *map)
{
    if (map->old_end > 0) free_table(&map->old, map->old_bytes);
    free_table(&map->live, table_bytes(&map->live));
    *map = (struct map){0};
}

void map_reserve(struct map *map, size_t expected)
{
    assert(map->count == 0);
    map_free(map);
    map_init(map, expected);
}
