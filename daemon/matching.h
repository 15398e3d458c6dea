/* SPDX-License-Identifier: BSD-2-Clause */
/* matching.h - what becomes of rooms, seats and refunds, as numbers: counted from facts as they
 * happen. Those read back at the start have been counted by the daemon that made them.
 */
#ifndef TUAN_DAEMON_MATCHING_H
#define TUAN_DAEMON_MATCHING_H

#include "daemon/dispatch.h"
#include "daemon/metrics.h"

void matching_fact(struct metrics *metrics, const struct dispatch *dispatch, uint32_t partition,
                   const struct tuan_fact *fact);

#endif
