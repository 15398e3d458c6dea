/* SPDX-License-Identifier: BSD-2-Clause */
/* traffic.h - what the next shopper wants: an operation of the mix, a campaign, a room, an order.
 */
#ifndef TUAN_LOAD_TRAFFIC_H
#define TUAN_LOAD_TRAFFIC_H

#include "bench/load/journal.h"
#include "bench/load/plan.h"
#include "bench/load/queue.h"
#include "bench/load/zipf.h"

struct orders { /* ring of order numbers, oldest first */
    uint64_t *items;
    uint64_t head, count, cap; /* cap is a power of two */
};

struct traffic {
    const struct plan *plan;
    struct journal *journal;
    struct rng rng;
    struct zipf campaigns, depth; /* depth: how far back from the newest room */
    double op_sums[OP_COUNT];
    double pays_a_seat, cancels_a_seat; /* in the mix, for each seat that is taken */
    uint64_t pays_few, cancels_few;     /* orders may wait without waiting long */
    struct orders to_pay, to_cancel;
    struct queue repeats;
    uint32_t *rooms; /* that may be shared or polled; newest last, a ring of the last */
    uint32_t room_count, room_cap;
    uint32_t prepared;   /* the first so many rooms of the journal */
    int64_t substituted; /* there was nothing to pay, cancel, join or poll: another wish instead */
};

void traffic_init(struct traffic *traffic, const struct plan *plan, struct journal *journal,
                  uint64_t seed);
void traffic_free(struct traffic *traffic);

/* Fill the request of the arrival that is due now. */
void traffic_choose(struct traffic *traffic, struct request *request);
/* The same for a given operation and campaign. */
void traffic_make(struct traffic *traffic, enum op op, uint32_t campaign, uint64_t user,
                  struct request *request);

/* The status of that room. */
void traffic_make_get(struct traffic *traffic, uint32_t room, struct request *request);
/* One that has to be asked again is due before all others. */
bool traffic_has_repeat(const struct traffic *traffic);

/* A seat is held now: will it be paid, given back, or left? */
void traffic_held(struct traffic *traffic, uint64_t order);
/* Its outcome is not known: it is asked again with the same order, as shops must. */
/* False: it was asked often enough. */
bool traffic_repeat(struct traffic *traffic, const struct request *request);
void traffic_seen_room(struct traffic *traffic, uint32_t room);

void orders_push(struct orders *orders, uint64_t order);
bool orders_pop(struct orders *orders, uint64_t *order);

#endif
