/* SPDX-License-Identifier: BSD-2-Clause */
/* latency.h - how long requests take, by command: from the start of the turn that read them to the
 * end of the turn that let their answer go. So it costs no clock of its own: those that are
 * answered in their own turn took as long as that, or less where a page of answers left before its
 * end. Microseconds of clock_boot_us().
 */
#ifndef TUAN_DAEMON_LATENCY_H
#define TUAN_DAEMON_LATENCY_H

#include "daemon/histogram.h"
#include "proto/vocab.h"

/* Zeroed: nothing was measured. */
struct latency {
    struct histogram rows[TUAN_CMD_COUNT]; /* HISTOGRAM_US */
    uint32_t this_turn[TUAN_CMD_COUNT];    /* will leave at its end */
};

static inline void latency_this_turn(struct latency *latency, enum tuan_cmd command)
{
    latency->this_turn[command]++;
}
void latency_turn_end(struct latency *latency, int64_t turn_took_us);
void latency_note(struct latency *latency, enum tuan_cmd command,
                  int64_t took_us); /* one of an earlier turn */

#endif
