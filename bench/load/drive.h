/* SPDX-License-Identifier: BSD-2-Clause */
/* drive.h - the loop: what is due leaves, answers come in, nothing waits for anything else.
 *
 * A source says when the next request is due and what it is; it is told how each ended. In an open
 * loop a request leaves when it is due, whatever is still unanswered; if all connections carry as
 * many as they may, it waits in a queue here, and that waiting is part of its response time. In a
 * closed loop the next is taken when a connection has room for it.
 *
 * Connections stay open from run to run. One that is lost is made anew; what was under way on it
 * is told as FATE_CUT. Times are ns of clock_now_ns(). */
#ifndef TUAN_LOAD_DRIVE_H
#define TUAN_LOAD_DRIVE_H

#include "bench/wire/codec.h"
#include "bench/wire/link.h"

enum { GROUP_RPC, GROUP_WEB, GROUPS };

struct flight {
    int64_t due_ns;  /* when it should have left */
    int64_t sent_ns; /* when it was handed to the system; 0: not yet */
    struct request request;
    uint32_t link; /* index */
    bool is_used, is_given_up;
};

struct drive_source {
    void *context;
    /* When the next is due; INT64_MAX: not known yet, ask again; -1: there will be no more. */
    int64_t (*next_ns)(void *context);
    /* The one that was due: choose and fill it, and step on to the next. False: there is none
     * after all. now_ns - due_ns is the generator's own lag. */
    bool (*take)(void *context, int64_t due_ns, int64_t now_ns, struct request *request);
    /* How it ended. The reply's texts live during this call. */
    void (*ended)(void *context, const struct flight *flight, const struct reply *reply,
                  int64_t now_ns);
    void (*turn)(void *context, int64_t now_ns); /* once a loop turn; may be NULL */
    /* Called in the turn in which this descriptor can be read; NULL: there is none. */
    void (*extra)(void *context);
    int extra_fd;
};

struct drive_options {
    struct link_address addresses[GROUPS];
    const struct codec *codecs[GROUPS];
    bool has_web;         /* polls (GET, LIST) go to GROUP_WEB */
    uint32_t connections; /* of each group in use */
    int64_t timeout_ns;   /* of a request, and of a reconnect */
};

struct drive_counts {
    int64_t connects, losses, connect_ns_max;
    int64_t queued, queued_max; /* due, and waiting for room on a connection */
    int64_t in_flight;
    int64_t never_sent; /* due, but dropped because too many were queued */
};

struct drive;

/* Connects all. NULL: said on stderr. */
struct drive *drive_create(const struct drive_options *options, const struct wording *wording);
void drive_destroy(struct drive *drive); /* NULL is legal */

enum drive_end { DRIVE_DONE, DRIVE_STOPPED, DRIVE_LOST };

/* Until the source has no more and all have ended, or timed out. pipeline: requests in flight a
 * connection. STOPPED: the user asked. LOST: no connection could be made for timeout_ns. */
enum drive_end drive_run(struct drive *drive, const struct drive_source *source, bool is_closed,
                         const uint32_t pipeline[GROUPS]);

/* Cut all connections at once and make them anew: what a network does to a shop. */
void drive_cut(struct drive *drive);

const struct drive_counts *drive_counts(const struct drive *drive);
struct wording *drive_wording(struct drive *drive);

#endif
