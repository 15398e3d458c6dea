/* SPDX-License-Identifier: BSD-2-Clause */
/* mates.h - which open rooms can be merged with which: those of one group, without an unpaid seat.
 * See merge.c for what is done with them. Derived. */
#ifndef TUAN_ENGINE_MATES_H
#define TUAN_ENGINE_MATES_H

#include "engine/shelf.h"

/* Rooms of a campaign whose rules merge and that are alike in all that counts. */
struct group {
    struct list link; /* in campaign->groups */
    uint32_t size;
    int64_t tier, price;
    bool pays; /* they ask for payment */
    bool by_pieces;
    struct tuan_names names; /* of their match_tags, and their values as a bucket has them */
    struct tuan_str values;
    uint32_t rooms;
    struct tree mates; /* rooms without an unpaid seat, by `paid`, then deadline, age, id */
    int64_t paid;      /* sum over mates */
};

/* A room goes into its group when it is put on its shelf, and leaves it when it is taken off. */
void mates_put(struct engine *e, struct room *room);
void mates_take(struct engine *e, struct room *room);
/* It stands among the mates only while no seat of it is unpaid. */
void mates_leave(struct room *room);
void mates_enter(struct room *room);

/* Those with fewest paid first, among them soonest deadline, oldest, id. NULL: no more. */
struct room *mates_fewest(const struct group *group);
struct room *mates_next(const struct room *room);
/* The best of those with the most paid, but fewer than `below`. */
struct room *mates_most(const struct group *group, uint32_t below);

#endif
