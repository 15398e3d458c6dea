/* SPDX-License-Identifier: BSD-2-Clause */
/* drive_impl.h - the drive from the inside, for its own three files: drive_flight.c (requests under
 * way), drive_link.c (connections), drive.c (the loop). */
#ifndef TUAN_LOAD_DRIVE_IMPL_H
#define TUAN_LOAD_DRIVE_IMPL_H

#include "bench/load/drive.h"
#include "bench/load/queue.h"

struct drive {
    struct drive_options options;
    struct wording wording;
    int epoll;
    struct link *links;
    uint32_t link_count;
    uint32_t next_link[GROUPS], stuck[GROUPS]; /* round robin, and how often it stayed */
    uint32_t *dirty, dirty_count;
    struct flight *flights;
    uint32_t flight_count, flight_cap;
    uint32_t *unused, unused_count;
    struct queue queues[GROUPS];
    struct drive_counts counts;
    struct reply reply;
    /* of the run: */
    const struct drive_source *source;
    bool is_closed, is_over;
    const uint32_t *pipeline;
    int64_t down_since_ns, retry_ns, sweep_ns;
    uint32_t links_up;
    int64_t connect_started_ns;
};

/* ---- drive_flight.c ---- */

uint32_t drive_flight_take(struct drive *drive);
void drive_flight_drop(struct drive *drive, uint32_t index);
/* Told to the source, once. */
void drive_flight_end(struct drive *drive, struct flight *flight, const struct reply *reply,
                      int64_t now_ns);
void drive_flight_fail(struct drive *drive, struct flight *flight, enum fate fate, int64_t now_ns);
/* What has been under way for too long is told as timed out. */
void drive_flights_give_up(struct drive *drive, int64_t now_ns);

/* ---- drive_link.c ---- */

void drive_link_lose(struct drive *drive, uint32_t index, int64_t now_ns);
void drive_link_finish(struct drive *drive, uint32_t index, int64_t now_ns);
/* Everything encoded since leaves; the stamp is taken just before. */
void drive_link_flush(struct drive *drive, uint32_t index, int64_t now_ns);
void drive_links_flush(struct drive *drive);
void drive_links_retry(struct drive *drive, int64_t now_ns);

#endif
