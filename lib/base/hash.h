/* SPDX-License-Identifier: BSD-2-Clause */
/* hash.h - 64-bit hashes of bytes and of integers.
 *
 * For hash tables, routing and fingerprints; not for secrets or signatures. A table fed by
 * strangers uses a seed they do not know. With the same seed the value is the same on every machine
 * and in every version (XXH3, whose output is frozen), so it may be stored.
 */
#ifndef TUAN_BASE_HASH_H
#define TUAN_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Out of line on purpose: XXH3 is inlined in hash.c, once, so that its long header stays out of
 * every other file. LTO removes the call. */
uint64_t hash_bytes(const void *bytes, size_t len, uint64_t seed);

/* Two integers into one hash, all of whose bits are good. For a fixed a, different b never collide,
 * and the other way round. hash_mix(a, b) is not hash_mix(b, a). */
static inline uint64_t hash_mix(uint64_t a, uint64_t b)
{
    uint64_t h = a * UINT64_C(0x9e3779b97f4a7c15);

    h ^= h >> 32;
    h = (h + b) * UINT64_C(0xbf58476d1ce4e5b9);
    h ^= h >> 29;
    h *= UINT64_C(0x94d049bb133111eb);
    return h ^ (h >> 32);
}

#endif
