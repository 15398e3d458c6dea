/* SPDX-License-Identifier: BSD-2-Clause */
/* load.h - reading a partition after its fence is in (T2, T3): snapshot, then the log's tail.
 *
 * All four hashes are scanned at once, the log afterwards, since its batches go on top of the
 * records. T4, the second look at the head, is the machine's.
 */
#ifndef TUAN_DAEMON_MIRROR_LOAD_H
#define TUAN_DAEMON_MIRROR_LOAD_H

#include "daemon/mirror/chain.h"
#include "daemon/mirror/lane.h"
#include "daemon/mirror/snapshot.h"

enum load_step {
    LOAD_GOING,
    LOAD_READ,   /* all is read, up to the own fence */
    LOAD_DAMAGED /* or somebody else has moved on: the head tells */
};

struct load {
    struct head fence;
    struct snap snap;
    bool has_begun;
    size_t scans_open;
    size_t records, batches, bytes;
    size_t entries_seen, bytes_seen; /* of the log, to size the chunks */
    struct chain chain;
    int64_t began_ms;
    const char *damage; /* what was wrong, for the log */
};

struct load_context {
    struct lane *lane;
    const struct mirror_hooks *hooks;
    struct snapshot *snapshot;
};

void load_start(struct load *load, struct lane *lane, const struct head *fence);
enum load_step load_answer(struct load *load, const struct load_context *context,
                           const struct expected *expected, const struct reply *reply);

#endif
