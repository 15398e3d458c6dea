/* SPDX-License-Identifier: BSD-2-Clause */
/* gather.h - reads that span partitions: the answers of several engines as one. */
#ifndef TUAN_DAEMON_GATHER_H
#define TUAN_DAEMON_GATHER_H

#include "base/arena.h"
#include "engine/engine.h"

/* Does this command ask all partitions (CAMPAIGN.LIST, REFUND.LIST without a campaign, ROOM.MGET)?
 */
bool gather_spans(const struct tuan_command *command);

/* One reply out of `count` partitions' answers to the same command, in the arena. Any error among
 * them is the reply. */
struct tuan_reply gather(const struct tuan_command *command, const struct engine_answer *answers,
                         uint32_t count, struct arena *arena);

#endif
