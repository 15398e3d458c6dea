/* SPDX-License-Identifier: BSD-2-Clause */
/* mirror.h - how the facts of each partition reach Redis and come back.
 *
 * The protocol, its rules (P1 … W6) and what each is for stand in mirror/README.md; code names the
 * rules it keeps. One struct mirror serves all partitions of a daemon over one owner connection. It
 * knows batches, records and positions, but not what they mean: the hooks of its user (partition.c)
 * take in what is loaded and give out what is to be stored. Times are clock_boot_ms().
 */
#ifndef TUAN_DAEMON_MIRROR_H
#define TUAN_DAEMON_MIRROR_H

#include "base/buf.h"
#include "daemon/mirror/types.h"

struct event_base;
struct mirror;

/* Start: finds or starts Redis, takes the partitions, loads them (through the hooks, from the event
 * loop). Returns NULL and fills `error` for what can be told at once (no redis-server, path too
 * long, bad directory, nobody listens). May block for a moment: name look-up, one connection
 * attempt, up to 10 s for an old private Redis to end. To be called from the main thread: a private
 * Redis dies with the thread that started it. */
struct mirror *mirror_create(struct event_base *base, const struct mirror_config *config,
                             const struct mirror_hooks *hooks, struct mirror_error *error);
/* Stop: closes the connection; in private mode ends our Redis (SIGTERM, then SIGKILL) and waits for
 * it. */
void mirror_destroy(struct mirror *mirror);

uint32_t mirror_partitions(const struct mirror *mirror); /* 0 until the key space is known */

/* May a write of this partition be judged now? */
enum mirror_gate mirror_gate(const struct mirror *mirror, uint32_t partition);

/* Group commit: while some batches are unanswered, the next had better go on filling, up to
 * MIRROR_BATCH_BYTES, so that one write to disk serves more facts. Does the mirror want a batch of
 * `bytes` frozen now? If not, it asks for no slice either until one is submitted, since what is
 * captured must be whole batches (S3). */
bool mirror_wants_batch(struct mirror *mirror, uint32_t partition, size_t bytes);

/* Freeze a batch: it gets position `next` (returned; the following one is next + 1) and is sent
 * when the state allows, again and again until the head shows it in (P3). The mirror takes the
 * buffer's memory and leaves it empty. `events` are copied; fewer than 2^20 of them. Returns 0, and
 * forgets the batch, if the partition was dropped in this turn. */
uint64_t mirror_submit(struct mirror *mirror, uint32_t partition, struct buf *batch,
                       const struct mirror_event *events, size_t event_count);
uint64_t mirror_next_position(const struct mirror *mirror, uint32_t partition); /* 0: not loaded */
/* T7, D6: may committed facts be shown (loaded, and within the lease; a private mirror needs none)?
 */
bool mirror_may_read(const struct mirror *mirror, uint32_t partition);

/* Read the feed, on a connection of its own: what is in the feed is committed (P5). */
void mirror_feed_ask(struct mirror *mirror, const struct mirror_feed_ask *ask);

/* At the end of each turn of the event loop, after the batches of the turn were submitted: writes
 * the socket once, cuts slices when their time has come, checks time-outs. next_ms: when to be
 * called at the latest. */
void mirror_turn(struct mirror *mirror, int64_t boot_ms);
int64_t mirror_next_ms(const struct mirror *mirror);

/* For INFO, readiness and metrics. */
struct mirror_info {
    const char *state; /* of the worst partition: connecting, …, owning, lost */
    char server[300];  /* where Redis is */
    char version[32];  /* of Redis; empty: it was not reached yet */
    char promise[200]; /* what Redis's own settings do not survive, for people; empty: nothing
                          acknowledged is lost */
    char alarm[200];   /* what an operator must look at; empty: nothing */
    int refused; /* not 0: this Redis will not do (see alarm); main, if never ready, ends with this
                    code */
    bool ready;  /* all partitions own and load is done */
    uint64_t batches, batch_bytes, commits, resends, reconnects, slices, records_stored,
        events_refused, repaired, lost_acks;
    size_t flight_bytes;
    int64_t oldest_unacked_ms; /* age of the oldest unanswered batch */
    char dataset[33];
};
void mirror_info(const struct mirror *mirror, struct mirror_info *out);

#endif
