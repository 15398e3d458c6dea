/* SPDX-License-Identifier: BSD-2-Clause */
/* oracle.h - what must hold (mirror-protocol §12, README.md here). It sees all and touches nothing.
 */
#ifndef TUAN_TESTS_SIM_ORACLE_H
#define TUAN_TESTS_SIM_ORACLE_H

#include "tests/sim/command.h"
#include "tests/sim/config.h"
#include "tests/sim/history.h"
#include "tests/sim/request.h"
#include "tests/sim/shown.h"
#include "tests/sim/truth.h"

struct sim;
struct node;

struct oracle {
    struct history histories[PARTITIONS_MAX];
    struct truth truths[PARTITIONS_MAX];
    struct shown shown;
    struct acked_payment *payments;
    size_t payment_count, payment_room;
    bool is_strict; /* nothing was lost yet that may be lost */
    bool all_know;  /* every daemon remembers the data set */
};

void oracle_init(struct sim *sim);
void oracle_free(struct sim *sim);

/* A server has run this write. */
void oracle_wrote(struct sim *sim, int server, const struct call *call);
/* The primary, or its store, is another now. */
void oracle_rewound(struct sim *sim);
/* A reply goes out. */
void oracle_reply(struct sim *sim, struct node *node, const struct outcome *outcome);
/* Stored snapshot + log = the path; the feed = its events. */
void oracle_check_stored(struct sim *sim);
/* The end of a run. */
void oracle_settle(struct sim *sim);
/* The partition of a campaign. */
uint32_t oracle_partition(const struct sim *sim, struct tuan_str campaign);

/* spy.c: what daemons do to their partitions. */
void spy_forget(struct sim *sim, struct node *node);

#endif
