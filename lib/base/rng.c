/* SPDX-License-Identifier: BSD-2-Clause */
/* rng.c - xoshiro256** 1.0, seeded by splitmix64, both written from their published description:
 * D. Blackman, S. Vigna, "Scrambled Linear Pseudorandom Number Generators", ACM TOMS 47 (2021);
 * G. Steele, D. Lea, C. Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014.
 * rng_below(): D. Lemire, "Fast Random Integer Generation in an Interval", ACM TOMACS 29 (2019).
 */
#include "base/rng.h"

#include <assert.h>

__extension__ typedef unsigned __int128 uint128;

static uint64_t splitmix_next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

void rng_seed(struct rng *rng, uint64_t seed)
{
    for (int i = 0; i < 4; i++)
        rng->state[i] = splitmix_next(&seed); /* four in a row are never all zero */
}

static uint64_t rotate_left(uint64_t x, int bits)
{
    return (x << bits) | (x >> (64 - bits));
}

uint64_t rng_u64(struct rng *rng)
{
    uint64_t *s = rng->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t shifted = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate_left(s[3], 45);
    return result;
}

/* The high half of u64 * n is in 0 .. n-1. Of the 2^64 products, those with a low half below
 * 2^64 mod n are the surplus that would favour some values: draw again. */
uint64_t rng_below(struct rng *rng, uint64_t n)
{
    uint128 product;

    assert(n > 0);
    product = (uint128)rng_u64(rng) * n;
    if ((uint64_t)product < n) {
        uint64_t surplus = -n % n;

        while ((uint64_t)product < surplus)
            product = (uint128)rng_u64(rng) * n;
    }
    return (uint64_t)(product >> 64);
}

bool rng_chance(struct rng *rng, double probability)
{
    return (double)(rng_u64(rng) >> 11) * 0x1p-53 < probability;
}
