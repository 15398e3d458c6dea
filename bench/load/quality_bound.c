/* SPDX-License-Identifier: BSD-2-Clause */
/* quality_bound.c - how many rooms could form at most.
 *
 * The earliest shopper sits with the next ones after him, or with nobody: if enough come in time
 * they are one group, else he is passed over. No choice does better: take any set of groups, let
 * the one that ends first have the earliest shoppers that fit instead, and it ends no later and
 * takes nobody that the others could not replace. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "bench/load/quality.h"

size_t bound_groups(const int64_t *at_ms, size_t count, size_t size, int64_t life_ms)
{
    size_t groups = 0, first = 0;

    assert(size > 0);
    while (first + size <= count) {
        bool fits = at_ms[first + size - 1] - at_ms[first] < life_ms;
        groups += fits;
        first += fits ? size : 1;
    }
    return groups;
}

int64_t bound_rooms(const struct arrivals *arrivals, size_t size, int64_t life_ms)
{
    size_t *ends = mem_zalloc(((size_t)arrivals->campaigns + 1) * sizeof *ends);
    int64_t *at_ms = mem_alloc(arrivals->count * sizeof *at_ms);
    size_t begin = 0;
    int64_t rooms = 0;

    /* By campaign, in order of time: count, place, then each campaign's piece. */
    for (size_t i = 0; i < arrivals->count; i++)
        ends[arrivals->items[i].campaign + 1]++;
    for (uint32_t c = 0; c < arrivals->campaigns; c++)
        ends[c + 1] += ends[c];
    for (size_t i = 0; i < arrivals->count; i++)
        at_ms[ends[arrivals->items[i].campaign]++] = arrivals->items[i].at_ms;
    for (uint32_t c = 0; c < arrivals->campaigns; begin = ends[c++])
        rooms += (int64_t)bound_groups(at_ms + begin, ends[c] - begin, size, life_ms);
    mem_free(at_ms);
    mem_free(ends);
    return rooms;
}
