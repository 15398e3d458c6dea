/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/rng.h"

/* Values published with XXH3: they must never change, since hashes are stored. */
static void hash_bytes_is_xxh3_for_ever(void **state)
{
    (void)state;
    assert_true(hash_bytes("", 0, 0) == UINT64_C(0x2d06800538d394c2));
    assert_true(hash_bytes(NULL, 0, 0) == UINT64_C(0x2d06800538d394c2));
    assert_true(hash_bytes("abc", 3, 0) == UINT64_C(0x78af5f94892f3950));
    assert_true(hash_bytes("abc", 3, 1) != hash_bytes("abc", 3, 0));
}

static int bits_set(uint64_t x)
{
    return __builtin_popcountll(x);
}

static void hash_mix_spreads_every_input_bit(void **state)
{
    struct rng rng;

    (void)state;
    rng_seed(&rng, 3);
    for (int bit = 0; bit < 64; bit++) {
        int flips_a = 0;
        int flips_b = 0;

        for (int i = 0; i < 256; i++) {
            uint64_t a = rng_u64(&rng);
            uint64_t b = rng_u64(&rng);
            uint64_t flip = UINT64_C(1) << bit;

            flips_a += bits_set(hash_mix(a, b) ^ hash_mix(a ^ flip, b));
            flips_b += bits_set(hash_mix(a, b) ^ hash_mix(a, b ^ flip));
        }
        assert_in_range(flips_a / 256, 24, 40);
        assert_in_range(flips_b / 256, 24, 40);
    }
}

static void hash_mix_fills_low_bits_evenly_for_small_integers(void **state)
{
    unsigned buckets[256] = {0};

    (void)state;
    for (uint64_t a = 0; a < 256; a++)
        for (uint64_t b = 0; b < 256; b++)
            buckets[hash_mix(a, b) & 255]++;
    for (int i = 0; i < 256; i++)
        assert_in_range(buckets[i], 256 - 80, 256 + 80); /* five standard deviations */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hash_bytes_is_xxh3_for_ever),
        cmocka_unit_test(hash_mix_spreads_every_input_bit),
        cmocka_unit_test(hash_mix_fills_low_bits_evenly_for_small_integers),
    };
    return cmocka_run_group_tests_name("base/hash", tests, NULL, NULL);
}
