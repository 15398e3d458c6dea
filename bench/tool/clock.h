/* SPDX-License-Identifier: BSD-2-Clause */
/* clock.h - the only place of `tuan` that reads a clock or sleeps. */
#ifndef TUAN_TOOL_CLOCK_H
#define TUAN_TOOL_CLOCK_H

#include <stdint.h>

int64_t clock_now_ns(void);      /* the same clock as clock_now_us */
int64_t clock_now_us(void);      /* monotonic: for spans */
int64_t clock_wall_ms(void);     /* since 1970: for names and countdowns against a daemon's times */
void clock_sleep_ms(int64_t ms); /* cut short by a signal */

#endif
