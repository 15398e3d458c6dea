/* SPDX-License-Identifier: BSD-2-Clause */
/* dispatch_impl.h - what the dispatch files share; nobody else includes it. */
#ifndef TUAN_DAEMON_DISPATCH_IMPL_H
#define TUAN_DAEMON_DISPATCH_IMPL_H

#include "base/arena.h"
#include "daemon/clock.h"
#include "daemon/dispatch.h"
#include "daemon/entropy.h"
#include "daemon/partition.h"

struct dispatch {
    struct dispatch_config config;
    struct clock clock;
    struct entropy entropy;
    struct mirror *mirror;  /* NULL: mirror none */
    struct feed_ring *ring; /* mirror none: the feed; else NULL */
    uint32_t count;         /* partitions; 0 until the mirror knows */
    struct partition partitions[DISPATCH_PARTITIONS_MAX];
    struct engine_answer answers[DISPATCH_PARTITIONS_MAX]; /* of one command */
    struct arena arena;                                    /* the gathered reply */
    char why[200];                                         /* the last restoring was refused */
    bool in_turn;
    bool is_behind; /* the sweep stopped at its budget */
    char incarnation[DISPATCH_INCARNATION_MAX];
};

static inline bool dispatch_shows_only_committed(const struct dispatch *dispatch)
{
    return dispatch->mirror != NULL && !dispatch->config.ack_memory;
}

enum mirror_gate dispatch_gate(const struct dispatch *dispatch, const struct partition *partition);

#endif
