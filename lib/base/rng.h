/* SPDX-License-Identifier: BSD-2-Clause */
/* rng.h - small, fast, seeded random numbers: tests, tie-breaking, load.
 *
 * Not for secrets: who sees a few outputs can tell all others. The same seed gives the same numbers
 * on every machine. The state is the caller's.
 */
#ifndef TUAN_BASE_RNG_H
#define TUAN_BASE_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct rng {
    uint64_t state[4];
};

/* Every seed is as good as any other, 0 too. */
void rng_seed(struct rng *rng, uint64_t seed);

uint64_t rng_u64(struct rng *rng);

/* Uniform in 0 .. n-1, without bias. n > 0. */
uint64_t rng_below(struct rng *rng, uint64_t n);

/* True with this probability (0: never, 1: always). */
bool rng_chance(struct rng *rng, double probability);

#endif
