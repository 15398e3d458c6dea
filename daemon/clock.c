/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/clock.h"

#include <assert.h>
#include <time.h>

enum { SLEW_PER_MILLE = 1 };

static int64_t read_us(clockid_t id)
{
    struct timespec at;

    int failed = clock_gettime(id, &at);
    assert(failed == 0);
    return (int64_t)at.tv_sec * 1000000 + at.tv_nsec / 1000;
}

int64_t clock_boot_us(void)
{
    return read_us(CLOCK_BOOTTIME);
}

int64_t clock_boot_ms(void)
{
    return clock_boot_us() / 1000;
}

int64_t clock_wall_ms(void)
{
    return read_us(CLOCK_REALTIME) / 1000;
}

int64_t clock_monotonic_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

void clock_start(struct clock *clock)
{
    *clock = (struct clock){.now_ms = clock_wall_ms(), .boot_us = clock_boot_us()};
}

int64_t clock_raise(struct clock *clock, int64_t floor_ms)
{
    int64_t ahead_ms = floor_ms - clock->now_ms;

    if (ahead_ms <= 0) return 0;
    clock->now_ms = floor_ms;
    return ahead_ms;
}

int64_t clock_now(struct clock *clock)
{
    int64_t boot_us = clock_boot_us();
    int64_t passed_us = boot_us - clock->boot_us;
    int64_t slew_us = passed_us * SLEW_PER_MILLE / 1000;

    assert(passed_us >= 0);
    clock->wall_gap_ms = clock_wall_ms() - clock->now_ms - passed_us / 1000;
    if (clock->wall_gap_ms > 1)
        passed_us += slew_us;
    else if (clock->wall_gap_ms < -1)
        passed_us -= slew_us;

    int64_t total_us = clock->rest_us + passed_us;
    clock->boot_us = boot_us;
    clock->now_ms += total_us / 1000;
    clock->rest_us = total_us % 1000;
    return clock->now_ms;
}
