/* SPDX-License-Identifier: BSD-2-Clause */
/* feed_merge.h - pages of several partitions as one: by time, each partition's in its own order. */
#ifndef TUAN_DAEMON_FEED_MERGE_H
#define TUAN_DAEMON_FEED_MERGE_H

#include "base/arena.h"
#include "daemon/feed_cursor.h"

/* A page that has come, kept in an arena. */
struct feed_part {
    struct tuan_feed_event *events;
    struct mirror_event_id *ids;
    int64_t *at_ms; /* of each event, by the daemon's clock */
    size_t count, next;
    struct mirror_event_id after; /* what was looked at ends here */
    bool is_end;
};
void feed_part_keep(struct feed_part *part, uint32_t partition, const struct mirror_feed_page *page,
                    struct arena *arena);

struct feed_merge {
    struct feed_part *parts;
    uint32_t count;
    size_t limit;
    struct arena *arena;
};
/* The events (struct tuan_feed_event, in the arena), and the cursor moved behind them. *is_end: no
 * partition has more for now. */
struct tuan_list feed_merge(struct feed_merge *merge, struct feed_cursor *cursor, bool *is_end);

#endif
