/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/load/zipf.h"

#include <math.h>

#include "base/mem.h"

void zipf_init(struct zipf *zipf, size_t count, double skew)
{
    double sum = 0;

    *zipf = (struct zipf){mem_alloc(count * sizeof *zipf->sums), count};
    for (size_t i = 0; i < count; i++)
        zipf->sums[i] = sum += pow((double)(i + 1), -skew);
    for (size_t i = 0; i < count; i++)
        zipf->sums[i] /= sum;
}

size_t zipf_draw(const struct zipf *zipf, struct rng *rng)
{
    double uniform = (double)(rng_u64(rng) >> 11) * 0x1p-53;
    size_t low = 0, high = zipf->count - 1;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (zipf->sums[middle] > uniform)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

void zipf_free(struct zipf *zipf)
{
    mem_free(zipf->sums);
    *zipf = (struct zipf){0};
}
