/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/pace.h"

size_t pace_portion(const struct pace *pace, size_t most)
{
    return pace->portion == 0 || pace->portion > most ? most : pace->portion;
}

void pace_begin(struct pace *pace, uint64_t position, int64_t now_us)
{
    if (pace->timed != 0) return;
    pace->timed = position;
    pace->timed_us = now_us;
}

void pace_end(struct pace *pace, uint64_t position, int64_t now_us, size_t most)
{
    if (pace->timed == 0 || position < pace->timed) return;
    int64_t took_us = now_us - pace->timed_us;
    size_t portion = pace_portion(pace, most);

    pace->timed = 0;
    if (took_us > PACE_SLOW_US)
        portion -= portion / 4;
    else if (took_us < PACE_QUICK_US)
        portion += portion / 8 + 1;
    if (portion < PACE_LEAST) portion = PACE_LEAST;
    pace->portion = portion < most ? portion : most;
}
