/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/rng.h"

struct item {
    uint64_t key;
    bool is_in;
};

static bool item_has_key(const void *entry, const void *key)
{
    return ((const struct item *)entry)->key == *(const uint64_t *)key;
}

/* How a key is hashed decides how hard the test is. */
typedef uint64_t hash_key(uint64_t key);

static uint64_t hash_well(uint64_t key)
{
    return hash_mix(key, 7);
}

static uint64_t hash_into_few(uint64_t key)
{
    return key % 40 * 3;
}

/* All at home near the last slot, whatever the size of the table: runs wrap around. */
static uint64_t hash_to_the_end(uint64_t key)
{
    return ~(key % 5);
}

static struct item *find(const struct map *map, hash_key *hash, uint64_t key)
{
    return map_find(map, hash(key), item_has_key, &key);
}

static void map_finds_what_was_inserted(void **state)
{
    struct map map;
    struct item a = {.key = 1};
    struct item b = {.key = 2};

    (void)state;
    map_init(&map, 0);
    assert_null(find(&map, hash_well, 1));
    map_insert(&map, hash_well(1), &a);
    map_insert(&map, hash_well(2), &b);
    assert_ptr_equal(find(&map, hash_well, 1), &a);
    assert_ptr_equal(find(&map, hash_well, 2), &b);
    assert_int_equal(map_count(&map), 2);
    map_remove(&map, hash_well(1), &a);
    assert_null(find(&map, hash_well, 1));
    assert_ptr_equal(find(&map, hash_well, 2), &b);
    map_free(&map);
}

static void assert_walk_visits_all_once(const struct map *map, struct item *items, size_t n)
{
    size_t cursor = 0;
    size_t seen = 0;
    struct item *item;

    while ((item = map_next(map, &cursor)) != NULL) {
        assert_true(item->is_in);
        item->is_in = false; /* a second visit would fail */
        seen++;
    }
    assert_int_equal(seen, map_count(map));
    for (cursor = 0; (item = map_next(map, &cursor)) != NULL;)
        item->is_in = true;
    for (size_t i = 0; i < n; i++)
        seen -= items[i].is_in;
    assert_int_equal(seen, 0);
}

/* The model is the item's own `is_in`. Growing and shrinking phases alternate. */
static void run_against_model(hash_key *hash, size_t n, size_t op_count, uint64_t seed)
{
    struct item *items = mem_zalloc(n * sizeof *items);
    struct map map;
    struct rng rng;
    size_t count = 0;

    rng_seed(&rng, seed);
    map_init(&map, 0);
    for (size_t i = 0; i < n; i++)
        items[i].key = i;
    for (size_t op = 0; op < op_count; op++) {
        struct item *item = &items[rng_below(&rng, n)];
        bool wants_in = rng_chance(&rng, op * 4 / op_count % 2 == 0 ? 0.9 : 0.3);

        assert_ptr_equal(find(&map, hash, item->key), item->is_in ? item : NULL);
        if (wants_in && !item->is_in) {
            map_insert(&map, hash(item->key), item);
            item->is_in = true;
            count++;
        } else if (!wants_in && item->is_in) {
            map_remove(&map, hash(item->key), item);
            item->is_in = false;
            count--;
        }
        assert_int_equal(map_count(&map), count);
        if (op % (op_count / 16) == 0) assert_walk_visits_all_once(&map, items, n);
    }
    for (size_t i = 0; i < n; i++)
        assert_ptr_equal(find(&map, hash, i), items[i].is_in ? &items[i] : NULL);
    map_free(&map);
    mem_free(items);
}

static void map_agrees_with_a_model_when_small(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 50; seed++)
        run_against_model(hash_well, 1 + seed, 1000, seed);
}

static void map_agrees_with_a_model_when_large(void **state)
{
    (void)state;
    run_against_model(hash_well, 60000, 400000, 1);
}

static void map_agrees_with_a_model_when_hashes_collide(void **state)
{
    (void)state;
    run_against_model(hash_into_few, 300, 30000, 2);
    run_against_model(hash_to_the_end, 100, 30000, 3);
}

/* The claim of map.c: half as many inserts after a growth as the old table had buckets, it is gone.
 */
static void map_empties_the_old_table_long_before_it_grows_again(void **state)
{
    enum { N = 100000 };
    static struct item items[N];
    struct map map;
    size_t grown_at = 0;
    size_t buckets = 0;

    (void)state;
    map_init(&map, 0);
    for (size_t i = 0; i < N; i++) {
        size_t buckets_before = map.live.count;

        items[i].key = i;
        map_insert(&map, hash_well(i), &items[i]);
        if (map.live.count != buckets_before) {
            buckets = buckets_before;
            grown_at = i;
        }
        if (i - grown_at >= buckets / 2) assert_int_equal(map.old.count, 0);
    }
    for (size_t i = 0; i < N; i++)
        assert_ptr_equal(find(&map, hash_well, i), &items[i]);
    map_free(&map);
}

/* Its other claim: what is moved at once is short, and so is a search. */
static void map_has_short_runs_where_hashes_are_good(void **state)
{
    enum { N = 200000 };
    static struct item items[N];
    struct map map;
    size_t run = 0, longest = 0, passing = 0;

    (void)state;
    map_init(&map, N / 2);
    for (size_t i = 0; map.count < map.count_max; i++) {
        assert_true(i < N);
        items[i].key = i;
        map_insert(&map, hash_well(i), &items[i]);
    }
    for (size_t at = 0; at < map.live.count; at++) {
        bool is_passed = map.live.buckets[at].passed > 0;
        passing += is_passed;
        run = is_passed ? run + 1 : 0;
        if (run > longest) longest = run;
    }
    assert_true(passing < map.live.count / 2);
    assert_true(longest < 64);
    map_free(&map);
}

static size_t last_used(const struct map_table *table)
{
    size_t at = table->count;

    while (at > 0 && memcmp(&table->buckets[at - 1], &(struct map_bucket){0}, 64) == 0)
        at--;
    return at;
}

/* And: growing, it touches the new table in order, and moves little at once though the old one goes
 * on filling; only the last buckets of the old table are searched for in both. */
static void assert_touched_in_order(bool asks_huge)
{
    enum { N = 400000 };
    static struct item items[N];
    struct map map;
    size_t moves = 0, most = 0;

    map_init(&map, N / 4);
    map_ask_huge_pages(&map, asks_huge);
    for (size_t i = 0; i < N; i++) {
        size_t begin = map.old.count == 0 ? 0 : map.old_begin;
        items[i].key = i;
        map_insert(&map, hash_well(i), &items[i]);
        if (map.old.count == 0) continue;
        if (map.old_begin - begin > most) most = map.old_begin - begin;
        if (++moves % 1024 != 1) continue;
        assert_true(map.ahead_from > map.old.count - 64);
        double larger = (double)map.live.count / (double)map.old.count;
        struct map_table all_but_the_end = {map.live.buckets,
                                            (size_t)(larger * (double)map.ahead_from)};
        assert_true((double)last_used(&all_but_the_end) <= larger * (double)map.old_begin + 64);
    }
    assert_true(moves > N / 32);
    assert_true(most < 256);
    for (size_t i = 0; i < N; i++)
        assert_ptr_equal(find(&map, hash_well, i), &items[i]);
    map_free(&map);
}

static void map_touches_the_new_table_in_order(void **state)
{
    (void)state;
    assert_touched_in_order(false);
    assert_touched_in_order(true);
}

static void map_that_was_emptied_is_as_good_as_new(void **state)
{
    enum { N = 5000 };
    static struct item items[N];
    struct map map;

    (void)state;
    map_init(&map, N);
    for (size_t i = 0; i < N; i++)
        map_insert(&map, hash_well(i), &items[i]);
    for (size_t i = 0; i < N; i++)
        map_remove(&map, hash_well(i), &items[i]);
    assert_int_equal(map_count(&map), 0);
    for (size_t at = 0; at < map.live.count; at++)
        assert_int_equal(map.live.buckets[at].passed, 0);
    map_free(&map);
}

/* Of the smallest table: three buckets. */
static uint64_t hash_into_bucket(uint64_t bucket)
{
    return (bucket * 2 + 1) * (UINT32_MAX / 6);
}

static void map_search_ends_where_every_bucket_was_passed(void **state)
{
    static struct item items[3][MAP_SLOTS + 1], absent = {.key = 99};
    struct map map;

    (void)state;
    map_init(&map, 0);
    assert_int_equal(map.live.count, 3);
    for (size_t bucket = 0; bucket < 3; bucket++) {
        uint64_t hash = hash_into_bucket(bucket);
        size_t count = bucket == 0 ? MAP_SLOTS : MAP_SLOTS - 1; /* one came from the last */

        for (size_t i = 0; i <= count; i++)
            map_insert(&map, hash, &items[bucket][i]);
        for (size_t i = 0; i < count; i++)
            map_remove(&map, hash, &items[bucket][i]);
    }
    for (size_t bucket = 0; bucket < 3; bucket++) {
        assert_true(map.live.buckets[bucket].passed > 0);
        assert_null(map_find(&map, hash_into_bucket(bucket), item_has_key, &absent.key));
    }
    map_free(&map);
}

static void map_can_be_freed_at_any_moment_of_growth(void **state)
{
    enum { N = 20000 };
    static struct item items[N];

    (void)state;
    for (size_t stop = 7000; stop < N; stop += 61) {
        struct map map;

        map_init(&map, stop < 14000 ? 7000 : 14000);
        for (size_t i = 0; i < stop; i++)
            map_insert(&map, hash_well(i), &items[i]);
        map_free(&map);
    }
}

static void map_with_room_for_the_expected_does_not_grow(void **state)
{
    static struct item items[1000];
    struct map map;

    (void)state;
    for (int late = 0; late < 2; late++) {
        map_init(&map, late ? 0 : 1000);
        if (late) map_reserve(&map, 1000);
        for (size_t i = 0; i < 1000; i++) {
            map_insert(&map, hash_well(i), &items[i]);
            assert_int_equal(map.old.count, 0);
        }
        map_free(&map);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(map_finds_what_was_inserted),
        cmocka_unit_test(map_agrees_with_a_model_when_small),
        cmocka_unit_test(map_agrees_with_a_model_when_large),
        cmocka_unit_test(map_agrees_with_a_model_when_hashes_collide),
        cmocka_unit_test(map_empties_the_old_table_long_before_it_grows_again),
        cmocka_unit_test(map_has_short_runs_where_hashes_are_good),
        cmocka_unit_test(map_touches_the_new_table_in_order),
        cmocka_unit_test(map_that_was_emptied_is_as_good_as_new),
        cmocka_unit_test(map_search_ends_where_every_bucket_was_passed),
        cmocka_unit_test(map_can_be_freed_at_any_moment_of_growth),
        cmocka_unit_test(map_with_room_for_the_expected_does_not_grow),
    };
    return cmocka_run_group_tests_name("base/map", tests, NULL, NULL);
}
