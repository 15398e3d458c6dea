/* SPDX-License-Identifier: BSD-2-Clause */
/* clock.h - the only reader of the system's clocks.
 *
 * `now` (ms since 1970) starts at the wall clock, but not before the floor it is given (the last
 * logged time), and from then on follows CLOCK_BOOTTIME, which counts suspend and never steps. It
 * is slewed towards the wall clock by at most 1 ms a second, so it never runs back and never jumps.
 */
#ifndef TUAN_DAEMON_CLOCK_H
#define TUAN_DAEMON_CLOCK_H

#include <stdint.h>

struct clock {
    int64_t now_ms;      /* the last answer */
    int64_t boot_us;     /* CLOCK_BOOTTIME at the last answer */
    int64_t rest_us;     /* what the last answers left over below a millisecond */
    int64_t wall_gap_ms; /* wall clock minus now, as last seen: watched by INFO and the log */
};

void clock_start(struct clock *clock);
/* From now on `now` is at least floor_ms. Returns how far it had to be pushed ahead of the wall
 * clock. */
int64_t clock_raise(struct clock *clock, int64_t floor_ms);
int64_t clock_now(struct clock *clock); /* reads the clocks; call once a turn */

int64_t clock_boot_ms(void);      /* for time-outs: never steps */
int64_t clock_boot_us(void);      /* for latencies */
int64_t clock_wall_ms(void);      /* for log lines */
int64_t clock_monotonic_us(void); /* for systemd, which has no other */

#endif
