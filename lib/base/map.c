/* SPDX-License-Identifier: BSD-2-Clause */
/* map.c - buckets of one cache line, growth in small steps.
 *
 * A slot holds the entry and half of its hash. With that `equal` is practically called for the
 * right entry only, and moving an entry to another table never touches the entry itself.
 *
 * An entry sits in the bucket where its hash is at home, or in the first one after it that had a
 * free slot; each bucket that it had to pass counts it in `passed`. So a search ends at the first
 * bucket that nothing has passed, for misses as for hits: most often it reads one line (1.1 on
 * average where three slots of five are used, 2.2 in the fullest table). In a table of few buckets
 * all may have been passed, at one time or another: then it ends where it began. Nothing ever moves
 * within a table, and there are no tombstones: who is taken out is no more counted by the buckets
 * that he passed. (F14 of the Folly library counts the same way.)
 *
 * Growth. When `live` is full (four slots of five), it becomes `old`, and an empty table of twice
 * the size becomes `live`. (Steps of a third and a half saved a tenth of what a room takes, and
 * cost a tenth of a join's time where memory was new.) From then on each insert and each remove
 * empties MOVES buckets of `old`, from its first on. Homes ascend with hashes in both tables, so
 * what is moved is read and written in order. Where entries have passed the bucket that was
 * emptied, the next ones are emptied along with it: so none that is at home below `old_begin` sits
 * above it. What is left of `old` is a proper table at any moment, and what lies below is never
 * read again. Such runs are short, as long as hashes are good.
 *
 * Who is at home above `old_begin` still enters `old`, and is looked for there alone. So a search
 * reads one table; and the new one is touched in order, page after page, not all over at once: a
 * page may be huge, and take the kernel a while to make. Only the end of `old` is special. Who
 * finds no slot up to there enters `live` at once, and so do those who had gone on from the end at
 * the beginning before, when that is emptied. From `ahead_from` on both tables are searched: that
 * is a few buckets, as long as hashes are good.
 *
 * The old table is empty long before the new one is full: let `old` have n buckets. They are empty
 * after n / MOVES inserts or removes, and the new table takes 4.8n further entries. grow()
 * asserts it. And it does not overflow meanwhile: what is left of it gets fuller by 1 / MOVES of an
 * entry a bucket, where hashes are good, and where they are not the rest enters `live`.
 *
 * Neither end of it stalls: big tables are pages of the kernel, which are zero without being
 * touched, and which go back piece by piece as the beginning of `old` passes them.
 */
#include "base/map.h"

#include <assert.h>

#include "base/mem.h"

enum { MOVES = 2, ALL_SLOTS = (1 << MAP_SLOTS) - 1 };

#define BUCKETS_MIN    ((size_t)3)
#define BUCKETS_A_UNIT (BUCKETS_MIN * 1024) /* from here on a table is whole units of pages */

_Static_assert(BUCKETS_A_UNIT * sizeof(struct map_bucket) % MEM_PAGES_UNIT == 0, "whole units");

static size_t full_at(size_t buckets)
{
    return buckets * MAP_SLOTS * 4 / 5;
}

static size_t table_bytes(const struct map_table *table)
{
    return table->count * sizeof(struct map_bucket);
}

static bool is_of_pages(const struct map_table *table)
{
    return table->count >= BUCKETS_A_UNIT;
}

static bool may_be_huge(const struct map_table *table)
{
    return table_bytes(table) >= MEM_HUGE_UNIT;
}

static struct map_table new_table(size_t buckets, bool asks_huge)
{
    struct map_table table = {.count = buckets};

    assert(buckets <= UINT32_MAX);
    assert(buckets <= SIZE_MAX / 2 / sizeof(struct map_bucket));
    if (asks_huge && may_be_huge(&table))
        table.buckets = mem_huge_alloc(table_bytes(&table));
    else if (is_of_pages(&table))
        table.buckets = mem_pages_alloc(table_bytes(&table));
    else
        table.buckets = mem_zalloc(table_bytes(&table));
    return table;
}

/* Frees a table of which so many bytes, at its beginning, are gone already. */
static void free_table(struct map_table *table, size_t gone)
{
    if (is_of_pages(table))
        mem_pages_free((char *)table->buckets + gone, table_bytes(table) - gone);
    else
        mem_free(table->buckets);
    *table = (struct map_table){0};
}

static void init(struct map *map, size_t expected, bool asks_huge)
{
    size_t buckets = BUCKETS_MIN;

    while (full_at(buckets) < expected)
        buckets *= 2;
    *map = (struct map){.live = new_table(buckets, asks_huge),
                        .count_max = full_at(buckets),
                        .asks_huge = asks_huge};
}

void map_init(struct map *map, size_t expected)
{
    init(map, expected, false);
}

/* False: the bucket is full. */
static bool put(struct map_bucket *bucket, uint32_t hash, void *entry)
{
    if (bucket->used == ALL_SLOTS) return false;
    unsigned slot = map_first_slot(bucket->used ^ ALL_SLOTS);
    bucket->entries_low[slot] = (uint32_t)(uintptr_t)entry;
    bucket->entries_high[slot] = (uint16_t)((uintptr_t)entry >> 32);
    bucket->hashes[slot] = hash;
    bucket->used |= bucket->used + 1U; /* its lowest free bit */
    return true;
}

/* Millions that pass one bucket would have the same hash, or nearly: then there is no map to speak
 * of. */
static void pass(struct map_bucket *bucket)
{
    bucket->passed++;
    assert(bucket->passed > 0);
}

static void place(struct map_table *table, uint32_t hash, void *entry)
{
    size_t at = map_home(table, hash);

    for (; !put(&table->buckets[at], hash, entry); at = map_bucket_after(table, at))
        pass(&table->buckets[at]);
}

/* The same, without going on at the beginning. False: all is full up to the end. */
static bool place_before_end(struct map_table *table, uint32_t hash, void *entry)
{
    size_t home = map_home(table, hash), at = home;

    while (!put(&table->buckets[at], hash, entry))
        if (++at == table->count) return false;
    while (at-- > home)
        pass(&table->buckets[at]);
    return true;
}

/* Free a slot of the bucket at `end`. */
static void vacate(struct map_table *table, size_t end, unsigned slot)
{
    struct map_bucket *bucket = &table->buckets[end];

    bucket->used = (bucket->used ^ 1U << slot) & ALL_SLOTS;
    for (size_t at = map_home(table, bucket->hashes[slot]); at != end;
         at = map_bucket_after(table, at)) {
        assert(table->buckets[at].passed > 0);
        table->buckets[at].passed--;
    }
}

/* ---- growth ---- */

/* Give back the pages that are passed, or all with the last bucket. */
static void let_go(struct map *map)
{
    if (map->old_begin == map->old.count) {
        free_table(&map->old, map->old_gone);
        map->old_begin = map->old_gone = 0;
        return;
    }
    size_t piece = map->asks_huge && may_be_huge(&map->old) ? MEM_HUGE_UNIT : MEM_PAGES_UNIT;
    if (is_of_pages(&map->old) &&
        map->old_begin * sizeof(struct map_bucket) - map->old_gone >= piece) {
        mem_pages_free((char *)map->old.buckets + map->old_gone, piece);
        map->old_gone += piece;
    }
}

/* Into `live`, though at home in what is left of `old`. */
static void place_ahead(struct map *map, uint32_t hash, void *entry)
{
    size_t home = map_home(&map->old, hash);

    if (home < map->ahead_from) map->ahead_from = home;
    place(&map->live, hash, entry);
}

static void move_bucket(struct map *map, size_t at)
{
    const struct map_bucket *bucket = &map->old.buckets[at];

    for (unsigned used = bucket->used; used != 0; used &= used - 1) {
        unsigned slot = map_first_slot(used);
        uint32_t hash = bucket->hashes[slot];
        if (map_home(&map->old, hash) <= at)
            place(&map->live, hash, map_entry(bucket, slot));
        else
            place_ahead(map, hash, map_entry(bucket, slot));
        vacate(&map->old, at, slot);
    }
}

static void move_some(struct map *map)
{
    bool is_passed = false;

    for (int moves = 0; (moves < MOVES || is_passed) && map->old_begin < map->old.count; moves++) {
        move_bucket(map, map->old_begin);
        is_passed = map->old.buckets[map->old_begin].passed > 0;
        map->old_begin++;
    }
    let_go(map);
}

static void grow(struct map *map)
{
    assert(map->old.count == 0);
    map->old = map->live;
    map->ahead_from = map->old.count;
    map->live = new_table(map->old.count * 2, map->asks_huge);
    map->count_max = full_at(map->live.count);
}

/* ---- entering and leaving ---- */

void map_insert(struct map *map, uint64_t hash, void *entry)
{
    assert(entry != NULL && (uint64_t)(uintptr_t)entry >> 48 == 0);
    if (map->count == map->count_max) grow(map);
    if (!map_old_has(map, (uint32_t)hash))
        place(&map->live, (uint32_t)hash, entry);
    else if (!place_before_end(&map->old, (uint32_t)hash, entry))
        place_ahead(map, (uint32_t)hash, entry);
    map->count++;
    if (map->old.count > 0) move_some(map);
}

/* False: this very entry is not there. */
static bool take_out(struct map_table *table, uint32_t hash, const void *entry)
{
    size_t home = map_home(table, hash), at = home;

    do {
        const struct map_bucket *bucket = &table->buckets[at];
        for (unsigned like = map_bucket_like(bucket, hash); like != 0; like &= like - 1) {
            if (map_entry(bucket, map_first_slot(like)) != entry) continue;
            vacate(table, at, map_first_slot(like));
            return true;
        }
        if (bucket->passed == 0) return false;
        at = map_bucket_after(table, at);
    } while (at != home);
    return false;
}

void map_remove(struct map *map, uint64_t hash, const void *entry)
{
    assert(entry != NULL);
    bool was_in =
        (map_old_has(map, (uint32_t)hash) && take_out(&map->old, (uint32_t)hash, entry)) ||
        (map_live_has(map, (uint32_t)hash) && take_out(&map->live, (uint32_t)hash, entry));
    assert(was_in);
    map->count--;
    if (map->old.count > 0) move_some(map);
}

/* ---- all of it ---- */

/* The cursor counts through the slots of `live`, then through those of `old` that are left. */
void *map_next(const struct map *map, size_t *cursor)
{
    size_t live_end = map->live.count * MAP_SLOTS;
    size_t end = live_end + (map->old.count - map->old_begin) * MAP_SLOTS;

    while (*cursor < end) {
        size_t at = (*cursor)++;
        const struct map_bucket *from =
            at < live_end ? map->live.buckets : &map->old.buckets[map->old_begin];
        if (at >= live_end) at -= live_end;
        const struct map_bucket *bucket = &from[at / MAP_SLOTS];
        if ((bucket->used >> at % MAP_SLOTS & 1) != 0)
            return map_entry(bucket, (unsigned)(at % MAP_SLOTS));
    }
    return NULL;
}

void map_free(struct map *map)
{
    if (map->old.count > 0) free_table(&map->old, map->old_gone);
    free_table(&map->live, 0);
    *map = (struct map){0};
}

void map_reserve(struct map *map, size_t expected)
{
    assert(map->count == 0);
    bool asks_huge = map->asks_huge;
    map_free(map);
    init(map, expected, asks_huge);
}
