/* SPDX-License-Identifier: BSD-2-Clause */
/* node.h - a simulated daemon: the real dispatch, partitions, mirror, link and parking, under a
 * clock, a disk and clients that are simulated. What server.c and conn.c do in tuand (turns, whose
 * reply leaves when) is done here in few lines.
 */
#ifndef TUAN_TESTS_SIM_NODE_H
#define TUAN_TESTS_SIM_NODE_H

#include "base/map.h"
#include "daemon/dispatch.h"
#include "daemon/park.h"
#include "daemon/partition.h"
#include "tests/sim/config.h"
#include "tests/sim/request.h"

struct sim;
struct event;
struct node;

struct disk { /* what outlives a crash */
    char self[33], dataset[33];
};

/* A client's connection, as the daemon sees it. */
struct session {
    struct node *node;
    uint32_t client, generation;
    struct park_queue parked;
    struct outcome *outcomes; /* replies in order: parked, not left yet */
    size_t first, count, room;
};

/* What the spies know of one partition of this daemon. */
struct watch {
    struct partition twin; /* loads what the daemon loads */
    struct map fed;        /* struct truth_record: the records it was loaded with */
    bool is_fed;
    uint32_t fence; /* its fence, as an entry of the history; HISTORY_NONE: it serves not */
};

struct node {
    uint32_t index;
    uint32_t life; /* counts its starts */
    bool is_up, is_dying;
    uint32_t dies_after;      /* so many more writes to sockets; 0: not by that */
    int64_t boot_us, wall_us; /* its clocks, minus the simulation's */
    int64_t paused_until_us;
    int64_t wake_us; /* the turn that is planned; 0: none */
    uint64_t wake_token;
    struct disk disk;
    struct event *events;
    struct dispatch *dispatch;
    struct park park;
    struct session sessions[CLIENTS_MAX];
    struct request *inbox;
    size_t inbox_count, inbox_room;
    struct watch watches[PARTITIONS_MAX];
};

void node_init(struct sim *sim, uint32_t index);
void node_free(struct sim *sim, struct node *node);
/* A turn, not later than this. */
void node_wake(struct sim *sim, uint32_t index, int64_t at_us);
void node_turn(struct sim *sim, uint32_t index, uint64_t token); /* EVENT_NODE */
/* A request arrives; false: nobody is there. */
bool node_ask(struct sim *sim, struct node *node, const struct request *request);
void node_hang_up(struct sim *sim, struct node *node, uint32_t client);

void node_crash(struct sim *sim, struct node *node);
void node_stop(struct sim *sim, struct node *node);
bool node_is_ready(const struct node *node);
bool node_owns(const struct node *node, uint32_t partition);

#endif
