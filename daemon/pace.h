/* SPDX-License-Identifier: BSD-2-Clause */
/* pace.h - how much of what falls due is retired at once.
 *
 * Where very much does, shoppers stand behind the portions that are on their way to the mirror. How
 * long one takes there depends on the disk, and on who else is using it; so the portion follows the
 * last ones: a quarter less after one that was slow, an eighth more after one that was quick, as a
 * sender finds his rate on a line that he does not know (Chiu and Jain, "Analysis of the increase
 * and decrease algorithms", 1989). One portion is timed at a time.
 */
#ifndef TUAN_DAEMON_PACE_H
#define TUAN_DAEMON_PACE_H

#include <stddef.h>
#include <stdint.h>

enum { PACE_LEAST = 50, PACE_QUICK_US = 3000, PACE_SLOW_US = 5000 };

/* Zeroed: nothing has been timed. */
struct pace {
    size_t portion;   /* facts; 0: as many as are allowed */
    uint64_t timed;   /* the batch that is being timed; 0: none */
    int64_t timed_us; /* since when */
};

/* Facts to retire now, where `most` are allowed. */
size_t pace_portion(const struct pace *pace, size_t most);
/* A portion has gone into the batch at `position`, which is not committed yet. */
void pace_begin(struct pace *pace, uint64_t position, int64_t now_us);
/* All up to `position` is committed. */
void pace_end(struct pace *pace, uint64_t position, int64_t now_us, size_t most);

#endif
