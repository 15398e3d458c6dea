/* SPDX-License-Identifier: BSD-2-Clause */
/* feed_cursor.h - how far somebody has read the feed, as text: an event's id, or one for each
 * partition in their order with commas between ("5-1048576,0,3-7"); 0 stands before all events. */
#ifndef TUAN_DAEMON_FEED_CURSOR_H
#define TUAN_DAEMON_FEED_CURSOR_H

#include "daemon/mirror/types.h"
#include "proto/codec.h"

struct feed_cursor {
    uint32_t count; /* 0: the text was empty */
    struct mirror_event_id ids[MIRROR_PARTITIONS_MAX];
};

bool feed_cursor_parse(struct tuan_str text, struct feed_cursor *out);
void feed_cursor_print(const struct feed_cursor *cursor, struct tuan_out *out);

#endif
