/* SPDX-License-Identifier: BSD-2-Clause */
/* zipf.h - which of n: the i-th is taken in proportion to 1/i^skew. Skew 0: all alike; about 1 is
 * what shops see. */
#ifndef TUAN_LOAD_ZIPF_H
#define TUAN_LOAD_ZIPF_H

#include <stddef.h>

#include "base/rng.h"

struct zipf {
    double *sums; /* of the shares up to and with i; the last is 1 */
    size_t count;
};

void zipf_init(struct zipf *zipf, size_t count, double skew); /* count > 0 */
size_t zipf_draw(const struct zipf *zipf, struct rng *rng);   /* from 0: the most popular */
void zipf_free(struct zipf *zipf);

#endif
