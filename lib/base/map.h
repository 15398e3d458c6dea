/* SPDX-License-Identifier: BSD-2-Clause */
/* map.h - a hash index over entries that the caller owns.
 *
 * The map keeps pointers and hashes, never keys: the caller hashes the key (with a seed, if
 * strangers choose it) and says when an entry equals a key. It neither copies nor frees entries,
 * and it never shrinks. A call takes bounded time, growth included: see map.c. 12 bytes a slot, 7/8
 * of the slots used at most, and at most 2^32 of them.
 */
#ifndef TUAN_BASE_MAP_H
#define TUAN_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef bool map_equal(const void *entry, const void *key);

struct map_slot {
    uint32_t hash; /* its low half */
    void *entry;   /* NULL: the slot is free */
} __attribute__((packed, aligned(4)));

struct map_table {
    struct map_slot *slots;
    size_t mask; /* number of slots - 1; the number is a power of two */
};

/* Private: looked into by the inline functions below and by map.c only. */
struct map {
    struct map_table live; /* new entries go here */
    struct map_table old;  /* being emptied into `live` from its top down; often there is none */
    size_t old_end;        /* slots of `old` at and above this are empty; 0: there is no `old` */
    size_t old_bytes;      /* what is left of the memory of `old` */
    size_t count;          /* entries in both tables */
    size_t count_max;      /* `live` is full at this many */
};

/* An empty map, with room for `expected` entries before it has to grow. */
void map_init(struct map *map, size_t expected);

/* Make that room in a map that is empty still. */
void map_reserve(struct map *map, size_t expected);

/* The entry must not be NULL, and no entry with an equal key may be in the map. */
void map_insert(struct map *map, uint64_t hash, void *entry);

/* Take out exactly this entry; it must be in the map under this hash. */
void map_remove(struct map *map, uint64_t hash, const void *entry);

/* Start to fetch what map_find() will read first. Pays when several keys are known ahead. */
static inline void map_prefetch(const struct map *map, uint64_t hash)
{
    __builtin_prefetch(&map->live.slots[(uint32_t)hash & map->live.mask]);
}

/* The entry with this hash that `equal` accepts, or NULL. */
static inline void *map_find(const struct map *map, uint64_t hash, map_equal *equal,
                             const void *key);

static inline size_t map_count(const struct map *map)
{
    return map->count;
}

/* Walk over all entries, in no order: start with *cursor = 0, stop at NULL. The map must not change
 * in between. */
void *map_next(const struct map *map, size_t *cursor);

/* Bytes of its slots, used and free. */
static inline size_t map_bytes(const struct map *map)
{
    return (map->live.mask + 1) * sizeof(struct map_slot) + map->old_bytes;
}

/* Gives the memory back; the entries stay the caller's. Only map_init() may follow. */
void map_free(struct map *map);

/* ---- private part: the probe, inline because it is the hottest loop of the program ---- */

/* Along a probe, distances from home never fall below the searched one's before its place has
 * passed (robin hood order), so a miss ends as early as a hit. */
static inline void *map_table_find(const struct map_table *table, uint32_t hash, map_equal *equal,
                                   const void *key)
{
    size_t at = hash & table->mask;

    for (size_t distance = 0;; distance++) {
        const struct map_slot *slot = &table->slots[at];

        if (slot->entry == NULL) return NULL;
        if (slot->hash == hash && equal(slot->entry, key)) return slot->entry;
        if (((at - slot->hash) & table->mask) < distance) return NULL;
        at = (at + 1) & table->mask;
    }
}

static inline void *map_find(const struct map *map, uint64_t hash, map_equal *equal,
                             const void *key)
{
    void *entry = map_table_find(&map->live, (uint32_t)hash, equal, key);

    if (entry == NULL && (hash & map->old.mask) < map->old_end)
        entry = map_table_find(&map->old, (uint32_t)hash, equal, key);
    return entry;
}

#endif
