/* SPDX-License-Identifier: BSD-2-Clause */
/* feed_read.h - FEED.READ: pages of the feed, and waiting for the next event.
 *
 * A reader asks each partition it covers for a page, and merges them by time; a campaign is in one
 * partition. With nothing to show it waits, if it may, until this daemon has fed such a partition,
 * and looks again, at most once in FEED_READ_PAUSE_MS; what other daemons feed it finds when its
 * time is up. What it reads is kept until its answer is written, and answers are written however
 * much of the output is unread: so of one connection there are few readers.
 */
#ifndef TUAN_DAEMON_FEED_READ_H
#define TUAN_DAEMON_FEED_READ_H

#include "base/wheel.h"
#include "daemon/admin.h"

enum { FEED_READ_PAUSE_MS = 20, FEED_READERS_MAX = 10000, FEED_READERS_OF_ONE_MAX = 16 };

struct feed_readers; /* in struct session_host */

struct feed_readers *feed_readers_create(struct session_host *host);
void feed_readers_destroy(struct feed_readers *readers); /* after the mirror and the connections */

void feed_read(struct admin_call *call);
/* As if the time of all who wait were over. True: nobody waits; else conn_unhold or conn_read_on
 * tells when the last of them is answered. */
bool feed_read_answer_now(struct conn *conn);
void feed_read_end(struct conn *conn); /* nobody is there any more */

/* Once a turn, after the batches of the turn were frozen. */
void feed_readers_turn(struct feed_readers *readers, int64_t boot_ms);
int64_t feed_readers_next_ms(const struct feed_readers *readers);
size_t feed_readers_waiting(const struct feed_readers *readers);
size_t feed_readers_timers(const struct feed_readers *readers);

#endif
