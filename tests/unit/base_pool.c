/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"

#if defined(__SANITIZE_ADDRESS__)
#define UNDER_ASAN
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNDER_ASAN
#endif
#endif

#ifdef UNDER_ASAN
#include <sanitizer/asan_interface.h>
#endif

static void pool_takes_nothing_before_the_first_object(void **state)
{
    struct pool pool;

    (void)state;
    pool_init(&pool);
    assert_int_equal(pool_bytes(&pool), 0);
    pool_free(&pool, NULL, 100);
    pool_destroy(&pool);
}

static void pool_uses_a_freed_object_again(void **state)
{
    struct pool pool;
    void *first;

    (void)state;
    pool_init(&pool);
    first = pool_alloc(&pool, 40);
    pool_free(&pool, first, 40);
    assert_ptr_equal(pool_alloc(&pool, 48), first); /* one class: 33 .. 48 */
    pool_destroy(&pool);
}

static void pool_starts_small_and_wastes_little(void **state)
{
    struct pool pool;

    (void)state;
    pool_init(&pool);
    pool_alloc(&pool, 16);
    assert_int_equal(pool_bytes(&pool), 4096);
    for (int i = 1; i < 100000; i++)
        pool_alloc(&pool, 112);
    assert_in_range(pool_bytes(&pool), 112 * 100000, 112 * 100000 + 2200000);
    pool_destroy(&pool);
    assert_int_equal(pool_bytes(&pool), 0);
}

static void pool_uses_the_rest_of_a_chunk(void **state)
{
    struct pool pool;
    char *first;

    (void)state;
    pool_init(&pool);
    first = pool_alloc(&pool, 1024);
    pool_alloc(&pool, 1024);
    pool_alloc(&pool, 1024);
    pool_alloc(&pool, 1024); /* the first chunk has 1008 left: this opens the second */
    assert_ptr_equal(pool_alloc(&pool, 1008), first + (ptrdiff_t)3 * 1024);
    pool_destroy(&pool);
}

static void pool_tracks_large_objects_one_by_one(void **state)
{
    struct pool pool;
    void *large;
    size_t bytes;

    (void)state;
    pool_init(&pool);
    pool_alloc(&pool, POOL_SMALL_MAX);
    bytes = pool_bytes(&pool);
    large = pool_alloc(&pool, POOL_SMALL_MAX + 1);
    assert_true(pool_bytes(&pool) > bytes + POOL_SMALL_MAX);
    pool_free(&pool, large, POOL_SMALL_MAX + 1);
    assert_int_equal(pool_bytes(&pool), bytes);
    pool_alloc(&pool, 1000000); /* left to pool_destroy() */
    pool_destroy(&pool);
}

static size_t random_size(struct rng *rng)
{
    return 1 + rng_below(rng, rng_chance(rng, 0.02) ? 5000 : 300);
}

/* Every object is filled with its own byte: overlap of any two would show. */
static void pool_objects_never_overlap(void **state)
{
    enum { N = 2000, OPS = 200000 };
    static struct {
        unsigned char *ptr;
        size_t size;
    } objects[N];
    struct pool pool;
    struct rng rng;

    (void)state;
    rng_seed(&rng, 7);
    pool_init(&pool);
    for (int op = 0; op < OPS; op++) {
        size_t i = rng_below(&rng, N);

        if (objects[i].ptr != NULL) {
            for (size_t k = 0; k < objects[i].size; k += 13)
                assert_int_equal(objects[i].ptr[k], i % 251);
            pool_free(&pool, objects[i].ptr, objects[i].size);
            objects[i].ptr = NULL;
        } else {
            objects[i].size = random_size(&rng);
            objects[i].ptr = pool_alloc(&pool, objects[i].size);
            assert_int_equal((uintptr_t)objects[i].ptr % POOL_ALIGN, 0);
            memset(objects[i].ptr, (int)(i % 251), objects[i].size);
        }
    }
    pool_destroy(&pool);
}

static void pool_poisons_what_is_not_allocated(void **state)
{
    (void)state;
#ifdef UNDER_ASAN
    struct pool pool;
    char *a;
    char *b;

    pool_init(&pool);
    a = pool_alloc(&pool, 20);
    b = pool_alloc(&pool, 20);
    assert_null(__asan_region_is_poisoned(a, 20));
    assert_true(__asan_address_is_poisoned(a + 20));
    assert_true(__asan_address_is_poisoned(b + 32)); /* not yet cut off the chunk */
    pool_free(&pool, a, 20);
    for (int i = 0; i < 20; i++)
        assert_true(__asan_address_is_poisoned(a + i));
    assert_null(__asan_region_is_poisoned(b, 20));
    pool_destroy(&pool);
#else
    skip();
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pool_takes_nothing_before_the_first_object),
        cmocka_unit_test(pool_uses_a_freed_object_again),
        cmocka_unit_test(pool_starts_small_and_wastes_little),
        cmocka_unit_test(pool_uses_the_rest_of_a_chunk),
        cmocka_unit_test(pool_tracks_large_objects_one_by_one),
        cmocka_unit_test(pool_objects_never_overlap),
        cmocka_unit_test(pool_poisons_what_is_not_allocated),
    };
    return cmocka_run_group_tests_name("base/pool", tests, NULL, NULL);
}
