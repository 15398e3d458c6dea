/* SPDX-License-Identifier: BSD-2-Clause */
/* feed_ring.h - the newest events of a partition without a mirror: the feed in memory. */
#ifndef TUAN_DAEMON_FEED_RING_H
#define TUAN_DAEMON_FEED_RING_H

#include "daemon/mirror/types.h"

enum { FEED_RING_EVENTS_MAX = 100000 };
#define FEED_RING_BYTES_MAX ((size_t)64 * 1024 * 1024)

struct feed_ring;

struct feed_ring *feed_ring_create(size_t events_max);
void feed_ring_destroy(struct feed_ring *ring); /* NULL is fine */

/* Copied. Ids must rise. The oldest are forgotten when there are too many, or too much of them. */
void feed_ring_push(struct feed_ring *ring, struct mirror_event_id id,
                    const struct mirror_event *event);
/* Calls ask->page at once. */
void feed_ring_read(const struct feed_ring *ring, const struct mirror_feed_ask *ask);

#endif
