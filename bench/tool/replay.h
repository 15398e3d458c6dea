/* SPDX-License-Identifier: BSD-2-Clause */
/* replay.h - a replay and its phases: drive (replay_drive.c, replay_act.c), collect
 * (replay_collect.c), report (replay_report.c). */
#ifndef TUAN_TOOL_REPLAY_H
#define TUAN_TOOL_REPLAY_H

#include "bench/tool/histogram.h"
#include "bench/tool/replay_book.h"
#include "bench/tool/replay_check.h"
#include "bench/tool/replay_read.h"
#include "bench/tool/tool.h"

enum replay_op { OP_LIST, OP_GET, OP_MATCH, OP_PAY, OP_PUT, OPS };
extern const char *const op_words[OPS];

struct replay_options {
    double speed; /* trace seconds a second; 0: as fast as possible */
    double scale; /* what the campaign's spans are divided by */
    int64_t size, min_success, price;
    int64_t ttl_ms, hold_ms, grace_ms, keep_ms; /* in trace time */
    int64_t in_flight;                          /* events being worked on at a time */
    int64_t events_max;                         /* 0: all */
    const char *prefix;                         /* of the campaigns' ids */
};

struct replay_stats {
    int64_t events, by_kind[EVENT_KINDS];
    int64_t nothing_to_see;      /* a fav where no room was touched yet */
    int64_t calls[OPS], repeats; /* repeats: after UNKNOWN, with the same order */
    int64_t refusals[TUAN_ERR_COUNT];
    int64_t started_us, fed_us,
        ended_us;            /* fed: all events are answered; ended: all rooms have ended */
    int64_t first_s, last_s; /* of the trace */
    struct histogram latency_us[OPS],
        late_us; /* late: an event's sending against its time in the trace */
};

struct replay {
    struct replay_options options;
    struct tuan_client *client;
    struct reader reader;
    struct book book;
    struct replay_stats stats;
    struct tuan_client_error error; /* why a phase stopped */
    bool is_cut;                    /* the user stopped the feeding */
};

/* A campaign span of the trace as it is replayed: at least 1 ms. */
int64_t replay_scaled_ms(const struct replay *replay, int64_t trace_ms);
int64_t replay_keep_ms(const struct replay *replay);

/* Feed all events and wait for their answers. False: replay->error. */
bool replay_drive(struct replay *replay);

/* Wait until all rooms have ended, then ask for rooms, seats, refunds and counters. False:
 * replay->error. */
bool replay_await_rooms(struct replay *replay);
bool replay_collect(struct replay *replay);
/* Leave a shared daemon tidy: close the replay's campaigns, failing what still runs; acknowledge
 * its refunds. */
bool replay_close(struct replay *replay);
bool replay_acknowledge(struct replay *replay);

/* Once a second: a line on stderr. */
void replay_progress(const struct replay *replay, int64_t in_flight);
void replay_report(const struct tool *tool, struct replay *replay,
                   const struct check_result *check);

/* Read a seat's room from an answer into the book: the room is made if it is new. NULL: the answer
 * names none. */
struct book_room *replay_note_room(struct replay *replay, struct book_campaign *campaign,
                                   const struct tuan_value *value);

#endif
