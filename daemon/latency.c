/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/latency.h"

const int64_t latency_bounds_us[LATENCY_BOUND_COUNT] = {50,     100,    200,    500,     1000,
                                                        2000,   5000,   10000,  20000,   50000,
                                                        100000, 200000, 500000, 1000000, 5000000};

static void add(struct latency_row *row, int64_t took_us, uint32_t times)
{
    int i = 0;

    while (i < LATENCY_BOUND_COUNT && took_us > latency_bounds_us[i])
        i++;
    row->counts[i] += times;
    row->count += times;
    row->sum_us += took_us * times;
}

void latency_note(struct latency *latency, enum tuan_cmd command, int64_t took_us)
{
    add(&latency->rows[command], took_us, 1);
}

void latency_turn_end(struct latency *latency, int64_t turn_took_us)
{
    for (int command = 0; command < TUAN_CMD_COUNT; command++) {
        if (latency->this_turn[command] == 0) continue;
        add(&latency->rows[command], turn_took_us, latency->this_turn[command]);
        latency->this_turn[command] = 0;
    }
}
