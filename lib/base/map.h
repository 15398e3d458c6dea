/* SPDX-License-Identifier: BSD-2-Clause */
/* map.h - a hash index over entries that the caller owns.
 *
 * The map keeps pointers and hashes, never keys: the caller hashes the key (with a seed, if
 * strangers choose it) and says when an entry equals a key. It neither copies nor frees entries,
 * and it never shrinks. Growth is spread over the calls that follow: see map.c. 64 bytes for six
 * slots, of which 4.8 are used at most, on average. Hashes are kept, and must be good, in their
 * low 32 bits; of addresses the low 48, all that processors give to programs.
 */
#ifndef TUAN_BASE_MAP_H
#define TUAN_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/mem.h"

typedef bool map_equal(const void *entry, const void *key);

enum { MAP_SLOTS = 6 };

/* One line of the cache. What free slots hold means nothing. */
struct map_bucket {
    uint32_t hashes[MAP_SLOTS]; /* low halves */
    uint32_t used : 8;          /* a bit a slot */
    uint32_t passed : 24; /* entries that are at home here or before, and sit behind: see map.c */
    uint32_t entries_low[MAP_SLOTS]; /* see map_entry */
    uint16_t entries_high[MAP_SLOTS];
};
_Static_assert(sizeof(struct map_bucket) == 64, "a line");
_Static_assert(MAP_SLOTS == 6, "four and two: see map_bucket_like");

struct map_table {
    struct map_bucket *buckets;
    size_t count;
};

/* Private: looked into by the inline functions below and by map.c only. */
struct map {
    struct map_table live;
    struct map_table old; /* being emptied into `live` from its beginning; often there is none */
    size_t old_begin;     /* buckets of `old` below this are empty */
    size_t ahead_from;    /* of what is at home in `old` from here on, some may be in `live` */
    size_t old_gone;      /* bytes of them that were given back */
    size_t count;         /* entries in both tables */
    size_t count_max;     /* `live` is full at this many */
    bool asks_huge;       /* pages, for big tables */
};

/* An empty map, with room for `expected` entries before it has to grow. */
void map_init(struct map *map, size_t expected);

/* Tables of 2 MiB and more that are made from now on ask for huge pages: quicker to look into, and
 * slower to make (see mem.h). */
static inline void map_ask_huge_pages(struct map *map, bool asks)
{
    map->asks_huge = asks;
}

/* Make that room in a map that is empty still. */
void map_reserve(struct map *map, size_t expected);

/* The entry must not be NULL, and no entry with an equal key may be in the map. */
void map_insert(struct map *map, uint64_t hash, void *entry);

/* Take out exactly this entry; it must be in the map under this hash. */
void map_remove(struct map *map, uint64_t hash, const void *entry);

/* Start to fetch what map_find() will read first. Pays when several keys are known ahead. */
MEM_PREFETCHES void map_prefetch(const struct map *map, uint64_t hash);

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
    return (map->live.count + map->old.count) * sizeof(struct map_bucket) - map->old_gone;
}

/* Gives the memory back; the entries stay the caller's. Only map_init() may follow. */
void map_free(struct map *map);

/* ---- private part: the probe, inline because it is the hottest loop of the program ---- */

/* Where this hash is at home. Homes ascend with hashes, in a table of any size. */
static inline size_t map_home(const struct map_table *table, uint32_t hash)
{
    return (size_t)(((uint64_t)hash * table->count) >> 32);
}

static inline size_t map_bucket_after(const struct map_table *table, size_t at)
{
    return at + 1 == table->count ? 0 : at + 1;
}

/* Which of the first four are this hash, a bit each. */
static inline unsigned map_four_like(const uint32_t hashes[4], uint32_t hash)
{
#ifdef __SSE2__
    __m128i all = _mm_loadu_si128((const __m128i *)hashes);
    return (unsigned)_mm_movemask_ps(
        _mm_castsi128_ps(_mm_cmpeq_epi32(all, _mm_set1_epi32((int)hash))));
#else
    unsigned like = 0;
    for (unsigned i = 0; i < 4; i++)
        like |= (unsigned)(hashes[i] == hash) << i;
    return like;
#endif
}

/* The slots that hold an entry of this hash, a bit each. Without a branch in it: which slots these
 * are cannot be foretold. */
static inline unsigned map_bucket_like(const struct map_bucket *bucket, uint32_t hash)
{
    unsigned first = map_four_like(bucket->hashes, hash);
    unsigned last = map_four_like(bucket->hashes + MAP_SLOTS - 4, hash);

    return (first | last << (MAP_SLOTS - 4)) & bucket->used;
}

static inline void *map_entry(const struct map_bucket *bucket, unsigned slot)
{
    uint64_t high = bucket->entries_high[slot];

    return (void *)(uintptr_t)(high << 32 | bucket->entries_low[slot]);
}

/* The lowest of some slots, which are not none. */
static inline unsigned map_first_slot(unsigned slots)
{
    return (unsigned)__builtin_ctz(slots);
}

static inline void *map_table_find(const struct map_table *table, uint32_t hash, map_equal *equal,
                                   const void *key)
{
    size_t home = map_home(table, hash), at = home;

    do {
        const struct map_bucket *bucket = &table->buckets[at];

        for (unsigned like = map_bucket_like(bucket, hash); like != 0; like &= like - 1) {
            void *entry = map_entry(bucket, map_first_slot(like));
            if (equal(entry, key)) return entry;
        }
        if (bucket->passed == 0) return NULL;
        at = map_bucket_after(table, at);
    } while (at != home);
    return NULL;
}

/* May `old` hold an entry of this hash? */
static inline bool map_old_has(const struct map *map, uint32_t hash)
{
    return map->old.count > 0 && map_home(&map->old, hash) >= map->old_begin;
}

/* May `live`? */
static inline bool map_live_has(const struct map *map, uint32_t hash)
{
    return !map_old_has(map, hash) || map_home(&map->old, hash) >= map->ahead_from;
}

static inline void *map_find(const struct map *map, uint64_t hash, map_equal *equal,
                             const void *key)
{
    void *entry = NULL;

    if (map_old_has(map, (uint32_t)hash))
        entry = map_table_find(&map->old, (uint32_t)hash, equal, key);
    if (entry == NULL && map_live_has(map, (uint32_t)hash))
        entry = map_table_find(&map->live, (uint32_t)hash, equal, key);
    return entry;
}

MEM_PREFETCHES void map_prefetch(const struct map *map, uint64_t hash)
{
    const struct map_table *table = map_old_has(map, (uint32_t)hash) ? &map->old : &map->live;

    __builtin_prefetch(&table->buckets[map_home(table, (uint32_t)hash)]);
}

#endif
