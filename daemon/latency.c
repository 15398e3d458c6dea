/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/latency.h"

void latency_note(struct latency *latency, enum tuan_cmd command, int64_t took_us)
{
    histogram_add(&latency->rows[command], HISTOGRAM_US, took_us, 1);
}

void latency_turn_end(struct latency *latency, int64_t turn_took_us)
{
    for (int command = 0; command < TUAN_CMD_COUNT; command++) {
        if (latency->this_turn[command] == 0) continue;
        histogram_add(&latency->rows[command], HISTOGRAM_US, turn_took_us,
                      latency->this_turn[command]);
        latency->this_turn[command] = 0;
    }
}
