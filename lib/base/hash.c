/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { SHORT_MAX = 16 }; /* XXH3 takes these by themselves, in a few multiplications */

__attribute__((noinline)) static uint64_t hash_long(const void *bytes, size_t len, uint64_t seed)
{
    return XXH3_64bits_withSeed(bytes, len, seed);
}

/* Most names are short: XXH3 is inlined for these once more, and all that is for others falls away
 * there, with the registers that it would save. */
__attribute__((flatten)) uint64_t hash_bytes(const void *bytes, size_t len, uint64_t seed)
{
    return len <= SHORT_MAX ? XXH3_64bits_withSeed(bytes, len, seed) : hash_long(bytes, len, seed);
}
