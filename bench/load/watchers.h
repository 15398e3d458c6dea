/* SPDX-License-Identifier: BSD-2-Clause */
/* watchers.h - connections that WATCH some of the rooms, as open pages do, and time when they are
 * told: that a room has formed (since its last seat was asked for), that it has failed (since its
 * deadline). They sit on sockets apart, so that what they cost is seen as what it is. */
#ifndef TUAN_LOAD_WATCHERS_H
#define TUAN_LOAD_WATCHERS_H

#include "bench/load/journal.h"
#include "bench/load/recorder.h"
#include "bench/load/verify.h"
#include "bench/wire/link.h"

struct watchers;

struct watchers_options {
    struct link_address address;
    uint32_t count;
    int64_t rate;            /* rooms a second that are watched */
    int64_t clock_offset_ms; /* the server's clock minus ours */
};

struct watchers_counts {
    int64_t watched, told_formed, told_failed;
    int64_t untold; /* an answer said that the room had formed, and not every watcher was told */
    int64_t late;   /* a deadline has passed, and nobody was told of any end */
    int64_t gaps;   /* a watcher read too slowly */
};

/* NULL: they could not connect; said on stderr. */
struct watchers *watchers_create(const struct watchers_options *options, struct verify *verify,
                                 struct recorder *recorder);
void watchers_free(struct watchers *watchers); /* NULL is legal */

/* Readable when something is there for watchers_turn(). */
int watchers_fd(const struct watchers *watchers);

/* A room has been opened: it may be one of those that are watched. */
void watchers_opened(struct watchers *watchers, uint32_t room, int64_t now_ns);
/* The same, whatever the rate. */
void watchers_watch(struct watchers *watchers, uint32_t room);
/* It has formed, by the request that was sent then. */
void watchers_formed(struct watchers *watchers, uint32_t room, int64_t sent_ns);
/* Send and take what there is, without waiting. */
void watchers_turn(struct watchers *watchers);
/* Wait for pushes that are due, at most so long. */
void watchers_linger(struct watchers *watchers, int64_t span_ms);

const struct watchers_counts *watchers_counts(const struct watchers *watchers);

#endif
