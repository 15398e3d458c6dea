/* SPDX-License-Identifier: BSD-2-Clause */
/* dispatch.h - the seam: a command goes to its partition's engine, its facts to the mirror, its
 * reply back.
 *
 * One turn of the event loop: dispatch_turn_begin (reads the clock, sweeps what is due), any number
 * of dispatch_command, dispatch_turn_end (freezes each partition's facts as one batch and sends
 * it). A reply is handed out at once together with the positions it depends on; whoever holds the
 * connection parks it until they are committed (A1). Not here: sockets, encoding, the daemon's own
 * commands (HELLO, INFO, …).
 */
#ifndef TUAN_DAEMON_DISPATCH_H
#define TUAN_DAEMON_DISPATCH_H

#include "daemon/mirror/mirror.h"
#include "proto/schema.h"

struct dispatch;
struct engine_totals;

enum { DISPATCH_PARTITIONS_MAX = MIRROR_PARTITIONS_MAX };

struct dispatch_config {
    struct event_base *base;
    bool mirror_none;
    bool ack_memory;                             /* mirror.ack = memory: replies do not wait */
    struct mirror_config mirror;                 /* unless mirror_none */
    size_t sweep_budget;                         /* rooms, holds and memories retired in one turn */
    bool feed_seats;                             /* feed.seats */
    size_t feed_max;                             /* events kept in memory, with mirror_none */
    int64_t rooms_max, campaigns_max, seats_max; /* limits of the daemon (TOO_MANY); 0: none */
    bool huge_pages; /* see engine.h */
    void *context;
    /* Batches of this partition up to here are committed: parked replies may go. */
    void (*committed)(void *context, uint32_t partition, uint64_t position);
    /* The partition's uncommitted facts will never be known: parked replies answer UNKNOWN (writes)
     * or MIRROR_DOWN. */
    void (*dropped)(void *context, uint32_t partition);
    /* A fact of the batch that will have this position. Borrowed. */
    void (*happened)(void *context, uint32_t partition, uint64_t position,
                     const struct tuan_fact *fact);
};

/* Returns NULL and fills `error` (see mirror_create). */
struct dispatch *dispatch_create(const struct dispatch_config *config, struct mirror_error *error);
void dispatch_destroy(struct dispatch *dispatch);

int64_t
dispatch_turn_begin(struct dispatch *dispatch); /* returns now_ms; idempotent within a turn */
void dispatch_turn_end(struct dispatch *dispatch);
/* clock_boot_ms() at which dispatch_turn_begin/_end must run again at the latest (deadlines, mirror
 * time-outs). */
int64_t dispatch_next_boot_ms(const struct dispatch *dispatch);

struct dispatch_wait {
    uint32_t partition;
    uint64_t position;
};
struct dispatch_answer {
    struct tuan_reply reply; /* borrowed: good until the next dispatch_command or turn end */
    bool is_write;           /* a time-out while waiting answers UNKNOWN, else MIRROR_DOWN */
    enum tuan_cmd command;   /* that it answers */
    int64_t at_us;           /* clock_boot_us() of the turn in which it was judged */
    uint32_t trace;          /* set by who was asked: trace.h; 0: none */
    bool is_push;            /* set by who pushes it: nobody has asked for it */
    uint32_t wait_count;     /* positions that must be committed before the reply may leave */
    struct dispatch_wait waits[DISPATCH_PARTITIONS_MAX];
};
/* A WRITE or READ command of the rows (DAEMON and LATER ones are the caller's). Never fails: errors
 * are replies. */
void dispatch_command(struct dispatch *dispatch, const struct tuan_command *command,
                      struct dispatch_answer *answer);
/* This user asks for a seat with this order in the command after the next one: see engine_foresee.
 */
void dispatch_foresee(const struct dispatch *dispatch, struct tuan_str campaign,
                      struct tuan_str user, struct tuan_str order);
bool dispatch_is_mirrored(const struct dispatch *dispatch); /* false: mirror none */
bool dispatch_is_committed(const struct dispatch *dispatch, uint32_t partition, uint64_t position);
/* May a reply that rests on this position leave? With mirror none or mirror.ack memory any may. */
bool dispatch_may_show(const struct dispatch *dispatch, uint32_t partition, uint64_t position);

uint32_t dispatch_partitions(const struct dispatch *dispatch); /* 0 until they are known */
/* The partition in which this campaign lives, there or not; once they are known. */
uint32_t dispatch_partition_of(const struct dispatch *dispatch, struct tuan_str campaign);

/* CAMPAIGN.DUMP and .LOAD: see partition.h. `answer` says what the reply waits for, and why not. */
struct partition_moved;
void dispatch_dump(struct dispatch *dispatch, struct tuan_str campaign, struct buf *out,
                   struct partition_moved *moved, struct dispatch_answer *answer);
void dispatch_restore(struct dispatch *dispatch, struct tuan_str campaign, const struct buf *data,
                      struct partition_moved *moved, struct dispatch_answer *answer);

/* Read the feed: only committed events are in it. The page may come at once. */
void dispatch_feed_ask(struct dispatch *dispatch, const struct mirror_feed_ask *ask);
/* A mark that changes whenever this daemon has added to the partition's feed. */
uint64_t dispatch_announced(const struct dispatch *dispatch, uint32_t partition);

enum { DISPATCH_INCARNATION_MAX = 40 };
/* Names the history that versions count in: a room has the same content for ever at one version of
 * one incarnation. The data set's id; where what was shown may be lost (mirror none, mirror.ack
 * memory), a name that changes with each start and each loss. Empty until the data set is known. */
const char *dispatch_incarnation(const struct dispatch *dispatch);

bool dispatch_is_ready(
    const struct dispatch *dispatch); /* recovered, and the mirror takes writes */
struct mirror_info;
/* False with mirror none. */
bool dispatch_mirror_info(const struct dispatch *dispatch, struct mirror_info *out);
/* Sums over all partitions: rooms by state, seats, refunds, facts by type, bytes. See engine.h. */
void dispatch_totals(const struct dispatch *dispatch, struct engine_totals *out);
struct engine_ending;
/* See engine_ending: of a fact that has just happened. */
bool dispatch_ending(const struct dispatch *dispatch, uint32_t partition, struct tuan_id room,
                     struct engine_ending *out);
/* Facts of what falls due that are retired at once, in the partition where it is least. */
size_t dispatch_sweep_portion(const struct dispatch *dispatch);
int64_t dispatch_now(const struct dispatch *dispatch);

#endif
