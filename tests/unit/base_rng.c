/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* By hand: s = {1, 2, 3, 4}: rotl(2 * 5, 7) * 9 = 11520; the next state has s1 = 0, hence 0. */
static void rng_follows_the_published_generator(void **state)
{
    struct rng rng = {{1, 2, 3, 4}};

    (void)state;
    assert_true(rng_u64(&rng) == 11520);
    assert_true(rng_u64(&rng) == 0);
    assert_true(rng_u64(&rng) == 1509978240);
}

static void rng_repeats_for_a_seed_and_differs_between_seeds(void **state)
{
    struct rng a, b, c;

    (void)state;
    rng_seed(&a, 0);
    rng_seed(&b, 0);
    rng_seed(&c, 1);
    for (int i = 0; i < 100; i++) {
        uint64_t value = rng_u64(&a);

        assert_true(value == rng_u64(&b));
        assert_true(value != rng_u64(&c));
    }
}

static void rng_below_is_even_and_below(void **state)
{
    unsigned counts[7] = {0};
    struct rng rng;

    (void)state;
    rng_seed(&rng, 4);
    for (int i = 0; i < 70000; i++) {
        uint64_t value = rng_below(&rng, 7);

        assert_true(value < 7);
        counts[value]++;
    }
    for (int i = 0; i < 7; i++)
        assert_in_range(counts[i], 9600, 10400);
    assert_true(rng_below(&rng, 1) == 0);
}

/* With n = 3 * 2^62, an unrejected draw would hit one of the three quarters twice as often. */
static void rng_below_has_no_bias_for_huge_ranges(void **state)
{
    unsigned counts[3] = {0};
    struct rng rng;

    (void)state;
    rng_seed(&rng, 5);
    for (int i = 0; i < 30000; i++)
        counts[rng_below(&rng, UINT64_C(3) << 62) % 3]++;
    for (int i = 0; i < 3; i++)
        assert_in_range(counts[i], 9600, 10400);
}

static void rng_chance_keeps_its_promise(void **state)
{
    struct rng rng;
    int hits = 0;

    (void)state;
    rng_seed(&rng, 6);
    for (int i = 0; i < 10000; i++) {
        assert_false(rng_chance(&rng, 0));
        assert_true(rng_chance(&rng, 1));
        hits += rng_chance(&rng, 0.25);
    }
    assert_in_range(hits, 2300, 2700);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rng_follows_the_published_generator),
        cmocka_unit_test(rng_repeats_for_a_seed_and_differs_between_seeds),
        cmocka_unit_test(rng_below_is_even_and_below),
        cmocka_unit_test(rng_below_has_no_bias_for_huge_ranges),
        cmocka_unit_test(rng_chance_keeps_its_promise),
    };
    return cmocka_run_group_tests_name("base/rng", tests, NULL, NULL);
}
